use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use kestra_core::{Body, BoxError};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::layer::TraceLayer;
use super::recorder::Recorder;

/// The service of [`TraceLayer`]; it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct TraceService<S> {
    inner: S,
    layer: TraceLayer,
}

impl<S> TraceService<S> {
    pub(super) fn new(inner: S, layer: TraceLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, B> Service<Request<Body>> for TraceService<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = TraceFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> TraceFuture<S::Future> {
        self.layer.record(request, |request| self.inner.call(request))
    }
}

impl TraceLayer {
    /// Sends a request within a span.
    #[doc(hidden)]
    #[inline]
    pub fn record<F>(
        &self,
        mut request: Request<Body>,
        send: impl FnOnce(Request<Body>) -> F,
    ) -> TraceFuture<F> {
        let recorder = Recorder::start(self.scope, &request);
        let _entered = recorder.as_ref().map(|recorder| recorder.span().clone().entered());
        if let Some(inject) = &self.propagate {
            inject(request.headers_mut());
        }
        // Futures are large, so this one is made where it stays.
        TraceFuture { inner: send(request), recorder }
    }
}

pin_project! {
    /// The future of [`TraceService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TraceFuture<F> {
        #[pin]
        inner: F,
        recorder: Option<Box<Recorder>>,
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
            Ok(response) => recorder.responded(response.status(), response.version()),
            Err(error) => recorder.failed(error),
        }
        Poll::Ready(result)
    }
}

kestra_core::debug_fields! {
    [F] TraceFuture<F>, this => {
        span: this.recorder.as_ref().map(|recorder| recorder.span()),
    }
}
