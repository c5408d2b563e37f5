use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use kestra_core::BoxError;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::layer::MetricsLayer;
use crate::requests::ActiveRequest;

/// The service of [`MetricsLayer`]; it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct MetricsService<S> {
    inner: S,
    layer: MetricsLayer,
}

impl<S> MetricsService<S> {
    pub(crate) fn new(inner: S, layer: MetricsLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, A, B> Service<Request<A>> for MetricsService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    A: Body,
    B: Body,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = MetricsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> MetricsFuture<S::Future> {
        let active = ActiveRequest::begin(&self.layer, &request);
        MetricsFuture { inner: self.inner.call(request), active }
    }
}

pin_project! {
    /// The future of [`MetricsService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct MetricsFuture<F> {
        #[pin]
        inner: F,
        active: ActiveRequest,
    }
}

impl<F, B, E> Future for MetricsFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx)).map_err(Into::into);
        match &result {
            Ok(response) => this.active.responded(response),
            Err(error) => this.active.failed(error.as_ref()),
        }
        Poll::Ready(result)
    }
}

impl<F> fmt::Debug for MetricsFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsFuture").finish_non_exhaustive()
    }
}
