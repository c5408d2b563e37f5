//! Changing states by hand.

use std::sync::Arc;

use serde_json::Value;

use super::answer::{body, cell_for_action, command_failed, raw, refused, required_state};
use super::stop::may_change;
use crate::app::App;
use crate::engine::actions::{self, NoTask};
use crate::engine::cell::Cell;
use crate::engine::run;
use crate::engine::state::State;
use crate::http::{Answer, ApiError, Context};

/// Changes the state of an ended execution.
pub(super) async fn status(cx: Context) -> Answer {
    let state = required_state(&cx, "status")?;
    let cell = cell_for_action(&cx)?;
    check_target(state)?;
    let changed = cell.try_update(|execution| {
        if !may_change(execution, cx.dialect()) {
            return Err(execution.state.current());
        }
        execution.state.set(state);
        Ok(())
    });
    match changed {
        Some(Ok(())) => raw(&cx, &cell.now()),
        _ => {
            let old = ApiError::illegal_argument("You can only change the state of a terminated execution.");
            Err(refused(&cx, old, "Cannot change execution state: execution is not terminated."))
        }
    }
}

/// Refuses a state that is no end.
pub(super) fn check_target(state: State) -> Result<(), ApiError> {
    if state.is_terminal() {
        return Ok(());
    }
    Err(ApiError::illegal_argument("You can only change the state of an execution to a terminal state."))
}

/// Changes the state of an execution, if it allows it.
pub(super) fn change_one(cell: &Cell, state: State) {
    cell.update(|execution| execution.state.set(state));
}

/// Changes the state of a task run; the execution goes on from there.
pub(super) async fn task_run_state(cx: Context) -> Answer {
    let cell = cell_for_action(&cx)?;
    let body = body(&cx, "stateRequest")?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text("state").to_ascii_uppercase();
    let state = State::named(&name);
    if !name.is_empty() && state.is_none() {
        return Err(ApiError::new(422, "Invalid json mapping").with_detail(
            format!(
                "Cannot deserialize value of type `io.kestra.core.models.flows.State$Type` from String \"{name}\""
            ),
            Some("state".to_owned()),
        ));
    }
    let run_id = text("taskRunId");
    match set_state(&cx.app, &cell, &run_id, state) {
        Ok(()) => {
            let shown = cell.now();
            run::start(&cx.app, &cell);
            raw(&cx, &shown)
        }
        Err(NoTask) if cx.dialect().is_v2() => {
            Err(command_failed("Change task run state", &cell.now().id, NoTask::MESSAGE))
        }
        Err(NoTask) => Err(ApiError::illegal_argument(NoTask::MESSAGE)),
    }
}

fn set_state(app: &Arc<App>, cell: &Cell, run: &str, state: Option<State>) -> Result<(), NoTask> {
    let state = state.ok_or(NoTask)?;
    let flow = app.flow_of(&cell.now()).ok_or(NoTask)?;
    cell.try_update(|execution| actions::set_task_state(execution, &flow, run, state)).unwrap_or(Err(NoTask))
}
