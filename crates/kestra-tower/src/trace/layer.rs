use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use tower_layer::Layer;
use tracing::Span;

use super::service::TraceService;

/// Puts a span around calls, or around attempts; see the [module](super).
#[derive(Clone)]
pub struct TraceLayer {
    pub(super) scope: Scope,
    pub(super) propagate: Option<Arc<Propagate>>,
}

pub(super) type Propagate = dyn Fn(&Span, &mut HeaderMap) + Send + Sync;

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

    /// Has the trace written into the headers of the request; off by default.
    ///
    /// The span is ours, or the one around it if nobody listens to ours.
    ///
    /// ```
    /// use http::HeaderValue;
    /// use kestra_tower::TraceLayer;
    ///
    /// let layer = TraceLayer::attempt().propagate(|span, headers| {
    ///     // With tracing-opentelemetry: inject the context of `span` with your propagator.
    ///     if let Some(id) = span.id() {
    ///         let parent = format!("00-00000000000000000000000000000001-{:016x}-01", id.into_u64());
    ///         headers.extend(HeaderValue::from_str(&parent).map(|value| (http::HeaderName::from_static("traceparent"), value)));
    ///     }
    /// });
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn propagate<F>(mut self, inject: F) -> Self
    where
        F: Fn(&Span, &mut HeaderMap) + Send + Sync + 'static,
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

impl fmt::Debug for TraceLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceLayer")
            .field("scope", &self.scope)
            .field("propagates", &self.propagate.is_some())
            .finish()
    }
}
