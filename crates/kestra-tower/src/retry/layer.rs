use std::sync::Arc;

use kestra_core::{Observer, Retry};
use tower_layer::Layer;

use super::budget::Budget;
use super::service::RetryService;

/// Retries calls; see the [module](super).
#[derive(Clone, Debug)]
pub struct RetryLayer(Arc<Shared>);

/// Anything from 0 to 1.
pub(super) type Random = dyn Fn() -> f64 + Send + Sync;

/// What all calls through one layer share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) policy: Retry,
    pub(super) budget: Arc<Budget>,
    random: Option<Arc<Random>>,
    pub(super) observer: Option<Observer>,
}

impl RetryLayer {
    /// Creates a layer with this policy. A policy in the options of a call takes its place, on the budget of this layer.
    #[must_use]
    pub fn new(policy: Retry) -> Self {
        let budget = Arc::new(Budget::new(policy.budget_tokens()));
        Self(Arc::new(Shared { policy, budget, random: None, observer: None }))
    }

    /// Sets the source of randomness for waits, which gives numbers from 0 to 1; each thread's own
    /// generator by default.
    ///
    /// ```
    /// use kestra_core::Retry;
    /// use kestra_tower::RetryLayer;
    ///
    /// // A test that wants the longest waits.
    /// let layer = RetryLayer::new(Retry::standard()).random(|| 1.0);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn random<F>(mut self, random: F) -> Self
    where
        F: Fn() -> f64 + Send + Sync + 'static,
    {
        Arc::make_mut(&mut self.0).random = Some(Arc::new(random));
        self
    }

    /// Sets the observer of retries and of the retry budget. None by default.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        Arc::make_mut(&mut self.0).observer = Some(observer);
        self
    }
}

impl Shared {
    pub(super) fn random(&self) -> f64 {
        match &self.random {
            // In this order, what is no number is 0.
            Some(random) => 1.0_f64.min(random().max(0.0)),
            None => fastrand::f64(),
        }
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = RetryService<S>;

    fn layer(&self, inner: S) -> RetryService<S> {
        RetryService::new(inner, Arc::clone(&self.0))
    }
}

kestra_core::debug_fields! { Shared, this => { policy: this.policy, budget: this.budget } }
