//! Killing and pausing executions.

use std::sync::Arc;

use super::answer::{cell_or, done, page_not_found, raw, refused};
use crate::app::App;
use crate::dialect::Dialect;
use crate::engine::cell::Cell;
use crate::engine::execution::Execution;
use crate::engine::run::close_runs;
use crate::engine::state::State;
use crate::http::{Answer, ApiError, Context, Reply};

/// Kills an execution, and those that it started.
pub(super) async fn kill(cx: Context) -> Answer {
    let cell = cell_or(&cx, |_| ApiError::not_found())?;
    let cascade = cx.query().flag_or("isOnKillCascade", true);
    let now = cell.now();
    if now.state.current().is_terminal() && !cascade {
        let old =
            ApiError::illegal_state(format!("Execution '{}' is already finished, can't kill it", now.id));
        return Err(refused(&cx, old, "Cannot kill execution: execution is already finished."));
    }
    let killed = kill_one(&cx.app, &cell);
    if cascade {
        kill_children(&cx.app, &now.id);
    }
    if cx.dialect().is_v2() {
        let mut reply = raw(&cx, &killed)?;
        reply.headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/json"));
        return Ok(reply);
    }
    Ok(Reply::empty(202))
}

/// Asks what runs an execution to stop; what nobody runs ends at once. Gives the execution as it was then.
pub(super) fn kill_one(app: &Arc<App>, cell: &Arc<Cell>) -> Arc<Execution> {
    let driven = cell.is_driven();
    let queued = cell.update(|execution| {
        let queued = execution.state.is(State::Queued);
        if !execution.state.current().is_terminal() {
            execution.state.set(State::Killing);
        }
        queued
    });
    let shown = cell.now();
    if queued == Some(true) {
        app.engine.slots(|slots| slots.leave(&shown.namespace, &shown.flow_id, &shown.id));
    }
    if !driven && shown.state.is(State::Killing) {
        cell.update(|execution| {
            close_runs(execution, State::Killed);
            execution.state.set(State::Killed);
        });
    }
    shown
}

fn kill_children(app: &Arc<App>, parent: &str) {
    for child in app.engine.all() {
        let below = child.trigger_execution() == Some(parent)
            || child.loop_run.is_some() && child.parent_id.as_deref() == Some(parent);
        if below && !child.state.current().is_terminal() {
            if let Some(cell) = app.engine.find(&child.id) {
                kill_one(app, &cell);
            }
            kill_children(app, &child.id);
        }
    }
}

/// Pauses a running execution: what runs goes on, what comes next waits.
pub(super) async fn pause(cx: Context) -> Answer {
    let cell = cell_or(&cx, |_| page_not_found())?;
    let paused = cell.try_update(pause_one);
    match paused {
        Some(Ok(())) => done(&cx, &cell.now(), 200),
        _ => {
            let old = ApiError::illegal_argument("The execution is not running");
            Err(refused(&cx, old, "Cannot pause execution: execution is not running."))
        }
    }
}

/// Pauses an execution, if it runs.
pub(super) fn pause_one(execution: &mut Execution) -> Result<(), ()> {
    if !execution.state.is(State::Running) {
        return Err(());
    }
    execution.state.set(State::Paused);
    Ok(())
}

/// Whether a state may be left for good.
pub(super) fn may_change(execution: &Execution, dialect: Dialect) -> bool {
    let state = execution.state.current();
    state.is_terminal() && (state != State::Killed || dialect == Dialect::V1_0)
}
