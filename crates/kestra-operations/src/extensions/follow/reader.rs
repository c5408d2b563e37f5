//! Reads an execution beside its stream.

use std::time::Duration;

use kestra_core::internal::decode;
use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::{Call, Error, Executor, OutputFuture, ResponseFuture};
use kestra_models::{Execution, StateType};
use tokio::time::Instant;

use super::execution::FollowSettings;
use crate::GetExecution;

/// How long an execution that was seen before may be missing on a server that responds.
const GONE_AFTER: Duration = Duration::from_secs(30);

/// Reads one execution, with the options of the call that follows it.
pub(super) struct Reader<E> {
    executor: E,
    call: Call,
    id: String,
    settings: FollowSettings,
    missing_since: Option<Instant>,
}

impl<E: Executor> Reader<E> {
    pub(super) fn new(executor: E, follow: &Call, settings: FollowSettings) -> Self {
        let id = follow.path_value(0).unwrap_or_default();
        let options = follow.options().clone().single_attempt();
        let call = GetExecution::new(&id).options(options).into_call();
        Self { executor, call, id, settings, missing_since: None }
    }

    /// Waits until the execution is visible, at most this long on a server that responds.
    pub(super) async fn appear(&mut self, visible_within: Duration) -> Result<(), Error> {
        self.settings.visible_within = Some(visible_within);
        let mut retry = self.retry();
        let mut pace = Backoff::default().waits(Duration::from_millis(100), Duration::from_millis(500));
        loop {
            match self.look().await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => pace.wait().await,
                Err(failure) => retry.pause(failure).await?,
            }
        }
    }

    fn retry(&self) -> TransientRetry {
        TransientRetry::new(&self.executor, self.call.options()).limit(self.settings.outage)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Returns whether the execution was seen, or is otherwise known to exist.
    pub(super) fn is_known(&self) -> bool {
        self.settings.is_known
    }

    /// Records that the execution was seen.
    pub(super) fn seen(&mut self) {
        self.settings.is_known = true;
        self.missing_since = None;
    }

    /// Returns whether a response is about this execution; `true` if it has no id.
    pub(super) fn is_about(&self, id: &str) -> bool {
        id.is_empty() || id == self.id
    }

    fn read(&self, call: &Call) -> OutputFuture<Execution> {
        ResponseFuture::new(&self.executor, call.copy(), decode::json).into()
    }

    /// Returns the execution as it is now, or `None` if it is missing but may still appear.
    pub(super) async fn look(&mut self) -> Result<Option<Execution>, Error> {
        match self.read(&self.call).await {
            Ok(execution) => {
                self.seen();
                Ok(Some(execution))
            }
            Err(error) if error.is_missing() => {
                let since = *self.missing_since.get_or_insert_with(Instant::now);
                let settings = &self.settings;
                let limit =
                    if settings.is_known { GONE_AFTER } else { settings.visible_within.unwrap_or_default() };
                if since.elapsed() < limit { Ok(None) } else { Err(self.gone(error)) }
            }
            Err(error) => {
                // Only a response can show that the execution is missing.
                self.missing_since = None;
                Err(error)
            }
        }
    }

    fn gone(&self, error: Error) -> Error {
        if !self.settings.is_known {
            return error;
        }
        let message = format!("execution {} was deleted, or the server that accepted it lost it", self.id);
        error.with_message(message).with_execution_id(&self.id)
    }

    /// Returns the execution, retrying transient errors.
    pub(super) async fn insist(&self) -> Result<Execution, Error> {
        self.insist_on(&self.id).await
    }

    /// Returns another execution, retrying transient errors.
    pub(super) async fn insist_on(&self, id: &str) -> Result<Execution, Error> {
        let call = GetExecution::new(id).options(self.call.options().clone()).into_call();
        self.retry().known().run(|| self.read(&call)).await
    }

    /// Returns the execution after its stream has ended, with the last event if there was one, or `None` if the execution is
    /// still running.
    ///
    /// A read may lag behind the stream for a moment. If the execution was deleted since, the event is returned.
    pub(super) async fn end(&mut self, event: Option<Execution>) -> Result<Option<Execution>, Error> {
        const READS: u32 = 8;
        let event = event.filter(|event| event.state_type().is_some());
        let mut pace = Backoff::default().waits(Duration::from_millis(50), Duration::from_secs(1));
        // A task run may stay in a running state forever although its execution has ended.
        let is_whole = event.as_ref().is_some_and(Execution::is_over);
        for _ in 0..READS {
            match self.insist().await {
                Ok(execution) if execution.is_over() => return Ok(Some(execution)),
                Ok(execution) if may_have_ended(&execution) && !is_whole => return Ok(Some(execution)),
                Ok(_) => {}
                Err(error) if error.is_missing() => break,
                Err(error) => return Err(error),
            }
            pace.wait().await;
        }
        Ok(event)
    }
}

/// Returns whether an execution may have ended: an unknown state may be final.
pub(super) fn may_have_ended(execution: &Execution) -> bool {
    match execution.state_type() {
        None | Some(StateType::Unknown(_)) => true,
        Some(state) => state.is_terminal(),
    }
}
