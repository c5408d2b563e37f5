//! Evaluating an expression in an execution.

use serde_json::json;

use super::answer::cell_or;
use crate::engine::execution::Execution;
use crate::engine::expression::{self, Scope};
use crate::engine::scope;
use crate::http::{Answer, ApiError, Context, Reply};

/// In the context of the execution.
pub(super) fn of_execution(cx: &Context) -> Answer {
    let execution = cell_or(cx, |_| ApiError::not_found())?.now();
    let flow = cx.app.flow_of(&execution).ok_or_else(ApiError::not_found)?;
    evaluate(cx, &scope::of_execution(&flow, &execution))
}

/// In the context of a task run.
pub(super) fn of_task_run(cx: &Context) -> Answer {
    let execution = cell_or(cx, |_| ApiError::not_found())?.now();
    let flow = cx.app.flow_of(&execution).ok_or_else(ApiError::not_found)?;
    let id = cx.param("taskRunId");
    let run = execution.run(id).ok_or_else(|| {
        ApiError::internal(format!(
            "Can't find taskrun with taskrunId '{id}' on execution '{}' {}",
            execution.id,
            described(&execution)
        ))
    })?;
    let task = flow.find_task(&run.task_id).ok_or_else(ApiError::not_found)?;
    evaluate(cx, &scope::of_task_run(&flow, &execution, &task, run))
}

fn described(execution: &Execution) -> String {
    let runs: Vec<String> = execution
        .runs()
        .iter()
        .map(|run| {
            let value = run.value.as_deref().unwrap_or("null");
            let state = run.state.current().name();
            format!("    TaskRun(id={}, taskId={}, value={value}, state={state})", run.id, run.task_id)
        })
        .collect();
    let state = execution.state.current().name();
    format!("(\n  state={state}\n  taskRunList=\n  [\n{}\n  ] \n)", runs.join(",\n"))
}

fn evaluate(cx: &Context, scope: &Scope) -> Answer {
    match expression::render(&cx.request.text(), scope) {
        Ok(result) => Reply::json(&json!({"result": result})),
        Err(error) => Reply::json(&json!({
            "error": error.to_string(),
            "stackTrace": format!("io.kestra.core.exceptions.IllegalVariableEvaluationException: {error}\n"),
        })),
    }
}
