//! What came out of an execution.

use std::time::Duration;

use bytes::Bytes;
use kestra_core::internal::redact;
use kestra_core::{Error, ErrorKind, Filter, RequestSent};
use kestra_models::{Execution, LogEntry, State, StateType, TaskRun};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::exact::{self, Exact};
use crate::Client;
use crate::typed::{FlowOutputs, OutputError, OutputValues};

/// How many lines of the log an error has.
const LINES: usize = 20;

/// How much of a line the message shows, in characters.
const SHOWN: usize = 200;

/// An execution that has ended, with its outputs.
///
/// The error of an execution that failed carries one as well:
///
/// ```no_run
/// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
/// use kestra::Finished;
///
/// if let Err(error) = client.executions().run("company.team", "hello").await {
///     if let Some(failed) = Finished::of(&error) {
///         println!("{} ended in {:?}", failed.id(), failed.state());
///         for run in failed.failed_task_runs() {
///             println!("  task {}", run.task_id);
///         }
///         for line in failed.last_log_lines() {
///             println!("  {}", line.message);
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finished {
    /// The execution as it was read at its end.
    pub execution: Execution,
    nothing: Map<String, Value>,
    exact: Exact,
    pub(super) log_lines: Vec<LogEntry>,
    /// The key that the execution was started with.
    pub(super) key: Option<String>,
}

impl Finished {
    /// Reads the outputs of an execution, wherever this version keeps them.
    pub(super) async fn read(
        client: &Client,
        mut execution: Execution,
        outage: Duration,
    ) -> Result<Self, Error> {
        let exact = Exact::read(client, &mut execution, outage).await?;
        Ok(Self { execution, nothing: Map::new(), exact, log_lines: Vec::new(), key: None })
    }

    /// Returns the error of an execution that failed, with the last lines of the log of the task that failed.
    pub(super) async fn into_error(mut self, client: &Client) -> Error {
        let run = self.failed_task_runs().first().map(|run| (*run).clone());
        self.log_lines = last_lines(client, self.id(), run.as_ref()).await;
        Error::new(ErrorKind::ExecutionFailed, message(&self, run.as_ref()))
            .with_request_sent(RequestSent::Yes)
            .with_execution_id(self.id())
            .with_payload(self)
    }

    /// Returns the error of an execution that ended without having been in a state.
    pub(super) fn into_missed(self, state: &StateType) -> Error {
        let message = format!("{}, and was never in {}", message(&self, None), state.as_str());
        Error::new(ErrorKind::ExecutionFailed, message)
            .with_request_sent(RequestSent::Yes)
            .with_execution_id(self.id())
            .with_payload(self)
    }

