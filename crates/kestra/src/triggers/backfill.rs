//! The backfill of a trigger, the same on all versions.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use kestra_core::internal::instant;
use kestra_core::internal::transient::TransientRetry;
use kestra_core::{Error, ErrorKind, TimeoutPhase};
use kestra_models::{
    Backfill, CreateBackfillRequest, CreateBackfillRequestBackfill, Labels, TriggerId, TriggerState,
};
use serde_json::{Map, Value};

use crate::client::Deadline;
use crate::several_calls::{Callback, record_flow};
use crate::{Client, Triggers};

impl Triggers {
    /// Returns the backfill of a schedule, to start, pause, resume or cancel it, or to wait for its end. All versions.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let backfill = client.triggers().backfill("company.team", "report", "daily");
    /// let january = ("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z");
    /// # let (from, to): (kestra::jiff::Timestamp, _) = (january.0.parse().unwrap(), january.1.parse().unwrap());
    /// backfill.start(from).end(to).input("region", "emea").label("reason", "repair").await?;
    /// let finished = backfill.watch().on_progress(|backfill| println!("{:?}", backfill.current_date)).await?;
    /// # let _ = finished;
    /// # Ok(())
    /// # }
    /// ```
    pub fn backfill(
        &self,
        namespace: impl Into<String>,
        flow_id: impl Into<String>,
        trigger_id: impl Into<String>,
    ) -> TriggerBackfill {
        let id = TriggerId::new(namespace, flow_id, trigger_id);
        TriggerBackfill { client: self.client().clone(), id }
    }
}

/// The backfill of one trigger; see [`Triggers::backfill`].
#[must_use = "nothing is sent until one of its methods is awaited"]
#[derive(Clone, Debug)]
pub struct TriggerBackfill {
    pub(super) client: Client,
    pub(super) id: TriggerId,
}

impl TriggerBackfill {
    /// Records the flow in the span of the method.
    pub(super) fn record(&self) {
        record_flow(&self.client, self.id.namespace(), Some(self.id.flow_id()));
    }

    /// Starts executions for the times of the schedule from `from` on, itself included, until now unless an end is set.
    ///
    /// From 2.0 on this is `PUT /triggers/backfill/create`; before, a backfill is a part of the trigger, which is read and
    /// written back with it.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Refused`](kestra_core::ErrorKind::Refused), or a 409 from 2.0 on, if a backfill is running;
    /// a 404 if there is no such trigger.
    pub fn start(&self, from: Timestamp) -> StartBackfill {
        StartBackfill { backfill: self.clone(), from, end: None, inputs: Map::new(), labels: Vec::new() }
    }

    /// Waits for the end of the backfill: until all its executions have been started.
    pub fn watch(&self) -> WatchBackfill {
        WatchBackfill {
            backfill: self.clone(),
            interval: INTERVAL,
            timeout: None,
            on_progress: Callback::default(),
        }
    }

    /// Pauses the backfill. It starts no executions until it is resumed.
    ///
    /// # Errors
    ///
    /// Returns a 404 if the server doesn't know the trigger, and before 2.0 a 409 if the trigger has no backfill. The change
    /// itself isn't sent then.
    pub async fn pause(&self) -> Result<TriggerState, Error> {
        self.client.triggers().pause_backfill(self.id.clone()).await
    }

    /// Resumes the backfill after a pause.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`pause`](Self::pause).
    pub async fn resume(&self) -> Result<TriggerState, Error> {
        self.client.triggers().unpause_backfill(self.id.clone()).await
    }

    /// Cancels the backfill. The executions that it started continue.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`pause`](Self::pause).
    pub async fn cancel(&self) -> Result<TriggerState, Error> {
        self.client.triggers().delete_backfill(self.id.clone()).await
    }

    /// Returns the state of the trigger, with its backfill if one is running, or `None` if the server knows no such trigger.
    ///
    /// # Errors
    ///
    /// Returns the errors of `search_triggers_for_flow`.
    pub async fn state(&self) -> Result<Option<TriggerState>, Error> {
        let search = self.client.triggers().search_triggers_for_flow(self.id.namespace(), self.id.flow_id());
        let mut triggers = search.items();
        while let Some(trigger) = triggers.next().await {
            let trigger = trigger?;
            if trigger.trigger_id == self.id.trigger_id() {
                return Ok(Some(trigger));
            }
        }
        Ok(None)
    }

    /// Returns the state of the trigger, or an error if the server knows no such trigger.
    pub(super) async fn known(&self) -> Result<TriggerState, Error> {
        self.state().await?.ok_or_else(|| self.missing())
    }

    pub(super) fn missing(&self) -> Error {
        let (namespace, flow_id, trigger_id) = (self.id.namespace(), self.id.flow_id(), self.id.trigger_id());
        let message = format!(
            "the server has no trigger `{trigger_id}` of {namespace}.{flow_id} yet: check the ids, or wait until it is evaluated"
        );
        Error::foreseen(StatusCode::NOT_FOUND, message)
    }
}

several_calls!(@options TriggerBackfill: client);

/// A backfill that is to be started; see [`TriggerBackfill::start`].
#[must_use = "a backfill begins only when this is awaited"]
#[derive(Clone, Debug)]
pub struct StartBackfill {
    backfill: TriggerBackfill,
    from: Timestamp,
    end: Option<Timestamp>,
    inputs: Map<String, Value>,
    labels: Vec<(String, String)>,
}

