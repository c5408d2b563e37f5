//! Any body behind a pointer that is `Sync`, whether the body is or not.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use pin_project_lite::pin_project;
use sync_wrapper::SyncWrapper;

use crate::error::BoxError;

/// A body whose type is hidden, in one allocation.
pub(super) type Stream = BoxBody<Bytes, BoxError>;

pub(super) fn stream<B>(body: B) -> Stream
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (is_end, hint) = (body.is_end_stream(), body.size_hint());
    Shared { body: SyncWrapper::new(body), is_end, hint }.map_err(Into::into).boxed()
}

pin_project! {
    /// A body that is only ever polled by one thread at a time. What can be asked without polling is kept beside it.
    struct Shared<B> {
        #[pin]
        body: SyncWrapper<B>,
        is_end: bool,
        hint: SizeHint,
    }
}

impl<B: Body> Body for Shared<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let mut body = this.body.get_pin_mut();
        let polled = body.as_mut().poll_frame(cx);
        (*this.is_end, *this.hint) = (body.is_end_stream(), body.size_hint());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.is_end
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