    /// Returns the execution of an error of `run` or `wait`: as it ended, or as it was last read before the timeout.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        error.payload()
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.execution.id
    }

    /// Returns the state in which the execution ended, or its last known state after a timeout.
    #[must_use]
    pub fn state(&self) -> Option<&StateType> {
        self.execution.state_type()
    }

    /// Returns whether the execution ended as SUCCESS or WARNING.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.execution.is_success()
    }

    /// Returns whether the execution ended as FAILED, KILLED or CANCELLED.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.execution.is_failed()
    }

    /// Creates a result from an execution that hasn't ended.
    pub(super) fn unfinished(execution: Execution) -> Self {
        Self { execution, nothing: Map::new(), exact: Exact::default(), log_lines: Vec::new(), key: None }
    }

    /// Returns whether the execution hasn't ended, but is paused, and the wait stopped there.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.execution.is_paused()
    }

    /// Returns the outputs of the flow, which are also in `execution.outputs`, on every version. An integer over 64 bits is
    /// a string of its digits here.
    #[must_use]
    pub fn outputs(&self) -> &Map<String, Value> {
        self.execution.outputs.as_ref().unwrap_or(&self.nothing)
    }

    /// Returns the outputs of the flow as a type of your own. Numbers are read with every digit that the server sent: `u128`,
    /// `i128`, `RawValue` and types that read numbers as strings lose none.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Decode`], with the execution's id, if they don't fit the type.
    pub fn outputs_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read_as("outputs", &self.exact.outputs, self.outputs())
    }

    /// Returns the outputs of the flow as a type that was made for them; see [`typed`](crate::typed).
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Decode`] that names the output that is missing or has another type, with the
    /// execution's id; [`Finished::of`] returns the execution.
    pub fn typed<O: FlowOutputs>(&self) -> Result<O, Error> {
        O::read(&OutputValues(self.outputs())).map_err(|problem| self.unfit(&problem))
    }

    fn unfit(&self, problem: &OutputError) -> Error {
        let (id, execution) = (self.id(), &self.execution);
        let state = match self.state() {
            Some(state) if !self.is_success() => format!("which is {}, ", state.as_str()),
            _ => String::new(),
        };
        let error = Error::new(
            ErrorKind::Decode,
            format!(
                "{problem} in execution {id} of {}.{}, {state}revision {}: compare the type with the deployed flow by `client.verify`",
                execution.namespace,
                execution.flow_id,
                execution.flow_revision.map_or_else(|| "unknown".to_owned(), |revision| revision.to_string()),
            ),
        )
        .with_request_sent(RequestSent::Yes)
        .with_execution_id(id)
        .with_payload(self.clone());
        match &self.key {
            Some(key) => error.with_idempotency_key(key),
            None => error,
        }
    }

    /// Returns the inputs of the execution as a type of your own, with every digit as in [`outputs_as`](Self::outputs_as).
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Decode`], with the execution's id, if they don't fit the type.
    pub fn inputs_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read_as("inputs", &self.exact.inputs, &self.execution.inputs)
    }

    fn read_as<T: DeserializeOwned>(
        &self,
        what: &str,
        exact: &Option<Bytes>,
        values: &Map<String, Value>,
    ) -> Result<T, Error> {
        exact::read_as(exact.as_deref(), values).map_err(|problem| {
            let problem = redact::brief(problem, 300);
            let message = format!("the {what} of execution {} don't match the type: {problem}", self.id());
            Error::new(ErrorKind::Decode, message).with_execution_id(self.id())
        })
    }

    /// Returns the task runs that failed. Leaves out a task of which a task within it failed.
    #[must_use]
    pub fn failed_task_runs(&self) -> Vec<&TaskRun> {
        let failed = || self.execution.task_runs().iter().filter(|run| is_failed(run));
        failed()
            .filter(|run| !failed().any(|other| other.parent_task_run_id.as_ref() == Some(&run.id)))
            .collect()
    }

    /// Returns the last log lines of the task that failed, oldest first. Only errors have them.
    #[must_use]
    pub fn last_log_lines(&self) -> &[LogEntry] {
        &self.log_lines
    }
}

fn is_failed(run: &TaskRun) -> bool {
    run.state.as_ref().is_some_and(State::is_failed)
}

fn message(finished: &Finished, run: Option<&TaskRun>) -> String {
    let execution = &finished.execution;
    let mut text = format!(
        "execution {} of {}.{} ended in {}",
        finished.id(),
        execution.namespace,
        execution.flow_id,
        finished.state().map_or("no state", |state| state.as_str()),
    );
    if let Some(run) = run {
        text.push_str(&format!(", task `{}`", run.task_id));
        if let Some(value) = &run.value {
            text.push_str(&format!(" for `{value}`"));
        }
        if run.attempts.len() > 1 {
            text.push_str(&format!(" in attempt {}", run.attempts.len()));
        }
    }
    let last = finished.log_lines.iter().rev().map(|line| &line.message).find(|text| !text.is_empty());
    if let Some(line) = last.and_then(|text| text.lines().find(|line| !line.trim().is_empty())) {
        text.push_str(": ");
        text.extend(line.trim().chars().take(SHOWN));
    }
    text
}

/// Returns the last warnings and errors of a task run, or of the whole execution; none if they can't be read.
async fn last_lines(client: &Client, id: &str, run: Option<&TaskRun>) -> Vec<LogEntry> {
    let mut call = client.logs().list_logs_from_execution(id).filter(Filter::level().at_least("WARN"));
    if let Some(run) = run.map(|run| &run.id).filter(|id| !id.is_empty()) {
        call = call.filter(Filter::task_run_id().equals(run));
    }
    let mut lines = call.await.unwrap_or_default();
    let surplus = lines.len().saturating_sub(LINES);
    lines.drain(..surplus);
    lines
}
