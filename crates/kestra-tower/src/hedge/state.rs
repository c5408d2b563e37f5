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
    state: Mutex<State>,
}

/// What is known, without the lock around it.
#[derive(Default)]
struct State {
    /// How many calls must succeed before the next one is hedged; `None` for none.
    calls_per_hedge: Option<u32>,
    latencies: Latencies,
    /// Calls that succeeded since the last hedge.
    successes: u32,
    paused_until: Option<Instant>,
}

impl Shared {
    pub(super) fn new(least_delay: Duration, share: f64) -> Self {
        let calls_per_hedge = (share > 0.0).then(|| (1.0 / share.min(0.5)).ceil() as u32);
        Self { least_delay, state: Mutex::new(State { calls_per_hedge, ..State::default() }) }
    }

    /// Returns when a second request is due; `None` if too little is known.
    pub(super) fn delay(&self, operation: &str) -> Option<Duration> {
        let delay = self.state().latencies.exceeded_by(operation, LATE)?;
        Some(delay.max(self.least_delay))
    }

    /// Returns whether a second request may be sent, and takes it from the budget if so.
    pub(super) fn take(&self) -> Budget {
        self.state().take(Instant::now())
    }

    /// Learns from the end of a call that could be hedged.
    pub(super) fn succeeded(&self, operation: &'static str, latency: Duration) {
        self.state().succeeded(operation, latency);
    }

    /// Learns from the response to any request.
    pub(super) fn inspect<B>(&self, result: &Result<Response<B>, BoxError>) {
        let Ok(response) = result else { return };
        let status = response.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let asked = read_retry_after(status, response.headers()).unwrap_or_default();
            self.state().pause(asked, Instant::now());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, now: Instant) -> Budget {
        if self.paused_until.is_some_and(|until| now < until) {
            return Budget::Paused;
        }
        if self.calls_per_hedge.is_none_or(|calls| self.successes < calls) {
            return Budget::Exhausted;
        }
        self.successes = 0;
        Budget::Taken
    }

    fn succeeded(&mut self, operation: &'static str, latency: Duration) {
        self.latencies.record(operation, latency);
        self.successes = self.successes.saturating_add(1);
    }

    /// Stops hedges for at least as long as before.
    fn pause(&mut self, asked: Duration, now: Instant) {
        let until = now + asked.clamp(PAUSE, LONGEST_PAUSE);
        self.paused_until = Some(self.paused_until.map_or(until, |before| before.max(until)));
    }
}

/// Returns whether another request would not get a better response.
pub(super) fn is_final<B>(result: &Result<Response<B>, BoxError>) -> bool {
    result.as_ref().is_ok_and(|response| {
        let status = response.status();
        !status.is_server_error() && !is_transient_status(status)
    })
}

kestra_core::debug_fields! {
    Shared, this => { least_delay: this.least_delay, calls_per_hedge: this.state().calls_per_hedge }
}

#[cfg(test)]
mod interleavings;
