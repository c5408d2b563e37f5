use std::task::{Context, Poll};

use http::{Request, Response};
use kestra_core::{Body, BoxError};
use tower_service::Service;

use super::future::TraceFuture;
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
    fn call(&mut self, mut request: Request<Body>) -> TraceFuture<S::Future> {
        let recorder = Recorder::start(self.layer.scope, &request);
        let entered = recorder.as_ref().map(|recorder| recorder.span().enter());
        if let Some(inject) = &self.layer.propagate {
            inject(request.headers_mut());
        }
        let future = self.inner.call(request);
        drop(entered);
        TraceFuture::new(future, recorder)
    }
}