impl StartBackfill {
    /// Sets the last time of the schedule that an execution is started for. Defaults to now.
    pub fn end(mut self, end: Timestamp) -> Self {
        self.end = Some(end);
        self
    }

    /// Sets an input of the executions that the backfill starts.
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.inputs.insert(name.into(), value.into());
        self
    }

    /// Adds a label to the executions that the backfill starts.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    async fn run(self) -> Result<TriggerState, Error> {
        self.backfill.record();
        if self.end.is_some_and(|end| end < self.from) {
            return Err(Error::invalid("end", "it is before the start"));
        }
        match self.backfill.client.triggers().create_backfill(self.request()).await {
            // Decided before anything is sent: the server is older than 2.0.
            Err(error) if error.kind() == ErrorKind::Unsupported => self.write_back().await,
            created => created,
        }
    }

    fn request(&self) -> CreateBackfillRequest {
        let mut backfill = CreateBackfillRequestBackfill::new().start(self.from);
        backfill.end = self.end;
        if !self.inputs.is_empty() {
            backfill = backfill.inputs(self.inputs.clone());
        }
        if !self.labels.is_empty() {
            backfill.labels = Some(self.labels());
        }
        let id = &self.backfill.id;
        CreateBackfillRequest::new(id.namespace(), id.flow_id(), id.trigger_id(), backfill)
    }

    fn labels(&self) -> Labels {
        self.labels.iter().cloned().collect()
    }

    /// Writes the backfill into the trigger, as servers before 2.0 have it, which silently replace one that is running.
    async fn write_back(self) -> Result<TriggerState, Error> {
        let mut trigger = self.backfill.known().await?;
        if trigger.backfill.as_ref().is_some_and(is_running) {
            let message = "a backfill of the trigger is running, which this would replace: cancel it first";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        let mut backfill = Backfill::new();
        // These servers leave out a time of the schedule that is the start itself.
        backfill.start = Some(instant::earlier(self.from, Duration::from_millis(1)));
        backfill.end = self.end;
        backfill.labels = self.labels();
        backfill.inputs = self.inputs;
        trigger.backfill = Some(backfill);
        self.backfill.client.triggers().update_trigger(trigger).await
    }
}

several_calls!(StartBackfill: backfill.client, "backfill.start" => TriggerState, StartBackfill::run);

/// Returns whether a backfill still starts executions. A trigger may keep one that has ended.
fn is_running(backfill: &Backfill) -> bool {
    match (backfill.current_date, backfill.end) {
        (Some(current), Some(end)) => current <= end,
        _ => true,
    }
}

/// How often the trigger is read by default.
const INTERVAL: Duration = Duration::from_secs(2);

/// A wait for the end of a backfill; see [`TriggerBackfill::watch`].
///
/// Polls the trigger, as servers send no events of it. Also waits for a backfill that is paused, which the callback of
/// `on_progress` can see. Once the trigger was read, the server may be unreachable for up to 10 minutes.
#[must_use = "nothing is waited for until this is awaited"]
#[derive(Debug)]
pub struct WatchBackfill {
    backfill: TriggerBackfill,
    interval: Duration,
    timeout: Option<Duration>,
    on_progress: Callback<Backfill>,
}

impl WatchBackfill {
    /// Sets the interval between two reads of the trigger. Defaults to 2 s.
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the timeout of the wait. No limit by default. The trigger is read once more at the end; the backfill continues.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Calls `report` with the backfill whenever it has changed.
    pub fn on_progress(mut self, report: impl FnMut(&Backfill) + Send + 'static) -> Self {
        self.on_progress = Callback::new(report);
        self
    }

    /// Returns a copy, or `None` if a callback is set.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self { backfill: self.backfill.clone(), on_progress: self.on_progress.try_clone()?, ..*self })
    }

    async fn run(mut self) -> Result<TriggerState, Error> {
        self.backfill.record();
        let deadline = Deadline::within(self.timeout);
        let client = &self.backfill.client;
        let mut retry = TransientRetry::new(client, client.options()).known();
        let mut seen: Option<Backfill> = None;
        loop {
            let failure = match self.backfill.known().await {
                Ok(trigger) => {
                    let Some(backfill) = trigger.backfill.as_ref().filter(|backfill| is_running(backfill))
                    else {
                        return Ok(trigger);
                    };
                    if seen.as_ref() != Some(backfill) {
                        self.on_progress.call(backfill);
                        seen = Some(backfill.clone());
                    }
                    retry.succeeded();
                    None
                }
                // The trigger was never read.
                Err(error) if seen.is_none() => return Err(error),
                Err(error) => Some(error),
            };
            if deadline.is_over() {
                return Err(failure.unwrap_or_else(still_running));
            }
            let pause = async {
                match failure {
                    Some(error) => retry.pause(error).await,
                    None => {
                        tokio::time::sleep(self.interval).await;
                        Ok(())
                    }
                }
            };
            deadline.run(pause).await.unwrap_or(Ok(()))?;
        }
    }
}

several_calls!(WatchBackfill: backfill.client, "backfill.watch" => TriggerState, WatchBackfill::run);

fn still_running() -> Error {
    Error::new(ErrorKind::Timeout(TimeoutPhase::Total), "the backfill is still running: watch it again")
}
