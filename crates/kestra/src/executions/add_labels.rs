//! Adds labels to those of an execution.

use std::time::Duration;

use http::StatusCode;
use kestra_core::internal::transient::Backoff;
use kestra_core::{CallOptions, Error, ErrorKind, RequestSent};
use kestra_models::{Execution, Label, SetLabelsByIdsRequest, State};
use tokio::time::Instant;

use crate::client::Deadline;
use crate::several_calls::record_execution;
use crate::{Client, Executions};

/// How long labels are read back and added again by default.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How often the labels are added at most.
const ROUNDS: u32 = 10;

/// How long the labels have to stay: a concurrent addition writes back all labels as it read them before.
const SETTLING: Duration = Duration::from_millis(500);

/// How long a server may take until the labels are visible; it grows with each addition.
const LAG: Duration = Duration::from_secs(1);

/// The first and the longest pause between two reads.
const PACE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

impl Executions {
    /// Adds labels to an execution that has ended, in place of those with the same keys. Returns the execution with its
    /// labels. All versions.
    ///
    /// `set_execution_labels` replaces all labels instead. Labels can't be removed this way.
    ///
    /// Servers write back all labels of the execution, so concurrent additions may overwrite each other; from 2.0 on servers
    /// also queue them. So the execution is read until the labels have stayed for half a second, and missing labels are
    /// added again, at most 10 times within 30 s.
    ///
    /// # Errors
    ///
    /// Returns a 404 if there is no such execution, and a 409 if it hasn't ended, both with nothing sent. Returns an error
    /// of kind `Build` if a key or a value is empty, which servers store or drop, or if a key comes twice. Returns an error
    /// of kind `Incomplete` if labels are still missing in the end; [`failures`](Error::failures) has their keys.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client, id: String) -> Result<(), kestra::Error> {
    /// let execution = client.executions().add_labels(id, [("reviewed", "yes")]).await?;
    /// assert_eq!(execution.labels.get("reviewed"), Some("yes"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_labels(
        &self,
        execution_id: impl Into<String>,
        labels: impl IntoIterator<Item = impl Into<Label>>,
    ) -> AddLabels {
        AddLabels {
            client: self.client().clone(),
            id: execution_id.into(),
            labels: labels.into_iter().map(Into::into).collect(),
            limit: TIMEOUT,
        }
    }
}

/// An addition of labels; see [`Executions::add_labels`].
#[must_use = "labels are added only when this is awaited"]
#[derive(Clone, Debug)]
pub struct AddLabels {
    client: Client,
    id: String,
    labels: Vec<Label>,
    limit: Duration,
}

impl AddLabels {
    /// Sets how long the labels are read back and added again. Defaults to 30 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sends the labels without checks, even if a key is empty or the execution hasn't ended, which servers refuse.
    pub fn unchecked(mut self) -> Self {
        self.client = self.client.with_options(CallOptions::new().unchecked());
        self
    }

    async fn run(self) -> Result<Execution, Error> {
        record_execution(&self.client, &self.id);
        self.add().await.map_err(|error| error.with_execution_id(&self.id))
    }

    async fn add(&self) -> Result<Execution, Error> {
        let executions = self.client.executions();
        let is_checked = !self.client.options().is_unchecked();
        if is_checked {
            check(&self.labels)?;
        }
        let deadline = Deadline::within(Some(self.limit));
        let mut execution = executions.get_execution(&self.id).await?;
        if is_checked && !execution.state.as_ref().is_some_and(State::is_terminal) {
            return Err(Error::foreseen(
                StatusCode::CONFLICT,
                "servers add labels only to an execution that has ended: wait until it has ended",
            ));
        }
        let mut missing = missing(&self.labels, &execution);
        for round in 1..=ROUNDS {
            if missing.is_empty() {
                return Ok(execution);
            }
            if deadline.is_over() {
                break;
            }
            let request = SetLabelsByIdsRequest::new(missing.clone(), [&self.id]);
            executions.set_execution_labels_by_ids(request).await?;
            execution = self.read_back(LAG * round, deadline).await?;
            missing = self.lost(&execution);
        }
        if missing.is_empty() { Ok(execution) } else { Err(incomplete(&missing)) }
    }

    /// Reads the execution until the labels have stayed for some time, or time is over.
    async fn read_back(&self, lag: Duration, deadline: Deadline) -> Result<Execution, Error> {
        let mut pace = Backoff::default().waits(PACE.0, PACE.1);
        let sent = Instant::now();
        let mut seen: Option<Instant> = None;
        loop {
            pace.wait().await;
            let execution = self.client.executions().get_execution(&self.id).await?;
            let is_complete = self.lost(&execution).is_empty();
            let is_settled = match seen {
                Some(_) if !is_complete => true,
                Some(since) => since.elapsed() >= SETTLING,
                None => !is_complete && sent.elapsed() >= lag,
            };
            if is_settled || deadline.is_over() {
                return Ok(execution);
            }
            if is_complete && seen.is_none() {
                seen = Some(Instant::now());
            }
        }
    }

    /// Returns the labels that are lost; most versions drop an empty value on purpose.
    fn lost(&self, execution: &Execution) -> Vec<Label> {
        let mut missing = missing(&self.labels, execution);
        missing.retain(|label| !label.value.is_empty());
        missing
    }
}

/// Returns the labels that an execution lacks.
fn missing(labels: &[Label], execution: &Execution) -> Vec<Label> {
    let is_missing = |label: &&Label| execution.labels.get(&label.key) != Some(&label.value);
    labels.iter().filter(is_missing).cloned().collect()
}

fn check(labels: &[Label]) -> Result<(), Error> {
    for (index, Label { key, value, .. }) in labels.iter().enumerate() {
        let problem = match (key.as_str(), value.as_str()) {
            ("", _) => "a key is empty: give each label one".to_owned(),
            (key, "") => {
                format!("the value of `{key}` is empty, which servers store or drop: leave the label out")
            }
            (key, _) if labels[..index].iter().any(|earlier| earlier.key == key) => {
                format!("the key `{key}` comes twice: give it one value")
            }
            _ => continue,
        };
        return Err(Error::invalid("labels", problem));
    }
    Ok(())
}

fn incomplete(missing: &[Label]) -> Error {
    let keys: Vec<String> = missing.iter().map(|label| label.key.clone()).collect();
    let message = format!(
        "the execution lacks {} of the labels that were added, as labels were added concurrently: add them again",
        keys.len()
    );
    Error::new(ErrorKind::Incomplete, message).with_failures(keys).with_request_sent(RequestSent::Yes)
}

several_calls!(AddLabels: client, "add_labels" => Execution, AddLabels::run);
