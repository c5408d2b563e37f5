//! The body of a request, which knows when it is about to be written, and is watched where it, or the response to it, has a
//! timeout.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, RequestSent, TimeoutPhase};
use tokio::time::{Instant, Sleep};

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
    limits: SendLimits,
    start: Instant,
    /// Whether writing the request has begun.
    is_begun: AtomicBool,
    /// Milliseconds from the start to when the socket last accepted bytes.
    last: AtomicU64,
    /// Bytes that the connection has and the socket hasn't.
    unwritten: AtomicU64,
    /// Whether the connection has the whole body.
    is_at_end: AtomicBool,
}

/// The timeouts of a request that is being sent; at least one is set.
#[derive(Clone, Copy)]
pub(crate) struct SendLimits {
    pub(crate) request_body: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
}

/// The other end of a watched body: ready with an error when a timeout is reached.
pub(crate) struct UploadWatch {
    progress: Arc<Progress>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    pub(crate) fn new(body: Body, context: Option<CallContext>) -> Self {
        Self { body, context: Cell::new(context), progress: None }
    }

    /// Watches the body.
    pub(crate) fn watch(&mut self, limits: SendLimits) -> UploadWatch {
        let progress = Arc::new(Progress {
            limits,
            start: Instant::now(),
            is_begun: AtomicBool::new(false),
            last: AtomicU64::new(0),
            unwritten: AtomicU64::new(0),
            is_at_end: AtomicBool::new(is_at_end(&self.body)),
        });
        self.progress = Some(Arc::clone(&progress));
        UploadWatch { progress, sleep: None }
    }

    fn is_written(&self) {
        if let Some(progress) = &self.progress {
            progress.begin();
        }
        // Only once: the rest of the body must not change what was recorded about the request since.
        if let Some(context) = self.context.take() {
            context.sent().raise(RequestSent::Maybe);
        }
    }
}

/// Returns whether nothing of a body is left. One of known length isn't polled again after its last byte.
fn is_at_end(body: &Body) -> bool {
    http_body::Body::is_end_stream(body) || http_body::Body::size_hint(body).exact() == Some(0)
}

impl Progress {
    fn begin(&self) {
        if !self.is_begun.swap(true, Ordering::Relaxed) {
            self.note();
        }
    }

    /// Returns whether the whole request is written.
    fn is_complete(&self) -> bool {
        self.is_at_end.load(Ordering::Relaxed) && self.unwritten.load(Ordering::Relaxed) == 0
    }

    fn note(&self) {
        let elapsed = self.start.elapsed().as_millis();
        self.last.store(u64::try_from(elapsed).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl UploadWatch {
    /// Polls the timeout of what the request is in: sending its body, or waiting for the response. It has none before it has a
    /// connection.
    pub(crate) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let progress = &self.progress;
        if !progress.is_begun.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        loop {
            let (limit, phase, what) = if progress.is_complete() {
                let what = "the request was sent, and the server sent no response";
                (progress.limits.first_byte, TimeoutPhase::FirstByte, what)
            } else {
                let what = "the body of the request made no progress";
                (progress.limits.request_body, TimeoutPhase::RequestBody, what)
            };
            let last = Duration::from_millis(progress.last.load(Ordering::Relaxed));
            let end = limit.and_then(|limit| progress.start.checked_add(last)?.checked_add(limit));
            let (Some(limit), Some(end)) = (limit, end) else { return Poll::Pending };
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
            if sleep.deadline() > end || sleep.is_elapsed() {
                if end <= Instant::now() {
                    let message = format!("{what} for {limit:?}");
                    return Poll::Ready(Error::new(ErrorKind::Timeout(phase), message));
                }
                sleep.as_mut().reset(end);
            }
            ready!(sleep.as_mut().poll(cx));
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
            progress.unwritten.fetch_sub(count as u64, Ordering::Relaxed);
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
        if let Some(progress) = &self.progress {
            let bytes =
                frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
            progress.unwritten.fetch_add(bytes as u64, Ordering::Relaxed);
            let is_at_end = frame.is_none() || is_at_end(&self.body);
            progress.is_at_end.store(is_at_end, Ordering::Relaxed);
        }
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
