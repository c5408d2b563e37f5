use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use kestra_core::BoxError;
use pin_project_lite::pin_project;

use super::recorder::Recorder;

pin_project! {
    /// The future of [`TraceService`](super::TraceService).
    #[must_use = "futures do nothing unless polled"]
    pub struct TraceFuture<F> {
        #[pin]
        inner: F,
        recorder: Option<Box<Recorder>>,
    }
}

impl<F> TraceFuture<F> {
    #[inline]
    pub(super) fn new(inner: F, recorder: Option<Box<Recorder>>) -> Self {
        Self { inner, recorder }
    }
}

impl<F, B, E> Future for TraceFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(recorder) = this.recorder else {
            return this.inner.poll(cx).map_err(Into::into);
        };
        let result = {
            let _entered = recorder.span().enter();
            ready!(this.inner.poll(cx)).map_err(Into::into)
        };
        match &result {
            Ok(response) => recorder.answered(response.status(), response.version()),
            Err(error) => recorder.failed(error),
        }
        Poll::Ready(result)
    }
}

impl<F> fmt::Debug for TraceFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceFuture")
            .field("span", &self.recorder.as_ref().map(|recorder| recorder.span()))
            .finish_non_exhaustive()
    }
}
