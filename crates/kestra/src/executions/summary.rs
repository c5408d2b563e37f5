//! An ended execution as JSON, for pipelines. The names here are part of the public API.

use kestra_models::{State, StateType, TaskRun};
use serde::{Serialize, Serializer};

use super::Finished;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    id: &'a str,
    namespace: &'a str,
    flow_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_revision: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<jiff::Timestamp>,
    failed_task_runs: Vec<FailedTaskRun<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedTaskRun<'a> {
    id: &'a str,
    task_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

/// Writes the execution as an object of the shape that [`Finished::to_json`] describes.
impl Serialize for Finished {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let execution = &self.execution;
        let state = execution.state.as_ref();
        let summary = Summary {
            id: self.id(),
            namespace: &execution.namespace,
            flow_id: &execution.flow_id,
            flow_revision: execution.flow_revision,
            state: self.state().map(StateType::as_str),
            start_date: state.and_then(|state| state.start_date),
            end_date: state.and_then(|state| state.end_date),
            failed_task_runs: self.failed_task_runs().into_iter().map(failed).collect(),
        };
        summary.serialize(serializer)
    }
}

fn failed(run: &TaskRun) -> FailedTaskRun<'_> {
    let state = run.state.as_ref().map(|state: &State| state.current.as_str());
    FailedTaskRun { id: &run.id, task_id: &run.task_id, state }
}

impl Finished {
    /// Returns the execution as JSON, for pipelines.
    ///
    /// An object with `id`, `namespace`, `flowId`, `flowRevision`, `state`, `startDate`, `endDate` and `failedTaskRuns`, a list of
    /// objects with `id`, `taskId` and `state`. Members without a value are left out. Inputs, outputs, labels and log lines are not
    /// included, since they may hold secrets: [`outputs`](Self::outputs) returns the outputs.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
