//! Outputs of executions and task runs, which 2.0 keeps apart.

use serde_json::{Value, json};

use super::answer::cell_or;
use crate::http::{Answer, ApiError, Context, Reply};

/// The outputs of an execution; 404 if it has none.
pub(super) fn of_execution(cx: &Context) -> Answer {
    let execution = cell_or(cx, |_| ApiError::not_found())?.now();
    let outputs = execution.outputs.as_ref().filter(|outputs| !outputs.is_empty());
    Reply::json(outputs.ok_or_else(ApiError::not_found)?)
}

/// Which task runs have outputs; 404 if none has.
pub(super) fn list(cx: &Context) -> Answer {
    let execution = cell_or(cx, |_| ApiError::not_found())?.now();
    let rows: Vec<Value> = execution
        .runs()
        .iter()
        .filter(|run| run.outputs.as_ref().is_some_and(|outputs| !outputs.is_empty()))
        .map(|run| {
            let mut row = json!({"taskId": run.task_id, "taskRunId": run.id, "inline": true});
            if let Some(value) = &run.value {
                row["value"] = json!(value);
            }
            row
        })
        .collect();
    if rows.is_empty() {
        return Err(ApiError::not_found());
    }
    Reply::json(&rows)
}

/// The outputs of a task run; 404 if it has none.
pub(super) fn of_task_run(cx: &Context) -> Answer {
    let execution = cell_or(cx, |_| ApiError::not_found())?.now();
    let run = execution.run(cx.param("taskRunId")).ok_or_else(ApiError::not_found)?;
    let outputs = run.outputs.as_ref().filter(|outputs| !outputs.is_empty());
    Reply::json(outputs.ok_or_else(ApiError::not_found)?)
}
