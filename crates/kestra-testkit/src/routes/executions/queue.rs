//! The queue of flows with a limit, and starting what waits.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{body, cell_for_action, command_failed, confirmed, optional_state, raw, refused};
use crate::app::App;
use crate::engine::cell::Cell;
use crate::engine::execution::Execution;
use crate::engine::run;
use crate::engine::state::State;
use crate::http::{Answer, ApiError, Context, Reply};

/// Takes an execution out of the queue, to run or to end.
pub(super) async fn unqueue(cx: Context) -> Answer {
    let asked = optional_state(&cx, "state")?;
    let target = asked.unwrap_or(State::Running);
    let cell = cell_for_action(&cx)?;
    if !cell.now().state.is(State::Queued) {
        let old = ApiError::illegal_argument("Only QUEUED execution can be unqueued");
        return Err(refused(&cx, old, "Cannot unqueue execution: only QUEUED executions can be unqueued."));
    }
    if let Err(cause) = check_target(target) {
        return Err(if cx.dialect().is_v2() {
            command_failed("Unqueue", &cell.now().id, &cause)
        } else {
            ApiError::illegal_argument(cause)
        });
    }
    cell.expect();
    let shown = unqueue_one(&cx.app, &cell, target);
    if asked.is_none() && cx.dialect().is_v2() {
        return raw(&cx, &*confirmed(&cx.app, &cell).await?);
    }
    raw(&cx, &shown)
}

/// Says what is wrong with a state that no execution leaves the queue for.
pub(super) fn check_target(state: State) -> Result<(), String> {
    if matches!(state, State::Running | State::Failed | State::Cancelled) {
        return Ok(());
    }
    Err(format!("Invalid target state: {}. Valid states are: [RUNNING, FAILED, CANCELLED]", state.name()))
}

/// Takes an execution out of the queue; gives it as it is then.
pub(super) fn unqueue_one(app: &Arc<App>, cell: &Arc<Cell>, state: State) -> Arc<Execution> {
    let execution = cell.now();
    let (namespace, flow) = (&execution.namespace, &execution.flow_id);
    app.engine.slots(|slots| {
        slots.leave(namespace, flow, &execution.id);
        if state == State::Running {
            slots.force(namespace, flow);
        }
    });
    cell.update(|execution| execution.state.set(state));
    let shown = cell.now();
    if state == State::Running {
        run::start(app, cell);
    }
    shown
}

/// Starts an execution that waits, whatever it waits for.
pub(super) async fn force_run(cx: Context) -> Answer {
    let cell = cell_for_action(&cx)?;
    if !may_be_forced(&cell.now()) {
        let old = ApiError::illegal_argument("Only non terminated execution can be forced run");
        return Err(refused(&cx, old, "Cannot force run execution: execution is in a terminated state."));
    }
    cell.expect();
    let shown = force_one(&cx.app, &cell);
    if cx.dialect().is_v2() {
        return raw(&cx, &*confirmed(&cx.app, &cell).await?);
    }
    raw(&cx, &shown)
}

/// Whether an execution can be started by force.
pub(super) fn may_be_forced(execution: &Execution) -> bool {
    !execution.state.current().is_terminal()
}

/// Starts an execution that waits; gives it as it is then.
pub(super) fn force_one(app: &Arc<App>, cell: &Arc<Cell>) -> Arc<Execution> {
    let state = cell.now().state.current();
    match state {
        State::Queued => unqueue_one(app, cell, State::Running),
        State::Paused => {
            let _ = super::resume::resume_one(app, cell, None);
            cell.now()
        }
        _ => {
            cell.update(|execution| {
                execution.schedule_date = None;
                execution.set_running();
            });
            let shown = cell.now();
            run::start(app, cell);
            shown
        }
    }
}

/// Sets how many executions of a flow count as running.
pub(super) fn set_limit(cx: &Context) -> Answer {
    let (namespace, flow) = (cx.param("namespace").to_owned(), cx.param("flowId").to_owned());
    let body = body(cx, "concurrencyLimit")?;
    // A flow has one once an execution of it was counted.
    let all = cx.app.engine.slots(|slots| slots.all());
    if !all.iter().any(|(known, id, _)| *known == namespace && *id == flow) {
        return Err(ApiError::not_found());
    }
    let running = body.get("running").and_then(Value::as_u64).unwrap_or_default();
    let count = usize::try_from(running).unwrap_or(usize::MAX);
    cx.app.engine.slots(|slots| slots.set_running(&namespace, &flow, count));
    Reply::json(&limit(&namespace, &flow, count))
}

/// The flows whose executions are counted.
pub(super) fn limits(cx: &Context) -> Answer {
    let all = cx.app.engine.slots(|slots| slots.all());
    let rows: Vec<Value> =
        all.iter().map(|(namespace, flow, running)| limit(namespace, flow, *running)).collect();
    Reply::json(&json!({"total": rows.len(), "results": rows}))
}

fn limit(namespace: &str, flow: &str, running: usize) -> Value {
    json!({"tenantId": "main", "namespace": namespace, "flowId": flow, "running": running})
}
