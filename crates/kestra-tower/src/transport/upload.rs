//! The body of a request, which knows when it is about to be written, and is watched for standing still where the
//! operation has a limit on that.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};
use kestra_core::{Body, BoxError, CallContext, Error, RequestSent};
use tokio::time::{Instant, Sleep};

use super::body::expired;

/// The body that is handed to the connection.
///
/// No head can be framed before it was asked for its length or for being empty, and nobody asks earlier than that. So the
/// first question tells that the request may be on the wire, and while none came it certainly isn't.
pub(crate) struct RequestBody {
    body: Body,
    context: Cell<Option<CallContext>>,
    progress: Option<Arc<Progress>>,
}

/// A piece of a body that records how much of it was written.
///
/// The connection consumes from the piece what the socket has accepted, however large the piece is. So a body in memory is
/// one piece, which is sent together with the head, and its progress is still recorded.
pub(crate) struct Piece {
    bytes: Bytes,
    progress: Option<Arc<Progress>>,
}

struct Progress {
    start: Instant,
    /// Milliseconds from the start to when the socket last accepted bytes.
    last: AtomicU64,
}

/// The other end of a watched body: ready with an error when the body stood still for too long.
pub(crate) struct UploadWatch {
    limit: Duration,
    progress: Arc<Progress>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    pub(crate) fn new(body: Body, context: Option<CallContext>) -> Self {
        Self { body, context: Cell::new(context), progress: None }
    }

    /// Watches the body.
    pub(crate) fn watch(&mut self, limit: Duration) -> UploadWatch {
        let progress = Arc::new(Progress { start: Instant::now(), last: AtomicU64::new(0) });
        self.progress = Some(Arc::clone(&progress));
        UploadWatch { limit, progress, sleep: None }
    }

    fn is_written(&self) {
        // Only once: the rest of the body must not change what was recorded about the request since.
        if let Some(context) = self.context.take() {
            context.sent().raise(RequestSent::Maybe);
        }
    }
}

impl Progress {
    fn note(&self) {
        let elapsed = self.start.elapsed().as_millis();
        self.last.store(u64::try_from(elapsed).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl UploadWatch {
    pub(crate) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let Some(first) = self.progress.start.checked_add(self.limit) else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(first)));
        loop {
            ready!(sleep.as_mut().poll(cx));
            let last = Duration::from_millis(self.progress.last.load(Ordering::Relaxed));
            let end = first + last;
            if end <= Instant::now() {
                let what = "the upload made no progress and the server sent no response";
                return Poll::Ready(expired(self.limit, what));
            }
            sleep.as_mut().reset(end);
        }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let (Some(progress), true) = (&self.progress, count > 0) {
            progress.note();
        }
    }
}

impl http_body::Body for RequestBody {
    type Data = Piece;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, BoxError>>> {
        self.is_written();
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            let frame = frame?;
            Ok(frame.map_data(|bytes| Piece { bytes, progress: self.progress.clone() }))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.is_written();
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.is_written();
        self.body.size_hint()
    }
}
