use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use kestra_core::{Body, BoxError, CallContext, CallOptions};
use tower_service::Service;

use super::future::RetryFuture;
use super::layer::Shared;
use crate::replayable_request::ReplayableRequest;

/// The service of [`RetryLayer`](super::RetryLayer); it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct RetryService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> RetryService<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<S, B> Service<Request<Body>> for RetryService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = RetryFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> RetryFuture<S, B> {
        let context = CallContext::of(&request).cloned();
        let options = context.as_ref().map(CallContext::options);
        let policy = options.and_then(CallOptions::get_retry).unwrap_or(&self.shared.policy);
        // The retry loop of the caller makes the other attempts, as it shares outages with other calls.
        let is_single = options.is_some_and(CallOptions::is_single_attempt);
        let limit = if is_single { 1 } else { policy.attempts_limit() };
        let replayable = if limit > 1 { ReplayableRequest::of(&request, context.as_ref()) } else { None };
        let is_idempotent = match &context {
            Some(context) => context.is_idempotent(request.method()),
            None => matches!(*request.method(), http::Method::HEAD | http::Method::OPTIONS),
        };
        if let Some(context) = &context {
            context.begin_attempt();
        }
        // The service that was found ready takes the request, and makes the other attempts as well.
        let (future, again) = match replayable {
            None => (self.inner.call(request), None),
            Some(replayable) => {
                let copy = self.inner.clone();
                let mut ready = std::mem::replace(&mut self.inner, copy);
                (ready.call(request), Some((ready, replayable)))
            }
        };
        RetryFuture::new(future, Arc::clone(&self.shared), context, again, limit, is_idempotent)
    }
}
