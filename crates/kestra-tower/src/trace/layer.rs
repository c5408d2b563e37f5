use std::sync::Arc;

use http::HeaderMap;
use tower_layer::Layer;

use super::service::TraceService;

/// Puts a span around calls, or around attempts; see the [module](super).
#[derive(Clone)]
pub struct TraceLayer {
    pub(super) scope: Scope,
    pub(super) propagate: Option<Arc<Propagate>>,
}

pub(super) type Propagate = dyn Fn(&mut HeaderMap) + Send + Sync;

/// What a span is around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Call,
    Attempt,
}

impl TraceLayer {
    /// A span around the whole call: put it outermost.
    #[must_use]
    pub fn call() -> Self {
        Self { scope: Scope::Call, propagate: None }
    }

    /// A span around each attempt: put it below the retries.
    #[must_use]
    pub fn attempt() -> Self {
        Self { scope: Scope::Attempt, propagate: None }
    }

    /// Calls `inject` with the headers of each request, to write the trace context into them. Not called by default.
    ///
    /// The span of this layer is entered meanwhile, so `inject` reads the context of `Span::current()`. While nobody listens to
    /// that span, the current span is the one around it.
    ///
    /// ```
    /// use http::HeaderValue;
    /// use kestra_tower::TraceLayer;
    /// use tracing::Span;
    ///
    /// let layer = TraceLayer::attempt().propagate(|headers| {
    ///     // With tracing-opentelemetry: inject the context of `Span::current()` with your propagator.
    ///     if let Some(id) = Span::current().id() {
    ///         let parent = format!("00-00000000000000000000000000000001-{:016x}-01", id.into_u64());
    ///         headers.extend(HeaderValue::from_str(&parent).map(|value| (http::HeaderName::from_static("traceparent"), value)));
    ///     }
    /// });
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn propagate<F>(mut self, inject: F) -> Self
    where
        F: Fn(&mut HeaderMap) + Send + Sync + 'static,
    {
        self.propagate = Some(Arc::new(inject));
        self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService::new(inner, self.clone())
    }
}

kestra_core::debug_fields! { TraceLayer, this => { scope: this.scope, propagates: this.propagate.is_some() } }
