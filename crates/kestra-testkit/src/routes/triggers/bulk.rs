//! Actions on many triggers.

use std::sync::Arc;

use serde_json::{Value, json};

use super::change::remove;
use super::search::{matching, matching_filters};
use super::view::{has_tenant, key_of};
use crate::dialect::Dialect::V1_3;
use crate::engine::ids;
use crate::http::{Answer, ApiError, Context, Reply, Route, now};
use crate::store::{TriggerKey, TriggerRow};

/// The routes of actions on many.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("triggers/unlock/by-triggers", now!(unlock_named)),
        Route::post("triggers/unlock/by-query", now!(unlock_found)).consumes(super::ANY),
        Route::post("triggers/set-disabled/by-triggers", now!(disable_named)),
        Route::post("triggers/set-disabled/by-query", now!(disable_found)).consumes(super::ANY),
        Route::post("triggers/backfill/pause/by-triggers", now!(pause_named)),
        Route::post("triggers/backfill/pause/by-query", now!(pause_found)).consumes(super::ANY),
        Route::post("triggers/backfill/unpause/by-triggers", now!(unpause_named)),
        Route::post("triggers/backfill/unpause/by-query", now!(unpause_found)).consumes(super::ANY),
        Route::post("triggers/backfill/delete/by-triggers", now!(delete_backfill_named)),
        Route::post("triggers/backfill/delete/by-query", now!(delete_backfill_found)).consumes(super::ANY),
        Route::delete("triggers/delete/by-triggers", now!(delete_named)).since(V1_3),
        Route::delete("triggers/delete/by-query", now!(delete_found)).consumes(super::ANY).since(V1_3),
    ]
}

/// The answer: how many, and on 2.0 that it was queued.
fn answer(cx: &Context, count: usize) -> Answer {
    if cx.dialect().is_v2() {
        return Ok(Reply::json(&json!({"operationId": ids::new_id(), "totalItems": count}))?.with_status(202));
    }
    Reply::json(&json!({"count": count}))
}

/// The triggers that a body names; one object stands for a list of it.
fn keys(body: &Value) -> Vec<TriggerKey> {
    match body {
        Value::Array(list) => list.iter().map(key_of).collect(),
        Value::Object(_) => vec![key_of(body)],
        _ => Vec::new(),
    }
}

fn named(cx: &Context) -> Result<Vec<TriggerKey>, ApiError> {
    cx.app.sync_triggers();
    Ok(keys(&cx.json::<Value>("triggers")?))
}

fn found(cx: &Context) -> Result<Vec<TriggerKey>, ApiError> {
    Ok(matching(cx)?.iter().map(TriggerRow::key).collect())
}

/// The triggers that a body names well enough for the server to find them, and how many it names without their tenant: 1.x
/// counts those as done.
fn named_with_tenant(cx: &Context, body: &Value) -> (Vec<TriggerKey>, usize) {
    let named = match body {
        Value::Array(list) => list.iter().collect(),
        Value::Object(_) => vec![body],
        _ => Vec::new(),
    };
    let (whole, lost): (Vec<&Value>, Vec<&Value>) = named.into_iter().partition(|body| has_tenant(cx, body));
    (whole.into_iter().map(key_of).collect(), lost.len())
}

/// Acts on those of the triggers that a body names, and tells how many.
fn act_on_named(
    cx: &Context,
    body: &Value,
    holds: impl Fn(&TriggerRow) -> bool,
    change: impl Fn(&mut TriggerRow) + Send + 'static,
) -> Answer {
    cx.app.sync_triggers();
    let (found, lost) = named_with_tenant(cx, body);
    let count = act(cx, &found, holds, change);
    answer(cx, count + lost)
}

/// Acts on those of the triggers for which a question holds, and counts them.
fn act(
    cx: &Context,
    keys: &[TriggerKey],
    holds: impl Fn(&TriggerRow) -> bool,
    change: impl Fn(&mut TriggerRow) + Send + 'static,
) -> usize {
    let mut held = keys.to_vec();
    held.retain(|key| cx.app.triggers().find(key).is_some_and(|row| holds(&row)));
    let (app, count) = (Arc::clone(&cx.app), held.len());
    cx.apply(move || {
        for key in &held {
            app.triggers().update(key, &change);
        }
    });
    count
}

