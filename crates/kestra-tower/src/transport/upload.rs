//! The body of a request, which knows when it is about to be written, and is watched for standing still where the
//! operation has a limit on that.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use kestra_core::{Body, BoxError, CallContext, Error, RequestSent};
use tokio::time::{Instant, Sleep};

use super::idle::expired;

/// A watched body gives pieces no larger than this, since only the taking of a piece shows that the server reads.
const PIECE: usize = 64 * 1024;

/// The body that is handed to the connection.
///
/// No head can be framed before it was asked for its length or for being empty, and nobody asks earlier than that. So the
/// first question tells that the request may be on the wire, and while none came it certainly isn't.
pub(crate) struct RequestBody {
    body: Body,
    context: Cell<Option<CallContext>>,
    watched: Option<Box<Watched>>,
}

struct Watched {
    rest: Bytes,
    progress: Arc<Progress>,
}

struct Progress {
    start: Instant,
    /// Milliseconds from the start to when the last piece was taken.
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
        Self { body, context: Cell::new(context), watched: None }
    }

    /// Watches the body.
    pub(crate) fn watch(&mut self, limit: Duration) -> UploadWatch {
        let start = Instant::now();
        let progress = Arc::new(Progress { start, last: AtomicU64::new(0) });
        self.watched = Some(Box::new(Watched { rest: Bytes::new(), progress: Arc::clone(&progress) }));
        UploadWatch { limit, progress, sleep: None }
    }

    fn is_written(&self) {
        // Once: what is known of the request by then isn't undone by the rest of its body.
        if let Some(context) = self.context.take() {
            context.sent().raise(RequestSent::Maybe);
        }
    }

    fn rest_length(&self) -> u64 {
        self.watched.as_ref().map_or(0, |watched| watched.rest.len() as u64)
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
                let what = "the server took nothing more of the request and didn't answer, or its source gave nothing,";
                return Poll::Ready(expired(self.limit, what));
            }
            sleep.as_mut().reset(end);
        }
    }
}

impl Watched {
    fn give(&mut self, mut data: Bytes) -> Frame<Bytes> {
        let elapsed = self.progress.start.elapsed().as_millis();
        self.progress.last.store(u64::try_from(elapsed).unwrap_or(u64::MAX), Ordering::Relaxed);
        if data.len() > PIECE {
            self.rest = data.split_off(PIECE);
        }
        Frame::data(data)
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.is_written();
        let this = &mut *self;
        let Some(watched) = &mut this.watched else { return Pin::new(&mut this.body).poll_frame(cx) };
        if !watched.rest.is_empty() {
            let rest = std::mem::take(&mut watched.rest);
            return Poll::Ready(Some(Ok(watched.give(rest))));
        }
        match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(data) => watched.give(data),
                Err(frame) => frame,
            }))),
            other => Poll::Ready(other),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_written();
        self.rest_length() == 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.is_written();
        let hint = self.body.size_hint();
        match (self.rest_length(), hint.exact()) {
            (0, _) => hint,
            (rest, Some(exact)) => SizeHint::with_exact(exact + rest),
            (_, None) => SizeHint::default(),
        }
    }
}
