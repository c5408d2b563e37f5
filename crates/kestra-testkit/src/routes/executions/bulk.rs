//! Actions on many executions: all or none of them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{body, breakpoints, optional_state, required_state};
use super::bulk_checks::{Action, check};
use super::delete::delete_all;
use super::search::found;
use super::{bulk_labels, change, queue, restart, resume, stop};
use crate::app::App;
use crate::engine::actions::{NoTask, Replay};
use crate::engine::cell::Cell;
use crate::engine::run;
use crate::engine::state::State;
use crate::http::{Answer, ApiError, Context, Reply, Route, later, now};

/// The routes of bulk actions.
pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::delete("executions/by-ids", now!(delete_by_ids)),
        Route::delete("executions/by-query", now!(delete_by_query)).consumes(super::ANY),
        Route::delete("executions/kill/by-ids", now!(kill_by_ids)),
        Route::delete("executions/kill/by-query", now!(kill_by_query)).consumes(super::ANY),
        Route::post("executions/labels/by-ids", later!(bulk_labels::by_ids)),
        Route::post("executions/labels/by-query", later!(bulk_labels::by_query)),
    ];
    macro_rules! both {
        ($name:literal, $by_ids:path, $by_query:path) => {
            routes.push(Route::post(concat!("executions/", $name, "/by-ids"), now!($by_ids)));
            routes.push(
                Route::post(concat!("executions/", $name, "/by-query"), now!($by_query)).consumes(super::ANY),
            );
        };
    }
    both!("pause", pause_by_ids, pause_by_query);
    both!("resume", resume_by_ids, resume_by_query);
    both!("restart", restart_by_ids, restart_by_query);
    both!("replay", replay_by_ids, replay_by_query);
    both!("change-status", change_by_ids, change_by_query);
    both!("unqueue", unqueue_by_ids, unqueue_by_query);
    both!("force-run", force_by_ids, force_by_query);
    routes
}

/// The ids of a body.
fn ids_of(cx: &Context) -> Result<Vec<String>, ApiError> {
    let value = body(cx, "executionsId")?;
    match value {
        Value::Array(list) => Ok(list.iter().map(crate::engine::flow::plain_text).collect()),
        Value::String(id) => Ok(vec![id]),
        _ => {
            let message = "Failed to convert argument [executionsId] for value [null] due to: Cannot deserialize value of type \
                           `java.lang.String` from Object value (token `JsonToken.START_OBJECT`)\n at [Source: REDACTED \
                           (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1] (through reference \
                           chain: java.util.ArrayList[0])";
            let path = Some("java.util.ArrayList[0]".to_owned());
            Err(ApiError::new(422, "Invalid json mapping").with_detail(message, path))
        }
    }
}

/// The ids of what a query finds; without a filter that is everything of the last days.
pub(super) fn ids_found(cx: &Context) -> Result<Vec<String>, ApiError> {
    Ok(found(cx)?.iter().map(|execution| execution.id.clone()).collect())
}

/// The answer to a bulk action: how many, and on 2.0 that it was queued.
pub(super) fn answer(cx: &Context, count: usize) -> Answer {
    if cx.dialect().is_v2() {
        let operation = crate::engine::ids::new_id();
        return Ok(Reply::json(&json!({"operationId": operation, "totalItems": count}))?.with_status(202));
    }
    Reply::json(&json!({"count": count}))
}

/// Does something to all of them, once it is clear that all allow it.
fn each(
    cx: &Context,
    ids: Vec<String>,
    action: Action,
    act: impl Fn(&Arc<App>, &Arc<Cell>) + Send + 'static,
) -> Answer {
    let cells = check(cx, &ids, action)?;
    let (app, count) = (Arc::clone(&cx.app), cells.len());
    cx.apply(move || cells.iter().for_each(|cell| act(&app, cell)));
    answer(cx, count)
}

fn kill_by_ids(cx: &Context) -> Answer {
    kill(cx, ids_of(cx)?)
}

fn kill_by_query(cx: &Context) -> Answer {
    kill(cx, ids_found(cx)?)
}

fn kill(cx: &Context, ids: Vec<String>) -> Answer {
    each(cx, ids, Action::Kill, |app, cell| {
        stop::kill_one(app, cell);
    })
}

fn pause_by_ids(cx: &Context) -> Answer {
    pause(cx, ids_of(cx)?)
}

fn pause_by_query(cx: &Context) -> Answer {
    pause(cx, ids_found(cx)?)
}

fn pause(cx: &Context, ids: Vec<String>) -> Answer {
    each(cx, ids, Action::Pause, |_, cell| {
        let _ = cell.try_update(stop::pause_one);
    })
}

