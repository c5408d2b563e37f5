use std::ops::RangeInclusive;
use std::sync::Arc;

use tower_layer::Layer;

use super::limits::Limits;
use super::service::AdaptiveConcurrencyService;

/// Limits the requests in flight by the latency and the failures of the server; see the [module](super).
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct AdaptiveConcurrencyLayer {
    initial: usize,
    bounds: RangeInclusive<usize>,
    sheds: bool,
    limits: Arc<Limits>,
}

impl AdaptiveConcurrencyLayer {
    /// Creates a layer with the defaults.
    pub fn new() -> Self {
        Self::with(16, 4..=1024, false)
    }

    fn with(initial: usize, bounds: RangeInclusive<usize>, sheds: bool) -> Self {
        let limits = Arc::new(Limits::new(initial, &bounds));
        Self { initial, bounds, sheds, limits }
    }

    /// Sets the limit to begin with. Defaults to 16.
    pub fn initial(self, limit: usize) -> Self {
        Self::with(limit, self.bounds, self.sheds)
    }

    /// Sets the least and the largest limit. Defaults to 4 and 1024. A least limit of 0 is 1.
    pub fn bounds(self, bounds: RangeInclusive<usize>) -> Self {
        Self::with(self.initial, bounds, self.sheds)
    }

    /// Lets requests over the limit fail at once instead of waiting. The error is tower's `Overloaded`, and such a request was
    /// not sent.
    pub fn shed(self) -> Self {
        Self::with(self.initial, self.bounds, true)
    }

    /// Returns the limit as it is now: of all servers together that got a request, or the initial one before that.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limits.sum()
    }
}

impl Default for AdaptiveConcurrencyLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for AdaptiveConcurrencyLayer {
    type Service = AdaptiveConcurrencyService<S>;

    fn layer(&self, inner: S) -> AdaptiveConcurrencyService<S> {
        AdaptiveConcurrencyService::new(inner, Arc::clone(&self.limits), self.sheds)
    }
}
