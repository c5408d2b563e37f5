//! What routes of executions have in common.

use std::sync::Arc;

use serde_json::Value;

use crate::app::App;
use crate::dialect::Dialect;
use crate::engine::cell::Cell;
use crate::engine::execution::{Breakpoint, Execution};
use crate::engine::execution_json::View;
use crate::engine::state::State;
use crate::http::{Answer, ApiError, Context, Reply};

/// The execution of the path; the caller says how its absence is worded.
pub(super) fn cell_or(cx: &Context, missing: impl FnOnce(&str) -> ApiError) -> Result<Arc<Cell>, ApiError> {
    let id = cx.param("executionId");
    cx.app.engine.find(id).ok_or_else(|| missing(id))
}

/// The execution of the path; `Not Found`, or on 2.0 `Page Not Found`.
pub(super) fn cell_for_action(cx: &Context) -> Result<Arc<Cell>, ApiError> {
    let v2 = cx.dialect().is_v2();
    cell_or(cx, |_| if v2 { page_not_found() } else { ApiError::not_found() })
}

/// `Not Found: Page Not Found`.
pub(super) fn page_not_found() -> ApiError {
    ApiError::not_found_because("Page Not Found")
}

/// `Not Found: Execution '...' not found.`
pub(super) fn execution_not_found(id: &str) -> ApiError {
    ApiError::not_found_because(format!("Execution '{id}' not found."))
}

/// The answer to an action.
pub(super) fn raw(cx: &Context, execution: &Execution) -> Answer {
    Reply::json(&execution.to_json(View::Raw, cx.dialect()))
}

/// The answer to an action that 1.x answers without a body.
pub(super) fn done(cx: &Context, execution: &Execution, status: u16) -> Answer {
    if cx.dialect().is_v2() { raw(cx, execution) } else { Ok(Reply::empty(status)) }
}

/// The link to an execution in the user interface.
pub(super) fn url(app: &App, execution: &Execution) -> String {
    format!("{}/ui/main/executions/{}/{}/{}", app.url, execution.namespace, execution.flow_id, execution.id)
}

/// Waits, as a 2.0 server does, until the executor has taken an execution up.
pub(super) async fn confirmed(app: &App, cell: &Cell) -> Result<Arc<Execution>, ApiError> {
    let now = cell.now();
    if now.schedule_date.is_some_and(|due| due > jiff::Timestamp::now()) && now.state.is(State::Created) {
        return Ok(now);
    }
    tokio::time::timeout(app.settings.wait_timeout(), cell.taken_up()).await.map_err(|_| timed_out())
}

/// A command that nobody took in time.
pub(super) fn timed_out() -> ApiError {
    ApiError::new(504, "Gateway Timeout: Operation timed out waiting for state transition")
}

/// A refusal in the words of the dialect: the first on 1.x, the second on 2.0.
pub(super) fn refused(cx: &Context, old: ApiError, new: &str) -> ApiError {
    if cx.dialect().is_v2() { ApiError::conflict(new) } else { old }
}

/// The refusal of a queued command, which names an operation.
pub(super) fn command_failed(action: &str, execution: &str, cause: &str) -> ApiError {
    let operation = crate::engine::ids::new_id();
    ApiError::conflict(format!(
        "Failed to execute action '{action}' on execution {execution} (operation_id={operation}). Cause: {cause}"
    ))
}

/// Breakpoints as they are sent: `task,task.value`.
pub(super) fn breakpoints(cx: &Context) -> Option<Vec<Breakpoint>> {
    let query = cx.query();
    let text = query.first("breakpoints").filter(|text| !text.is_empty())?;
    let points = text.split(',').map(str::trim).filter(|point| !point.is_empty()).map(|point| {
        match point.split_once('.') {
            Some((id, value)) => Breakpoint { id: id.to_owned(), value: Some(value.to_owned()) },
            None => Breakpoint { id: point.to_owned(), value: None },
        }
    });
    Some(points.collect())
}

/// Refuses labels that only the server sets.
pub(super) fn check_system_labels(
    labels: &[(String, String)],
    dialect: Dialect,
    allowed: &[&str],
) -> Result<(), ApiError> {
    for (key, value) in labels {
        let allowed = allowed.contains(&key.as_str()) && (key != "system.from" || dialect > Dialect::V1_0);
        if key.starts_with("system.") && !allowed {
            return Err(ApiError::illegal_argument(format!(
                "System labels can only be set by Kestra itself, offending label: {key}={value}"
            )));
        }
    }
    Ok(())
}

/// The body as JSON, with the server's words for one that is missing or is none.
pub(super) fn body(cx: &Context, parameter: &str) -> Result<Value, ApiError> {
    cx.json(parameter)
}

/// The state of a query parameter that must be there.
pub(super) fn required_state(cx: &Context, name: &str) -> Result<State, ApiError> {
    let query = cx.query();
    let text = query.required(name)?.to_owned();
    state(cx, name, &text)
}

/// The state of a query parameter that may be there.
pub(super) fn optional_state(cx: &Context, name: &str) -> Result<Option<State>, ApiError> {
    let query = cx.query();
    query.one(name)?.map(|text| state(cx, name, text)).transpose()
}

fn state(cx: &Context, name: &str, text: &str) -> Result<State, ApiError> {
    State::named(text).ok_or_else(|| {
        // 1.3 names the type of the value instead of the value.
        let shown = if cx.dialect() == Dialect::V1_3 { "String name" } else { text };
        ApiError::new(
            422,
            format!(
                "Internal server error: Failed to convert argument [{name}] for value [{shown}] due to: No enum constant \
                 io.kestra.core.models.flows.State.Type.{text}"
            ),
        )
    })
}

/// A revision of a query, which must be one of the flow's.
pub(super) fn revision(cx: &Context, execution: &Execution) -> Result<Option<u64>, ApiError> {
    let query = cx.query();
    let Some(number) = query.number("revision")? else { return Ok(None) };
    let (namespace, flow) = (&execution.namespace, &execution.flow_id);
    let known = u64::try_from(number)
        .ok()
        .filter(|revision| cx.app.stored_flow(namespace, flow, Some(*revision)).is_some());
    known.map(Some).ok_or_else(|| {
        ApiError::not_found_because(format!("Unable to find revision {number} on flow {namespace}.{flow}"))
    })
}
