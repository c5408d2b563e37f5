//! What the calls through one layer share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Response, StatusCode};
use kestra_core::BoxError;
use kestra_core::internal::read_retry_after;
use kestra_core::retry::is_transient_status;
use tokio::time::Instant;

use crate::latency::Latencies;

/// The share of requests that take longer than the delay before a second one.
const LATE: f64 = 0.05;

/// For how long nothing is hedged after a 429 or 503, at least and at most.
const PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Whether a second request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    /// It may, and was taken from the budget.
    Taken,
    Exhausted,
    /// The server said 429 or 503 a moment ago.
    Paused,
}

pub(super) struct Shared {
    least_delay: Duration,
    /// How many calls must succeed before the next one is hedged; `None` for none.
    calls_per_hedge: Option<u32>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    latencies: Latencies,
    /// Calls that succeeded since the last hedge.
    successes: u32,
    paused_until: Option<Instant>,
}

impl Shared {
    pub(super) fn new(least_delay: Duration, share: f64) -> Self {
        let calls_per_hedge = (share > 0.0).then(|| (1.0 / share.min(0.5)).ceil() as u32);
        Self { least_delay, calls_per_hedge, state: Mutex::default() }
    }

    /// Returns when a second request is due; `None` if too little is known.
    pub(super) fn delay(&self, operation: &str) -> Option<Duration> {
        let delay = self.state().latencies.exceeded_by(operation, LATE)?;
        Some(delay.max(self.least_delay))
    }

    /// Returns whether a second request may be sent, and takes it from the budget if so.
    pub(super) fn take(&self) -> Budget {
        let mut state = self.state();
        if state.paused_until.is_some_and(|until| Instant::now() < until) {
            return Budget::Paused;
        }
        if self.calls_per_hedge.is_none_or(|calls| state.successes < calls) {
            return Budget::Exhausted;
        }
        state.successes = 0;
        Budget::Taken
    }

    /// Learns from the end of a call that could be hedged.
    pub(super) fn succeeded(&self, operation: &'static str, latency: Duration) {
        let mut state = self.state();
        state.latencies.record(operation, latency);
        state.successes = state.successes.saturating_add(1);
    }

    /// Learns from the response to any request.
    pub(super) fn inspect<B>(&self, result: &Result<Response<B>, BoxError>) {
        let Ok(response) = result else { return };
        let status = response.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let asked = read_retry_after(status, response.headers()).unwrap_or_default();
            self.state().paused_until = Some(Instant::now() + asked.clamp(PAUSE, LONGEST_PAUSE));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether another request would not get a better response.
pub(super) fn is_final<B>(result: &Result<Response<B>, BoxError>) -> bool {
    result.as_ref().is_ok_and(|response| {
        let status = response.status();
        !status.is_server_error() && !is_transient_status(status)
    })
}

kestra_core::debug_fields! { Shared, this => { least_delay: this.least_delay, calls_per_hedge: this.calls_per_hedge } }