fn resume_by_ids(cx: &Context) -> Answer {
    resume_all(cx, ids_of(cx)?)
}

fn resume_by_query(cx: &Context) -> Answer {
    resume_all(cx, ids_found(cx)?)
}

fn resume_all(cx: &Context, ids: Vec<String>) -> Answer {
    each(cx, ids, Action::Resume, |app, cell| {
        let _ = resume::resume_one(app, cell, None);
    })
}

fn restart_by_ids(cx: &Context) -> Answer {
    restart_all(cx, ids_of(cx)?)
}

fn restart_by_query(cx: &Context) -> Answer {
    restart_all(cx, ids_found(cx)?)
}

fn restart_all(cx: &Context, ids: Vec<String>) -> Answer {
    let mut cells = check(cx, &ids, Action::Restart)?;
    // 1.x stops at the first that has no task to start with, and has restarted those before.
    let stop = cells.iter().position(|cell| !restart::has_task(&cx.app, cell));
    let stop = stop.filter(|_| !cx.dialect().is_v2());
    cells.truncate(stop.unwrap_or(cells.len()));
    let (app, count) = (Arc::clone(&cx.app), cells.len());
    cx.apply(move || {
        for cell in &cells {
            let _ = restart::restart_one(&app, cell);
            run::start(&app, cell);
        }
    });
    match stop {
        Some(_) => Err(ApiError::illegal_argument(NoTask::MESSAGE)),
        None => answer(cx, count),
    }
}

fn replay_by_ids(cx: &Context) -> Answer {
    replay_all(cx, ids_of(cx)?)
}

fn replay_by_query(cx: &Context) -> Answer {
    replay_all(cx, ids_found(cx)?)
}

fn replay_all(cx: &Context, ids: Vec<String>) -> Answer {
    let newest = cx.query().flag("latestRevision");
    let breakpoints = breakpoints(cx);
    each(cx, ids, Action::Replay, move |app, cell| {
        let old = cell.now();
        let flow = app.stored_flow(&old.namespace, &old.flow_id, None).filter(|_| newest);
        let revision = flow.map(|flow| flow.revision);
        let asked = Replay { revision, breakpoints: breakpoints.clone(), ..Replay::default() };
        let _ = restart::replay_one(app, cell, asked);
    })
}

fn change_by_ids(cx: &Context) -> Answer {
    let state = required_state(cx, "newStatus")?;
    change_all(cx, ids_of(cx)?, state)
}

fn change_by_query(cx: &Context) -> Answer {
    let state = required_state(cx, "newStatus")?;
    change_all(cx, ids_found(cx)?, state)
}

fn change_all(cx: &Context, ids: Vec<String>, state: State) -> Answer {
    change::check_target(state)?;
    each(cx, ids, Action::Change, move |_, cell| change::change_one(cell, state))
}

fn unqueue_by_ids(cx: &Context) -> Answer {
    let state = optional_state(cx, "state")?;
    unqueue_all(cx, ids_of(cx)?, state)
}

fn unqueue_by_query(cx: &Context) -> Answer {
    let state = optional_state(cx, "newState")?;
    unqueue_all(cx, ids_found(cx)?, state)
}

fn unqueue_all(cx: &Context, ids: Vec<String>, state: Option<State>) -> Answer {
    let state = state.unwrap_or(State::Running);
    if let (false, Err(cause)) = (cx.dialect().is_v2(), queue::check_target(state)) {
        return Err(ApiError::illegal_argument(cause));
    }
    each(cx, ids, Action::Unqueue, move |app, cell| {
        if queue::check_target(state).is_ok() {
            queue::unqueue_one(app, cell, state);
        }
    })
}

fn force_by_ids(cx: &Context) -> Answer {
    force_all(cx, ids_of(cx)?)
}

fn force_by_query(cx: &Context) -> Answer {
    force_all(cx, ids_found(cx)?)
}

fn force_all(cx: &Context, ids: Vec<String>) -> Answer {
    each(cx, ids, Action::ForceRun, |app, cell| {
        queue::force_one(app, cell);
    })
}

fn delete_by_ids(cx: &Context) -> Answer {
    delete(cx, ids_of(cx)?)
}

fn delete_by_query(cx: &Context) -> Answer {
    delete(cx, ids_found(cx)?)
}

/// Deletes at once, on 2.0 too.
fn delete(cx: &Context, ids: Vec<String>) -> Answer {
    let any_state = cx.query().flag("includeNonTerminated");
    let cells = check(cx, &ids, Action::Delete { any_state })?;
    let ids: Vec<String> = cells.iter().map(|cell| cell.now().id.clone()).collect();
    delete_all(&cx.app, &ids, &cx.query());
    Reply::json(&json!({"count": ids.len()}))
}
