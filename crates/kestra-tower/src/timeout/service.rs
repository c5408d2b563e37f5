use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use kestra_core::{Body, BoxError, CallContext, CallOptions};
use tower_service::Service;

use super::future::{Limit, TimeoutFuture};
use super::layer::{Scope, TimeoutLayer};
use crate::oneshot::Oneshot;

/// The service of [`TimeoutLayer`].
///
/// One that limits whole calls is always ready: it waits for the inner service within the limit of each call. One that
/// limits attempts is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct TimeoutService<S> {
    inner: S,
    // A layer above may keep a copy of the service for each call, so it is a pointer wide.
    layer: Arc<TimeoutLayer>,
}

impl<S> TimeoutService<S> {
    pub(super) fn new(inner: S, layer: TimeoutLayer) -> Self {
        Self { inner, layer: Arc::new(layer) }
    }

    /// The limit of the whole call, whose layers below are told of it when it begins.
    fn total(&self, request: &mut Request<Body>) -> Limit {
        let context = match CallContext::of(request) {
            Some(context) => context.clone(),
            None => {
                let context = CallContext::detached(CallOptions::new());
                request.extensions_mut().insert(context.clone());
                context
            }
        };
        let limit = context.limits(self.layer.defaults).total;
        Limit { context: Some(context), at: None, limit }
    }

    fn attempt(&self, request: &Request<Body>) -> Option<Limit> {
        let context = CallContext::of(request);
        let limit = match context {
            Some(context) => context.limits(self.layer.defaults).attempt,
            None => self.layer.defaults.limits(None, false).attempt,
        };
        Some(Limit { context: context.cloned(), at: None, limit: Some(limit?) })
    }
}

impl<S, B> Service<Request<Body>> for TimeoutService<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = TimeoutFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self.layer.scope {
            Scope::Total => Poll::Ready(Ok(())),
            Scope::Attempt => self.inner.poll_ready(cx).map_err(Into::into),
        }
    }

    #[inline]
    fn call(&mut self, mut request: Request<Body>) -> TimeoutFuture<S> {
        let scope = self.layer.scope;
        match scope {
            Scope::Total => {
                let limit = self.total(&mut request);
                TimeoutFuture::new(Oneshot::new(self.inner.clone(), request), scope, Some(limit))
            }
            Scope::Attempt => {
                let limit = self.attempt(&request);
                TimeoutFuture::new(Oneshot::sent(self.inner.call(request)), scope, limit)
            }
        }
    }
}
