use std::sync::Arc;
use std::time::Duration;

use kestra_core::Observer;
use tower_layer::Layer;

use super::service::HedgeService;
use super::state::Shared;

/// Sends safe requests once more if the response is late; see the [module](super).
///
/// All services of one layer share what is known of latencies, and the budget.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct HedgeLayer {
    least_delay: Duration,
    share: f64,
    shared: Arc<Shared>,
    observer: Option<Observer>,
}

impl HedgeLayer {
    /// Creates a layer with the defaults.
    pub fn new() -> Self {
        Self::with(Duration::from_millis(20), 0.05, None)
    }

    fn with(least_delay: Duration, share: f64, observer: Option<Observer>) -> Self {
        Self { least_delay, share, shared: Arc::new(Shared::new(least_delay, share)), observer }
    }

    /// Sets the least time before a second request. Defaults to 20 ms.
    pub fn least_delay(self, delay: Duration) -> Self {
        Self::with(delay, self.share, self.observer)
    }

    /// Sets the largest share of calls that are sent twice. Defaults to 0.05; more than 0.5 is 0.5, and 0 hedges nothing.
    pub fn budget(self, share: f64) -> Self {
        Self::with(self.least_delay, share, self.observer)
    }

    /// Adds an observer of second requests and of their budget. None by default; a client adds its own.
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = Some(match self.observer.take() {
            Some(other) => other.and(observer),
            None => observer,
        });
        self
    }
}

impl Default for HedgeLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for HedgeLayer {
    type Service = HedgeService<S>;

    fn layer(&self, inner: S) -> HedgeService<S> {
        HedgeService::new(inner, Arc::clone(&self.shared), self.observer.clone())
    }
}
