//! The body of an answer that is read as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use kestra_core::{BoxError, Error, RequestSent};

use super::idle::IdleTimer;
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
}

impl http_body::Body for StreamBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.body.poll_frame(cx) {
            Poll::Ready(frame) => {
                if let Some(idle) = &mut self.idle {
                    idle.reset();
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let Some(idle) = &mut self.idle else { return Poll::Pending };
                let expired: Poll<Error> = idle.poll_silence(cx);
                expired.map(|error| {
                    self.body.discard_idle();
                    Some(Err(error.with_request_sent(RequestSent::Yes).into()))
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for StreamBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamBody").field("length", &self.body.size_hint().exact()).finish_non_exhaustive()
    }
}
