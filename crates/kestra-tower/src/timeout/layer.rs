use std::time::Duration;

use kestra_core::Timeouts;
use tower_layer::Layer;

use super::service::TimeoutService;

/// Ends calls, or attempts, that take too long; see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct TimeoutLayer {
    pub(super) scope: Scope,
    pub(super) defaults: Timeouts,
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Total {
        /// Whether the timers of the attempts below wake the task of the call, so that it needs none of its own meanwhile.
        relies_on_attempts: bool,
    },
    Attempt,
}

impl TimeoutLayer {
    /// Gives the whole call this long, unless the call says otherwise.
    #[must_use]
    pub fn total(limit: Duration) -> Self {
        Self::total_of(Timeouts::default().total(limit))
    }

    /// Gives each attempt this long, unless the call says otherwise.
    #[must_use]
    pub fn attempt(limit: Duration) -> Self {
        Self::attempt_of(Timeouts::default().attempt(limit))
    }

    /// Limits the whole call to what these timeouts say for its class of operation: 2 min for most if nothing is set.
    #[must_use]
    pub fn total_of(timeouts: Timeouts) -> Self {
        Self { scope: Scope::Total { relies_on_attempts: false }, defaults: timeouts }
    }

    /// Limits the whole call as [`total_of`](Self::total_of) does, with a timer of its own only while no attempt has one that
    /// ends earlier. Attempts must be polled by the task of the call, and so by no layer that hands requests to another task.
    #[doc(hidden)]
    #[must_use]
    pub fn total_above_attempts(timeouts: Timeouts) -> Self {
        Self { scope: Scope::Total { relies_on_attempts: true }, defaults: timeouts }
    }

    /// Limits each attempt to what these timeouts say for its class of operation: 60 s for most if nothing is set.
    #[must_use]
    pub fn attempt_of(timeouts: Timeouts) -> Self {
        Self { scope: Scope::Attempt, defaults: timeouts }
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = TimeoutService<S>;

    fn layer(&self, inner: S) -> TimeoutService<S> {
        TimeoutService::new(inner, *self)
    }
}
