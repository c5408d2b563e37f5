//! A download as the body of a response or a request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream as _;
use http_body::{Frame, SizeHint};

use super::Download;
use crate::body::Body;
use crate::error::Error;

impl Download {
    /// What is left of it as a body, for a stack of one's own.
    ///
    /// It is read as the download is: with its progress, resumed if it was, and it ends with an error if the file ends early.
    #[must_use]
    pub fn into_body(self) -> Body {
        Body::new(Rest(self))
    }

    /// The body of the answer as it is, for what resumes another download.
    #[doc(hidden)]
    #[must_use]
    pub fn into_raw_body(self) -> Body {
        self.body
    }
}

pub(super) struct Rest(pub(super) Download);

impl http_body::Body for Rest {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let piece = ready!(Pin::new(&mut self.0).poll_next(cx));
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.ended
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.0.length.map(|length| length.saturating_sub(self.0.read));
        left.map(SizeHint::with_exact).unwrap_or_default()
    }
}