/// 1.x counts what it was told, whether it is there or not.
fn unlock_named(cx: &Context) -> Answer {
    let keys = named(cx)?;
    let count = unlock(cx, &keys);
    answer(cx, if cx.dialect().is_v2() { count } else { keys.len() })
}

fn unlock_found(cx: &Context) -> Answer {
    let count = unlock(cx, &found(cx)?);
    answer(cx, count)
}

fn unlock(cx: &Context, keys: &[TriggerKey]) -> usize {
    act(cx, keys, TriggerRow::is_locked, |row| row.execution_id = None)
}

fn disable_named(cx: &Context) -> Answer {
    let name = if cx.dialect().is_v2() { "request" } else { "setDisabledRequest" };
    let body: Value = cx.json(name)?;
    let keys = keys(body.get("triggers").unwrap_or(&Value::Null));
    let disabled = body.get("disabled").and_then(Value::as_bool);
    let mut faults = Vec::new();
    if keys.is_empty() {
        faults.push((format!("disabledTriggersByIds.{name}.triggers"), "must not be empty"));
    }
    let (Some(disabled), true) = (disabled, faults.is_empty()) else {
        if disabled.is_none() {
            faults.push((format!("disabledTriggersByIds.{name}.disabled"), "must not be null"));
        }
        return Err(ApiError::invalid_entity(faults));
    };
    let named = body.get("triggers").unwrap_or(&Value::Null);
    act_on_named(cx, named, |_| true, move |row| row.disabled = disabled)
}

fn disable_found(cx: &Context) -> Answer {
    let disabled = cx.query().flag_or("disabled", true);
    let count = act(cx, &found(cx)?, |_| true, move |row| row.disabled = disabled);
    answer(cx, count)
}

fn pause_named(cx: &Context) -> Answer {
    act_on_named(cx, &cx.json("triggers")?, has_backfill(cx), set_paused(true))
}

fn pause_found(cx: &Context) -> Answer {
    let keys: Vec<TriggerKey> = matching_filters(cx)?.iter().map(TriggerRow::key).collect();
    pause(cx, &keys, true)
}

fn unpause_named(cx: &Context) -> Answer {
    act_on_named(cx, &cx.json("triggers")?, has_backfill(cx), set_paused(false))
}

fn unpause_found(cx: &Context) -> Answer {
    pause(cx, &found(cx)?, false)
}

fn pause(cx: &Context, keys: &[TriggerKey], paused: bool) -> Answer {
    let count = act(cx, keys, has_backfill(cx), set_paused(paused));
    answer(cx, count)
}

fn set_paused(paused: bool) -> impl Fn(&mut TriggerRow) + Send + 'static {
    move |row| {
        if let Some(backfill) = &mut row.backfill {
            backfill.paused = paused;
        }
    }
}

/// Whether an action on backfills counts a trigger: 2.0 counts every trigger that exists, though nothing happens to one without
/// a backfill.
fn has_backfill(cx: &Context) -> impl Fn(&TriggerRow) -> bool + use<> {
    let is_v2 = cx.dialect().is_v2();
    move |row| is_v2 || row.backfill.is_some()
}

fn delete_backfill_named(cx: &Context) -> Answer {
    act_on_named(cx, &cx.json("triggers")?, has_backfill(cx), TriggerRow::end_backfill)
}

fn delete_backfill_found(cx: &Context) -> Answer {
    let count = act(cx, &found(cx)?, has_backfill(cx), TriggerRow::end_backfill);
    answer(cx, count)
}

fn delete_named(cx: &Context) -> Answer {
    let keys = named(cx)?;
    let count = delete(cx, keys);
    answer(cx, count)
}

/// Deletes those of the triggers that are there, and counts them.
fn delete(cx: &Context, mut keys: Vec<TriggerKey>) -> usize {
    keys.retain(|key| cx.app.triggers().find(key).is_some());
    let (app, count) = (Arc::clone(&cx.app), keys.len());
    cx.apply(move || {
        for key in &keys {
            remove(&app, key);
        }
    });
    count
}

/// 1.3 leaves the count out when nothing was found.
fn delete_found(cx: &Context) -> Answer {
    let count = delete(cx, found(cx)?);
    if count == 0 && !cx.dialect().is_v2() {
        return Reply::json(&json!({}));
    }
    answer(cx, count)
}
