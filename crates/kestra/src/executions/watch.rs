//! Watching an execution to its end, whatever happens on the way.

use std::time::Duration;

use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::internal::{CORRELATION_LABEL, instant};
use kestra_core::{Error, ErrorKind, RequestSent, TimeoutPhase};
use kestra_models::{Execution, ExecutionKind, StateType};
use kestra_operations::{FollowSettings, search_relatives};
use tokio::time::Instant;

use super::Finished;
use crate::Client;
use crate::client::Deadline;
use crate::several_calls::{Callback, record_execution, record_flow};

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(3600);

/// The settings of a wait.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) timeout: Option<Duration>,
    pub(super) kill_on_timeout: bool,
    pub(super) stop_on_pause: bool,
    pub(super) any_end_state: bool,
    /// How long an execution that was never seen may be missing.
    pub(super) visible_within: Duration,
    /// The number of states that the execution had been in when the state given to `after` was read.
    pub(super) after: Option<usize>,
    /// The state that ends the wait, if it isn't the end of the execution.
    pub(super) until: Option<StateType>,
    /// The key that the execution was started with.
    pub(super) key: Option<String>,
    pub(super) poll: Duration,
    pub(super) outage: Duration,
    pub(super) on_progress: Callback<Execution>,
    pub(super) on_pause: Callback<Execution>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: None,
            kill_on_timeout: false,
            stop_on_pause: false,
            any_end_state: false,
            visible_within: Duration::from_secs(2),
            after: None,
            until: None,
            key: None,
            poll: Duration::from_secs(2),
            outage: Duration::from_mins(10),
            on_progress: Callback::default(),
            on_pause: Callback::default(),
        }
    }
}

impl Settings {
    /// Returns a copy, or `None` if a callback is set.
    pub(super) fn try_clone(&self) -> Option<Self> {
        let (on_progress, on_pause) = (self.on_progress.try_clone()?, self.on_pause.try_clone()?);
        let (until, key) = (self.until.clone(), self.key.clone());
        Some(Self { on_progress, on_pause, until, key, ..*self })
    }
}

/// Adds the setters of a wait to a builder, which has them in this field.
macro_rules! waiting {
    ($([$($generic:tt)*])? $name:ident $(<$argument:ident>)?: $($settings:ident).+) => {
        impl $(<$($generic)*>)? $name $(<$argument>)? {
            /// Sets the timeout of the wait. No limit by default.
            ///
            /// The execution continues after the timeout, unless [`kill_on_timeout`](Self::kill_on_timeout) is set; the
            /// error has its id.
            pub fn timeout(mut self, limit: ::std::time::Duration) -> Self {
                self.$($settings).+.timeout = Some(limit);
                self
            }

            /// Sets whether the execution is killed, with its subflows, when the timeout is reached.
            pub fn kill_on_timeout(mut self, kill: bool) -> Self {
                self.$($settings).+.kill_on_timeout = kill;
                self
            }

            /// Sets whether a pause or a breakpoint ends the wait. The result is then the paused execution.
            pub fn stop_on_pause(mut self, stop: bool) -> Self {
                self.$($settings).+.stop_on_pause = stop;
                self
            }

            /// Waits for this state of the execution, not for its end: returns the execution as soon as it is in the state, or has
            /// been. It may have left the state by then, and even have ended; [`state`](crate::Finished::state) has the state in
            /// which it was read.
            ///
            /// Returns an error of kind [`ExecutionFailed`](crate::ErrorKind::ExecutionFailed) if the execution ends without
            /// having been in the state, or the execution if [`any_end_state`](Self::any_end_state) is set.
            ///
            /// ```no_run
            /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
            /// use kestra::models::StateType;
            ///
            /// let started = client.executions().start("company.team", "hello").await?;
            /// let running = started.wait().until(StateType::Running).await?;
            /// # let _ = running;
            /// # Ok(())
            /// # }
            /// ```
            pub fn until(mut self, state: impl Into<::kestra_models::StateType>) -> Self {
                self.$($settings).+.until = Some(state.into());
                self
            }

            /// Returns the execution whatever its end state. By default FAILED, KILLED and CANCELLED are errors.
            pub fn any_end_state(mut self) -> Self {
                self.$($settings).+.any_end_state = true;
                self
            }

            /// Calls `observer` with the execution whenever its state or that of one of its task runs changes.
            pub fn on_progress(
                mut self,
                observer: impl FnMut(&::kestra_models::Execution) + Send + 'static,
            ) -> Self {
                self.$($settings).+.on_progress = $crate::several_calls::Callback::new(observer);
                self
            }

            /// Calls `observer` with the execution at every pause and breakpoint, once for each.
            pub fn on_pause(
                mut self,
                observer: impl FnMut(&::kestra_models::Execution) + Send + 'static,
            ) -> Self {
                self.$($settings).+.on_pause = $crate::several_calls::Callback::new(observer);
                self
            }

            /// Sets how long the stream of events may be silent before the execution is read beside it, in case something
            /// in between keeps events back. Defaults to 2 s; doubles with each reading, up to 30 s.
            pub fn poll_interval(mut self, interval: ::std::time::Duration) -> Self {
                self.$($settings).+.poll = interval;
                self
            }

            /// Sets how long the server may be unreachable, once it was reached, before the wait ends with an error.
            /// Defaults to 10 minutes.
            pub fn outage_limit(mut self, limit: ::std::time::Duration) -> Self {
                self.$($settings).+.outage = limit;
                self
            }
        }
    };
}

