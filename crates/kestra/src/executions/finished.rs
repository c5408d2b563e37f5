//! What came out of an execution.

use std::time::Duration;

use bytes::Bytes;
use kestra_core::internal::redact;
use kestra_core::{Error, ErrorKind};
use kestra_models::{Execution, LogEntry, State, StateType, TaskRun};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::exact::{self, Exact};
use crate::Client;

/// An execution at its end, with what it put out.
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
}

impl Finished {
    /// The execution with its outputs, wherever this version keeps them.
    pub(super) async fn read(
        client: &Client,
        mut execution: Execution,
        outage: Duration,
    ) -> Result<Self, Error> {
        let exact = Exact::read(client, &mut execution, outage).await?;
        Ok(Self { execution, nothing: Map::new(), exact, log_lines: Vec::new() })
    }

    /// Returns the execution of an error of `run` or `wait`: as it ended, or as it was last read before the timeout.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        error.payload()
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.execution.id
    }

    /// Returns the state in which the execution ended, or its last known state after a timeout.
    #[must_use]
    pub fn state(&self) -> Option<&StateType> {
        self.execution.state_type()
    }

    /// Whether it ended as SUCCESS or WARNING.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.execution.is_success()
    }

    /// Whether it ended as FAILED, KILLED or CANCELLED.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.execution.is_failed()
    }

    /// Creates a result from an execution that hasn't ended.
    pub(super) fn unfinished(execution: Execution) -> Self {
        Self { execution, nothing: Map::new(), exact: Exact::default(), log_lines: Vec::new() }
    }

    /// Whether it hasn't ended at all, but paused, and the wait was to stop there.
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
            let message = format!("the {what} of execution {} don't fit the type: {problem}", self.id());
            Error::new(ErrorKind::Decode, message).with_execution_id(self.id())
        })
    }

    /// The task runs that failed; of a task with others within it only those within, if one of them failed.
    #[must_use]
    pub fn failed_task_runs(&self) -> Vec<&TaskRun> {
        let failed = || self.execution.task_runs().iter().filter(|run| is_failed(run));
        failed()
            .filter(|run| !failed().any(|other| other.parent_task_run_id.as_ref() == Some(&run.id)))
            .collect()
    }

    /// The last lines that the task logged which failed, oldest first; only errors have them.
    #[must_use]
    pub fn last_log_lines(&self) -> &[LogEntry] {
        &self.log_lines
    }
}

fn is_failed(run: &TaskRun) -> bool {
    run.state.as_ref().is_some_and(State::is_failed)
}
