//! Outputs of task runs on every version.

use http::StatusCode;
use kestra_core::{Error, ErrorKind, RequestSent};
use serde_json::{Map, Value};

use crate::Outputs;

impl Outputs {
    /// Returns the outputs of a task run. Sends `get_task_run_outputs` from 2.0 on, and reads the execution before. Empty if
    /// the task run has none. An integer over 64 bits is a string of its digits. All versions.
    ///
    /// # Errors
    ///
    /// Returns the errors of the two operations; before 2.0, also an error with [`is_not_found`](Error::is_not_found) if the
    /// execution has no such task run.
    pub async fn of_task_run(
        &self,
        execution_id: impl AsRef<str>,
        task_run_id: impl AsRef<str>,
    ) -> Result<Map<String, Value>, Error> {
        let (execution_id, task_run_id) = (execution_id.as_ref(), task_run_id.as_ref());
        match self.get_task_run_outputs(execution_id, task_run_id).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            outputs => return outputs,
        }
        let execution = self.client().executions().get_execution(execution_id).await?;
        let runs = execution.task_run_list.unwrap_or_default();
        match runs.into_iter().find(|run| run.id == task_run_id) {
            Some(run) => Ok(run.outputs.unwrap_or_default()),
            None => {
                let message = format!(
                    "execution {execution_id} has no task run {task_run_id}: use an id of its task runs"
                );
                let error =
                    Error::foreseen(StatusCode::NOT_FOUND, message).with_request_sent(RequestSent::Yes);
                Err(error.with_method("of_task_run").with_execution_id(execution_id))
            }
        }
    }
}
