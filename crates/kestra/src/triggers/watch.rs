//! Waiting for the end of a backfill.

use std::fmt;
use std::time::Duration;

use kestra_core::internal::transient::TransientRetry;
use kestra_core::{Error, ErrorKind, TimeoutPhase};
use kestra_models::{Backfill, TriggerState};
use sync_wrapper::SyncWrapper;

use super::TriggerBackfill;
use super::start::is_going_on;
use crate::client::Deadline;

/// How often the trigger is read.
const INTERVAL: Duration = Duration::from_secs(2);

type OnProgress = SyncWrapper<Box<dyn FnMut(&Backfill) + Send>>;

/// A wait for the end of a backfill; see [`TriggerBackfill::watch`].
///
/// The server tells nothing by itself, so the trigger is read again and again. A backfill that is paused is waited for; that
/// it is paused can be seen in what `on_progress` is given. Once the trigger was read, a server may be out of reach for up to 10
/// minutes.
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

    /// How long to wait in all; without end unless said otherwise. It is read once more at the end. The backfill goes on.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Has `report` called whenever the backfill has changed.
    pub fn on_progress(mut self, report: impl FnMut(&Backfill) + Send + 'static) -> Self {
        self.on_progress = Some(SyncWrapper::new(Box::new(report)));
        self
    }

    async fn run(mut self) -> Result<TriggerState, Error> {
        let deadline = Deadline::within(self.timeout);
        let mut seen: Option<Backfill> = None;
        let client = &self.backfill.client;
        let mut retry = TransientRetry::new(client, client.options()).known();
        let mut was_read = false;
        loop {
            let (pause, problem, is_away) = match self.backfill.state().await {
                Ok(trigger) => {
                    let trigger = trigger.ok_or_else(|| self.backfill.missing())?;
                    let Some(backfill) = trigger.backfill.as_ref().filter(|backfill| is_going_on(backfill))
                    else {
                        return Ok(trigger);
                    };
                    if seen.as_ref() != Some(backfill) {
                        if let Some(report) = &mut self.on_progress {
                            report.get_mut()(backfill);
                        }
                        seen = Some(backfill.clone());
                    }
                    retry.succeeded();
                    was_read = true;
                    (self.interval, still_going_on(), false)
                }
                Err(error) if !was_read => return Err(error),
                Err(error) => match retry.wait_after(&error).await {
                    Some(wait) => (wait, error, true),
                    None => return Err(error),
                },
            };
            if deadline.is_over() {
                return Err(problem);
            }
            let pausing = async {
                if is_away {
                    return retry.wait_for_server(pause).await;
                }
                tokio::time::sleep(pause).await;
                true
            };
            let is_back = match deadline.left() {
                Some(left) => tokio::time::timeout(left, pausing).await.unwrap_or(true),
                None => pausing.await,
            };
            if !is_back {
                return Err(problem);
            }
        }
    }
}

fn still_going_on() -> Error {
    Error::new(ErrorKind::Timeout(TimeoutPhase::Total), "the backfill is still going on")
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
