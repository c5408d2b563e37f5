//! Watching an execution to its end, whatever happens on the way.

use std::time::Duration;

use kestra_core::{Error, ErrorKind, RequestSent, TimeoutPhase};
use kestra_models::{Execution, StateType};
use kestra_operations::FollowSettings;
use tokio::time::Instant;

use super::settings::Settings;
use super::{Finished, failure, successor};
use crate::Client;

/// Waits until an execution has ended; the limit counts from `begun`. A known execution was in a response of the server.
pub(super) async fn to_the_end(
    client: Client,
    id: String,
    known: Option<Box<Execution>>,
    begun: Instant,
    mut settings: Settings,
) -> Result<Finished, Error> {
    // The limit is one of the whole, not of each call.
    let client = client.with_options(std::mem::take(&mut settings.options));
    let limit = settings.timeout;
    let is_known = known.is_some();
    let mut watch = Watch { client, id, is_known, last: known.map(|known| *known), settings };
    let result = match limit {
        Some(limit) => match tokio::time::timeout(limit.saturating_sub(begun.elapsed()), watch.run()).await {
            Ok(result) => result,
            Err(_) => Err(watch.time_is_over(limit).await),
        },
        None => watch.run().await,
    };
    result.map_err(|error| match error.execution_id() {
        Some(_) => error,
        None => error.with_execution_id(watch.id),
    })
}

/// An execution that is watched.
struct Watch {
    client: Client,
    /// The one that is watched now: after a retry the next one.
    id: String,
    is_known: bool,
    /// The execution as it was last read.
    last: Option<Execution>,
    settings: Settings,
}

impl Watch {
    async fn run(&mut self) -> Result<Finished, Error> {
        loop {
            let execution = self.end().await?;
            if execution.state_type() == Some(&StateType::Retried) {
                let next = successor::of(&self.client, &execution, self.settings.outage).await?;
                (self.id, self.is_known) = (next, true);
                (self.settings.after, self.last) = (None, None);
                continue;
            }
            let finished = Finished::read(&self.client, execution, self.settings.outage).await?;
            return if finished.is_failed() && !self.settings.any_end_state {
                Err(failure::of(&self.client, finished).await)
            } else {
                Ok(finished)
            };
        }
    }

    /// The execution at its end, or at a pause that ends the wait.
    async fn end(&mut self) -> Result<Execution, Error> {
        let mut states =
            self.client.for_loop().executions().follow_execution(&self.id).stream_with(FollowSettings {
                // The state that is waited for was seen among the old states.
                is_known: self.is_known || self.settings.after.is_some(),
                visible_within: Some(self.settings.visible_within),
                outage: self.settings.outage,
                poll: self.settings.poll,
                after: self.settings.after,
            });
        let mut seen = Seen::default();
        let mut last = None;
        while let Some(state) = states.next().await {
            let execution = state?;
            let is_last = self.tell(&execution, &mut seen);
            self.last = Some(execution);
            if is_last {
                last = self.last.take();
                break;
            }
        }
        let last = last.or_else(|| self.last.take());
        last.ok_or_else(|| Error::new(ErrorKind::Transport, "the stream ended without a state"))
    }

    /// Calls the callbacks for new states, and returns whether the wait ends.
    fn tell(&mut self, execution: &Execution, seen: &mut Seen) -> bool {
        let progress = execution.progress();
        if seen.progress.is_some_and(|seen| progress <= seen) {
            return false;
        }
        seen.progress = Some(progress);
        if let Some(observer) = &mut self.settings.on_progress {
            observer.get_mut()(execution);
        }
        // A task run may change within a pause; only a new state of the execution starts another pause.
        if !execution.is_paused() || seen.paused_at == Some(progress.0) {
            return false;
        }
        seen.paused_at = Some(progress.0);
        if let Some(observer) = &mut self.settings.on_pause {
            observer.get_mut()(execution);
        }
        self.settings.stop_on_pause
    }

    /// Kills the execution if that is set, and returns the error, which has the execution as it was last read.
    async fn time_is_over(&mut self, limit: Duration) -> Error {
        let id = &self.id;
        let fate = if self.settings.kill_on_timeout {
            match self.client.executions().kill_execution(id).await {
                Ok(_) => "it is being killed".to_owned(),
                Err(error) => format!("it could not be killed ({}) and is still running", error.summary()),
            }
        } else {
            "it is still running: wait for its id again".to_owned()
        };
        let state = match self.last.as_ref().and_then(Execution::state_type) {
            Some(state) => format!(" and was last seen in {}", state.as_str()),
            None => String::new(),
        };
        let message = format!("execution {id} has not ended within {limit:?}{state}; {fate}");
        let error = Error::new(ErrorKind::Timeout(TimeoutPhase::Total), message)
            .with_request_sent(RequestSent::Yes)
            .with_execution_id(id);
        match self.last.take() {
            Some(last) => error.with_payload(Finished::unfinished(last)),
            None => error,
        }
    }
}

/// What was reported of one execution.
#[derive(Default)]
struct Seen {
    progress: Option<(usize, usize)>,
    paused_at: Option<usize>,
}
