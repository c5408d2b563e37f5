//! The beginning of a backfill.

use std::time::Duration;

use jiff::Timestamp;
use kestra_core::internal::instant;
use kestra_core::{Error, ErrorKind};
use kestra_models::{Backfill, CreateBackfillRequest, CreateBackfillRequestBackfill, Labels, TriggerState};
use serde_json::{Map, Value};

use super::TriggerBackfill;

/// A backfill that is to begin; see [`TriggerBackfill::start`].
#[must_use = "a backfill begins only when this is awaited"]
#[derive(Debug)]
pub struct StartBackfill {
    backfill: TriggerBackfill,
    from: Timestamp,
    end: Option<Timestamp>,
    inputs: Map<String, Value>,
    labels: Vec<(String, String)>,
}

impl StartBackfill {
    pub(super) fn new(backfill: TriggerBackfill, from: Timestamp) -> Self {
        Self { backfill, from, end: None, inputs: Map::new(), labels: Vec::new() }
    }

    /// The last time that it may start an execution for; now if none is set.
    pub fn end(mut self, end: Timestamp) -> Self {
        self.end = Some(end);
        self
    }

    /// Sets an input of its executions.
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.inputs.insert(name.into(), value.into());
        self
    }

    /// Adds a label to its executions.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    async fn run(self) -> Result<TriggerState, Error> {
        if self.end.is_some_and(|end| end < self.from) {
            return Err(Error::invalid("end", "it is before the start"));
        }
        let created = self.backfill.client.triggers().create_backfill(self.request()).await;
        match created {
            // Decided before anything is sent: the server is older than 2.0.
            Err(error) if error.kind() == ErrorKind::Unsupported => self.write_back().await,
            created => created,
        }
    }

    fn request(&self) -> CreateBackfillRequest {
        let mut asked = CreateBackfillRequestBackfill::new().start(self.from);
        if let Some(end) = self.end {
            asked = asked.end(end);
        }
        if !self.inputs.is_empty() {
            asked = asked.inputs(self.inputs.clone());
        }
        if !self.labels.is_empty() {
            asked.labels = Some(self.labels());
        }
        let id = &self.backfill.id;
        CreateBackfillRequest::new(id.namespace(), id.flow_id(), id.trigger_id(), asked)
    }

    fn labels(&self) -> Labels {
        self.labels.iter().cloned().collect()
    }

    /// Before 2.0 a backfill is written into the trigger, over one that is going on without a word.
    async fn write_back(self) -> Result<TriggerState, Error> {
        let mut trigger = self.backfill.state().await?.ok_or_else(|| self.backfill.missing())?;
        if trigger.backfill.as_ref().is_some_and(is_going_on) {
            let message = "a backfill of the trigger is going on, which this would replace: cancel it first";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        let mut backfill = Backfill::new();
        // These servers leave out a time of the schedule that is the start itself.
        backfill.start = Some(instant::earlier(self.from, Duration::from_millis(1)));
        backfill.end = self.end;
        backfill.inputs = self.inputs.clone();
        backfill.labels = self.labels();
        trigger.backfill = Some(backfill);
        self.backfill.client.triggers().update_trigger(trigger).await
    }
}

/// One that ended before its first time may stay to be seen.
pub(super) fn is_going_on(backfill: &Backfill) -> bool {
    match (backfill.current_date, backfill.end) {
        (Some(current), Some(end)) => current <= end,
        _ => true,
    }
}

awaited!(StartBackfill => TriggerState, StartBackfill::run);
