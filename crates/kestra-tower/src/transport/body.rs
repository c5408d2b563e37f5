//! The body of a response that is read as a stream.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use kestra_core::{BoxError, Error, ErrorKind, RequestSent, TimeoutPhase};
use tokio::time::Sleep;

use super::received::Received;

/// What a server sends, piece by piece, with a limit on the silence between two pieces.
///
/// Where the response began before the request was written, the rest of the request is written while this is polled.
///
/// Its errors are [`kestra_core::Error`]s in a box: the limit is
/// [`ErrorKind::Timeout`](kestra_core::ErrorKind::Timeout), a broken connection
/// [`ErrorKind::Transport`](kestra_core::ErrorKind::Transport). Dropping it before its end closes the connection.
pub struct StreamBody {
    body: Received,
    idle: Option<IdleTimer>,
}

impl StreamBody {
    pub(crate) fn new(body: Received, idle: Option<Duration>) -> Self {
        Self { body, idle: idle.map(IdleTimer::new) }
    }

    /// Closes the idle connections to the same host.
    pub(crate) fn discard_idle(&self) {
        self.body.discard_idle();
    }

    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = self.body.poll_frame(cx) {
            if let Some(idle) = &mut self.idle {
                idle.reset();
            }
            return Poll::Ready(frame);
        }
        let Some(idle) = &mut self.idle else { return Poll::Pending };
        idle.poll_silence(cx).map(|error| {
            self.body.discard_idle();
            Some(Err(error.with_request_sent(RequestSent::Yes)))
        })
    }
}

impl http_body::Body for StreamBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.poll_piece(cx).map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

kestra_core::debug_fields! { StreamBody, this => { length: this.body.size_hint().exact() } }

/// The idle timer; it is created when the body first has to wait for a piece.
struct IdleTimer {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    silent: bool,
}

impl IdleTimer {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: None, silent: false }
    }

    /// Records that a piece was received.
    fn reset(&mut self) {
        self.silent = false;
    }

    /// Polls the idle timer while there is no piece: ready with an error when the timeout is reached.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let limit = self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !self.silent {
            self.silent = true;
            sleep.set(tokio::time::sleep(limit));
        }
        sleep.as_mut().poll(cx).map(|()| expired(limit))
    }
}

fn expired(limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout(TimeoutPhase::Idle), format!("no data for {limit:?}"))
}
