//! The limit, and how it follows what became of requests.

use std::future::poll_fn;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::baselines::{Baselines, Comparison};

/// How many requests end between two looks at the limit, at least.
const LEAST_WINDOW: usize = 32;

/// The share of requests that may fail.
const TOLERATED: f64 = 0.1;

/// How many times as long as without a queue requests may take.
const SLOW: f64 = 3.0;

/// What remains of the limit when it shrinks: at most, and at least.
const SHRUNK: f64 = 0.75;
const LEAST_SHRUNK: f64 = 0.25;

pub(super) struct Limit {
    least: usize,
    most: usize,
    /// Hands out places in the order of requests.
    places: Arc<Semaphore>,
    /// Told when the server can't be reached.
    unreachable: Notify,
    state: Mutex<State>,
}

struct State {
    limit: usize,
    /// Places that exist, free or taken; more than the limit while those that are too many are still taken.
    existing: usize,
    window: Window,
    /// The latencies without a queue. When the limit shrinks for latency, the queue at the server ends, so that they are measured
    /// anew. A server that has become slower is taken as it is after two times.
    baselines: Baselines,
}

/// The requests that ended since the last look at the limit.
#[derive(Default)]
struct Window {
    ended: usize,
    failed: usize,
    was_full: bool,
}

/// A place of a request. Dropping it before the end says that the request was dropped.
pub(super) struct Place {
    limit: Arc<Limit>,
    permit: Option<OwnedSemaphorePermit>,
    /// Its name, empty for a request that no builder made.
    operation: &'static str,
    since: Instant,
    result: Option<bool>,
}

/// Why a request has no place.
pub(super) enum NoPlace {
    Full,
    Unreachable,
}

impl Limit {
    pub(super) fn new(initial: usize, bounds: &RangeInclusive<usize>) -> Self {
        let least = (*bounds.start()).clamp(1, Semaphore::MAX_PERMITS);
        let most = (*bounds.end()).clamp(least, Semaphore::MAX_PERMITS);
        let limit = initial.clamp(least, most);
        let state =
            State { limit, existing: limit, window: Window::default(), baselines: Baselines::default() };
        Self {
            least,
            most,
            places: Arc::new(Semaphore::new(limit)),
            unreachable: Notify::new(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn current(&self) -> usize {
        self.state().limit
    }

    /// Waits for a place. Returns an error if there is none and `sheds` is set, or if the server turns out to be unreachable
    /// meanwhile: those that wait would find out one after the other.
    pub(super) async fn place(
        self: Arc<Self>,
        operation: &'static str,
        sheds: bool,
    ) -> Result<Place, NoPlace> {
        let free = Arc::clone(&self.places).try_acquire_owned().ok();
        let permit = match free {
            Some(permit) => permit,
            None => {
                self.state().window.was_full = true;
                if sheds {
                    return Err(NoPlace::Full);
                }
                let mut unreachable = pin!(self.unreachable.notified());
                let mut waiting = pin!(Arc::clone(&self.places).acquire_owned());
                poll_fn(|cx| {
                    // First, as the place of the request that found out is free as well.
                    if unreachable.as_mut().poll(cx).is_ready() {
                        return Poll::Ready(Err(NoPlace::Unreachable));
                    }
                    // The semaphore is never closed.
                    waiting.as_mut().poll(cx).map_err(|_| NoPlace::Full)
                })
                .await?
            }
        };
        Ok(Place { limit: self, permit: Some(permit), operation, since: Instant::now(), result: None })
    }

    /// Learns from a request that ended, or was dropped if there is no result.
    fn ended(&self, place: &Place, permit: OwnedSemaphorePermit) {
        let latency = place.since.elapsed();
        let mut state = self.state();
        let usual = state.baselines.usual(place.operation);
        let is_slow = usual.is_some_and(|usual| latency > usual.mul_f64(SLOW));
        match place.result {
            Some(true) => {
                state.window.ended += 1;
                state.baselines.record(place.operation, latency);
            }
            Some(false) => state.window.failed(),
            // Most likely by a timeout.
            None if is_slow => state.window.failed(),
            None => {}
        }
        if state.window.ended >= state.limit.max(LEAST_WINDOW) {
            self.adjust(&mut state);
        }
        if state.existing > state.limit {
            state.existing -= 1;
            permit.forget();
        }
    }

    fn adjust(&self, state: &mut State) {
        let (before, window) = (state.limit, std::mem::take(&mut state.window));
        let comparison = state.baselines.compare();
        if let Some(share) = state.shrinks(&window, comparison) {
            state.limit = ((before as f64 * share) as usize).max(self.least);
            let too_many = state.existing.saturating_sub(state.limit);
            state.existing -= self.places.forget_permits(too_many);
        } else if window.was_full {
            state.limit = (before + 1).min(self.most);
            let missing = state.limit.saturating_sub(state.existing);
            state.existing += missing;
            self.places.add_permits(missing);
        }
        if state.limit != before {
            tracing::debug!(
                target: "kestra::concurrency",
                before,
                limit = state.limit,
                ended = window.ended,
                failed = window.failed,
                times_as_slow = comparison.map(|comparison| comparison.times),
                "the limit of requests in flight changes"
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns what remains of the limit, if it has to shrink.
    fn shrinks(&mut self, window: &Window, comparison: Option<Comparison>) -> Option<f64> {
        if window.failed as f64 > window.ended as f64 * TOLERATED {
            return Some(SHRUNK);
        }
        let Comparison { count, times } = comparison?;
        if times <= SLOW || count * 2 <= window.ended {
            return None;
        }
        self.baselines.renew();
        Some((1.0 / times).clamp(LEAST_SHRUNK, SHRUNK))
    }
}

impl Window {
    fn failed(&mut self) {
        self.ended += 1;
        self.failed += 1;
    }
}

impl Place {
    /// Sets whether the request succeeded, or could not be sent since the server is unreachable.
    pub(super) fn end(mut self, is_success: bool, is_unreachable: bool) {
        self.result = Some(is_success);
        if is_unreachable {
            self.limit.unreachable.notify_waiters();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.limit.ended(self, permit);
        }
    }
}

kestra_core::debug_fields! {
    Limit, this => { limit: this.current(), least: this.least, most: this.most }
}