pub(super) use waiting;

/// Waits until an execution has ended; the limit counts from `begun`. A known execution was in a response of the server.
pub(super) async fn to_the_end(
    client: Client,
    id: String,
    known: Option<Box<Execution>>,
    begun: Instant,
    settings: Settings,
) -> Result<Finished, Error> {
    record_execution(&client, &id);
    if let Some(StateType::Unknown(text)) = &settings.until
        && (text.is_empty() || text.bytes().any(|byte| !byte.is_ascii_uppercase() && byte != b'_'))
    {
        let problem = format!("`{text}` is no state: states are in capitals, such as `RUNNING`");
        return Err(Error::invalid("until", problem).with_execution_id(id));
    }
    let limit = settings.timeout;
    let deadline = Deadline::within(limit.map(|limit| limit.saturating_sub(begun.elapsed())));
    let is_known = known.is_some();
    let mut watch = Watch { client, id, is_known, last: known.map(|known| *known), settings };
    let result = match deadline.run(Box::pin(watch.run())).await {
        Some(result) => result,
        None => Err(watch.time_is_over(limit.unwrap_or_default()).await),
    };
    let error = match result {
        Ok(mut finished) => {
            finished.key = watch.settings.key;
            return Ok(finished);
        }
        Err(error) => error,
    };
    let error = match watch.settings.key {
        Some(key) => error.with_idempotency_key(key),
        None => error,
    };
    Err(match error.execution_id() {
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
            record_flow(&self.client, &execution.namespace, Some(&execution.flow_id));
            let is_reached = self.has_reached(&execution);
            if execution.state_type() == Some(&StateType::Retried) && !is_reached {
                let next = successor(&self.client, &execution, self.settings.outage).await?;
                (self.id, self.is_known) = (next, true);
                (self.settings.after, self.last) = (None, None);
                continue;
            }
            let finished = Finished::read(&self.client, execution, self.settings.outage).await?;
            if is_reached || self.settings.any_end_state || !finished.execution.is_terminal() {
                return Ok(finished);
            }
            return match &self.settings.until {
                _ if finished.is_failed() => Err(finished.into_error(&self.client).await),
                Some(state) => Err(finished.into_missed(state)),
                None => Ok(finished),
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
        while let Some(state) = states.next().await {
            let execution = state?;
            let is_last = self.tell(&execution, &mut seen);
            self.last = Some(execution);
            if is_last {
                break;
            }
        }
        self.last.take().ok_or_else(|| Error::new(ErrorKind::Transport, "the stream ended without a state"))
    }

    /// Calls the callbacks for new states, and returns whether the wait ends.
    fn tell(&mut self, execution: &Execution, seen: &mut Seen) -> bool {
        let progress = execution.progress();
        if seen.progress.is_some_and(|seen| progress <= seen) {
            return false;
        }
        seen.progress = Some(progress);
        self.settings.on_progress.call(execution);
        if self.has_reached(execution) {
            return true;
        }
        // A task run may change within a pause; only a new state of the execution starts another pause.
        if !execution.is_paused() || seen.paused_at == Some(progress.0) {
            return false;
        }
        seen.paused_at = Some(progress.0);
        self.settings.on_pause.call(execution);
        self.settings.stop_on_pause
    }

    /// Returns whether the execution is or has been in the state that is waited for.
    fn has_reached(&self, execution: &Execution) -> bool {
        let Some(wanted) = &self.settings.until else { return false };
        let histories = execution.state.iter().flat_map(|state| &state.histories);
        histories.skip(self.settings.after.unwrap_or(0)).any(|history| history.state.as_ref() == Some(wanted))
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
        let missed = match &self.settings.until {
            Some(wanted) => format!("not been in {}", wanted.as_str()),
            None => "not ended".to_owned(),
        };
        let message = format!("execution {id} has {missed} within {limit:?}{state}; {fate}");
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

/// Returns the id of the execution that continues an execution that ended as RETRIED.
///
/// No response of the server has this id, and the server creates the execution only after the interval of the retry, so
/// this function polls a search.
async fn successor(client: &Client, retried: &Execution, outage: Duration) -> Result<String, Error> {
    let mut pace = Backoff::default().waits(Duration::from_millis(500), Duration::from_secs(10));
    let client = &client.for_loop();
    let mut retry = TransientRetry::new(client, client.options()).limit(outage).known();
    loop {
        if let Some(id) = retry.run(|| find_successor(client, retried)).await? {
            return Ok(id);
        }
        pace.wait().await;
    }
}

async fn find_successor(client: &Client, retried: &Execution) -> Result<Option<String>, Error> {
    let start = retried.state.as_ref().and_then(|state| state.start_date);
    let search = search_relatives(
        retried.labels.get(CORRELATION_LABEL),
        retried.kind.as_ref().map(ExecutionKind::as_str),
        start.map(|start| instant::earlier(start, SKEW)),
        Some((retried.namespace.as_str(), retried.flow_id.as_str())),
    );
    let mut rows = search.on(client.clone()).sort(["state.startDate:asc"]).items();
    while let Some(row) = rows.next().await {
        let row = row?;
        // A replay has the same parent, labels and number of its attempt, so nothing but the order tells them apart.
        if row.parent_id.as_ref() == Some(&retried.id) {
            return Ok(Some(row.id));
        }
    }
    Ok(None)
}
