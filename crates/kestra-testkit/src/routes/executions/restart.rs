//! Restarting and replaying executions.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{breakpoints, cell_for_action, confirmed, raw, refused, revision};
use crate::app::App;
use crate::dialect::Dialect;
use crate::engine::actions::{self, NoTask, Replay};
use crate::engine::cell::Cell;
use crate::engine::create::resolve_for;
use crate::engine::execution::Execution;
use crate::engine::inputs::GivenInputs;
use crate::engine::run;
use crate::engine::state::State;
use crate::http::{Answer, ApiError, Context};

/// Starts what failed again.
pub(super) async fn restart(cx: Context) -> Answer {
    let cell = cell_for_action(&cx)?;
    let now = cell.now();
    let revision = revision(&cx, &now)?;
    if !may_restart(&now, cx.dialect()) {
        return Err(refused(
            &cx,
            ApiError::illegal_state(refusal(&now, cx.dialect())),
            &format!(
                "Cannot restart execution: current state is '{}', expected terminated or paused.",
                now.state.current().name()
            ),
        ));
    }
    // A revision makes another execution. 1.x answers with that, 2.0 with the old one as it is.
    let (shown, started) = match revision {
        Some(revision) => {
            let mut copy = actions::copy(&now, revision);
            restart_in(&cx.app, &mut copy).map_err(|NoTask| no_task())?;
            let cell = cx.app.engine.insert(copy);
            (if cx.dialect().is_v2() { now } else { cell.now() }, cell)
        }
        None => {
            restart_one(&cx.app, &cell).map_err(|NoTask| no_task())?;
            (cell.now(), cell)
        }
    };
    run::start(&cx.app, &started);
    raw(&cx, &shown)
}

/// Whether an execution's state allows a restart.
pub(super) fn may_restart(execution: &Execution, dialect: Dialect) -> bool {
    let state = execution.state.current();
    match dialect {
        Dialect::V1_0 => state.is_terminal(),
        Dialect::V1_3 => state.is_terminal() && state != State::Killed || state == State::Paused,
        Dialect::V2_0 => matches!(state, State::Failed | State::Killed | State::Cancelled | State::Paused),
    }
}

fn refusal(execution: &Execution, dialect: Dialect) -> String {
    let state = execution.state.current().name();
    let wanted = if dialect == Dialect::V1_0 { "terminated" } else { "terminated or paused and not killed" };
    format!("Execution must be {wanted} to be restarted, current state is '{state}' !")
}

fn no_task() -> ApiError {
    ApiError::illegal_argument(NoTask::MESSAGE)
}

fn restart_in(app: &App, execution: &mut Execution) -> Result<(), NoTask> {
    let flow = app.flow_of(execution).ok_or(NoTask)?;
    actions::restart(execution, &flow)
}

/// Whether an execution has a task that a restart would start with.
pub(super) fn has_task(app: &App, cell: &Cell) -> bool {
    restart_in(app, &mut Execution::clone(&cell.now())).is_ok()
}

/// Restarts an execution in place; the caller starts it.
pub(super) fn restart_one(app: &Arc<App>, cell: &Arc<Cell>) -> Result<(), NoTask> {
    let flow = app.flow_of(&cell.now()).ok_or(NoTask)?;
    cell.try_update(|execution| actions::restart(execution, &flow)).unwrap_or(Err(NoTask))
}

/// Runs an execution again, from its start or from a task run.
pub(super) async fn replay(cx: Context) -> Answer {
    replay_with(&cx, None).await
}

/// The same with other inputs.
pub(super) async fn replay_with_inputs(cx: Context) -> Answer {
    let cell = cell_for_action(&cx)?;
    let old = cell.now();
    let given = GivenInputs::from_parts(cx.request.parts().await)?;
    let flow = cx.app.flow_of(&old).ok_or_else(ApiError::not_found)?;
    let resolved = resolve_for(&flow, &given, &old, cx.dialect());
    if let Some(error) = resolved.first_error() {
        return Err(error.into_error(cx.dialect()));
    }
    let inputs = resolved.stored();
    for (uri, body) in resolved.files {
        cx.app.engine.put_file(uri, body);
    }
    replay_with(&cx, Some(inputs).filter(|inputs| !inputs.is_empty())).await
}

async fn replay_with(cx: &Context, inputs: Option<Map<String, Value>>) -> Answer {
    let cell = cell_for_action(cx)?;
    let old = cell.now();
    let revision = revision(cx, &old)?;
    let task_run = cx.query().one("taskRunId")?.filter(|id| !id.is_empty()).map(ToOwned::to_owned);
    if let Some(id) = task_run.as_ref().filter(|id| old.run(id).is_none()) {
        return Err(if cx.dialect().is_v2() {
            ApiError::illegal_argument(format!("Task run id '{id}' not found in execution '{}'", old.id))
        } else {
            no_task()
        });
    }
    let asked = Replay { task_run, revision, breakpoints: breakpoints(cx), inputs };
    let new = replay_one(&cx.app, &cell, asked).map_err(|NoTask| no_task())?;
    if cx.dialect().is_v2() {
        return raw(cx, &*confirmed(&cx.app, &new.0).await?);
    }
    raw(cx, &new.1)
}

/// Makes and starts a replay; gives it as it was when it was made.
pub(super) fn replay_one(
    app: &Arc<App>,
    cell: &Arc<Cell>,
    asked: Replay,
) -> Result<(Arc<Cell>, Execution), NoTask> {
    let fresh = actions::replay(&cell.now(), asked)?;
    cell.update(|old| old.set_label("system.replayed", "true"));
    let new = app.engine.insert(fresh.clone().stored());
    run::start(app, &new);
    Ok((new, fresh))
}
