//! The figures of a simulation.

use std::time::Duration;

use super::kind::Kind;
use super::load::{Ended, Outcome};
use super::scenario::{END, UNTIL};

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Shares of reads, creations without a key, and starts with one.
    pub(crate) success: [f64; 3],
    /// Of reads, failed ones included.
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) requests_per_call: f64,
    pub(crate) most_at_once: usize,
    /// From the end of the trouble on; `None` if not before the end.
    pub(crate) recovery: Option<Duration>,
}

impl Figures {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let calls = &outcome.calls;
        let reads = || calls.iter().filter(|call| call.kind == Kind::Read);
        let success = [Kind::Read, Kind::Create, Kind::Start]
            .map(|kind| success(calls.iter().filter(|call| call.kind == kind)));
        Self {
            success,
            p50: quantile(reads(), 0.5),
            p99: quantile(reads(), 0.99),
            requests_per_call: outcome.requests as f64 / calls.len() as f64,
            most_at_once: outcome.most_at_once,
            recovery: recovery(calls),
        }
    }
}

/// The share of calls that succeeded.
pub(crate) fn success<'a>(calls: impl Iterator<Item = &'a Ended>) -> f64 {
    let (mut all, mut good) = (0, 0);
    for call in calls {
        all += 1;
        good += usize::from(call.error.is_none());
    }
    if all == 0 { 1.0 } else { good as f64 / all as f64 }
}

/// The time within which this share of the calls ended.
pub(crate) fn quantile<'a>(calls: impl Iterator<Item = &'a Ended>, share: f64) -> Duration {
    let mut times: Vec<_> = calls.map(|call| call.took).collect();
    times.sort_unstable();
    let place = (times.len() as f64 * share).ceil() as usize;
    times.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

/// How long after the trouble calls failed or took over a second: the time to the first second from which on none did.
fn recovery(calls: &[Ended]) -> Option<Duration> {
    let second = Duration::from_secs(1);
    let bad = calls.iter().filter(|call| call.error.is_some() || call.took > second);
    let last = bad.map(|call| call.begun).filter(|begun| *begun >= UNTIL).max();
    let recovered = last.map_or(UNTIL, |last| last + second);
    (recovered < END).then(|| recovered - UNTIL)
}
