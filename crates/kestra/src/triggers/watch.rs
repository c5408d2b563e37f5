//! Waiting for the end of a backfill.

use std::fmt;
use std::time::Duration;

use kestra_core::{Error, ErrorKind, TimeoutPhase};
use kestra_models::{Backfill, TriggerState};
use tokio::time::Instant;

use super::TriggerBackfill;
use super::start::is_going_on;

/// How often the trigger is read.
const INTERVAL: Duration = Duration::from_secs(2);

type OnProgress = Box<dyn FnMut(&Backfill) + Send>;

/// A wait for the end of a backfill; see [`TriggerBackfill::watch`].
///
/// The server tells nothing by itself, so the trigger is read again and again. A backfill that is paused is waited for; that
/// it is paused can be seen in what `on_progress` is given.
#[must_use = "nothing is waited for until this is awaited"]
pub struct WatchBackfill {
    backfill: TriggerBackfill,
    interval: Duration,
    timeout: Option<Duration>,
    on_progress: Option<OnProgress>,
}

impl WatchBackfill {
    pub(super) fn new(backfill: TriggerBackfill) -> Self {
        Self { backfill, interval: INTERVAL, timeout: None, on_progress: None }
    }

    /// How long to pause before the trigger is read again; 2 seconds unless said otherwise.
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How long to wait in all; without end unless said otherwise. The backfill goes on.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Has `report` called whenever the backfill has changed.
    pub fn on_progress(mut self, report: impl FnMut(&Backfill) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    async fn run(mut self) -> Result<TriggerState, Error> {
        let end = self.timeout.map(|timeout| Instant::now() + timeout);
        let mut seen: Option<Backfill> = None;
        loop {
            let trigger = self.backfill.state().await?.ok_or_else(|| self.backfill.missing())?;
            let Some(backfill) = trigger.backfill.as_ref().filter(|backfill| is_going_on(backfill)) else {
                return Ok(trigger);
            };
            if seen.as_ref() != Some(backfill) {
                if let Some(report) = &mut self.on_progress {
                    report(backfill);
                }
                seen = Some(backfill.clone());
            }
            if end.is_some_and(|end| Instant::now() + self.interval > end) {
                let message = "the backfill is still going on";
                return Err(Error::new(ErrorKind::Timeout(TimeoutPhase::Total), message));
            }
            tokio::time::sleep(self.interval).await;
        }
    }
}

impl fmt::Debug for WatchBackfill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchBackfill")
            .field("trigger", &self.backfill.id)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

awaited!(WatchBackfill => TriggerState, WatchBackfill::run);
