//! Changing a trigger of 1.x, and backfills of both.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::{find, update as change};
use super::view::{self, has_tenant, key_of};
use crate::dialect::Dialect;
use crate::engine::flow::{Task, label_pairs};
use crate::engine::schedule::{next, start_backfill, trigger_of};
use crate::engine::time;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::{Backfill, TriggerKey};

/// Replaces what is known of a trigger by the body; a backfill in it begins.
pub(super) fn update(cx: &Context) -> Answer {
    let body: Value = cx.json("newTrigger")?;
    let key = key_of(&body);
    let trigger = source(cx, &key)?;
    let at = |name: &str| body.get(name).and_then(Value::as_str).and_then(time::parse_instant);
    let before = find(cx, &key)?;
    let asked = body.get("backfill").filter(|backfill| !backfill.is_null());
    let mut backfill = match asked {
        None => None,
        Some(asked) => Some(read(cx, asked, at("nextExecutionDate")).ok_or_else(|| {
            ApiError::bad_request(
                "Cannot invoke \"java.time.ZonedDateTime.withZoneSameInstant(java.time.ZoneId)\" because \"date\" is null",
            )
        })?),
    };
    let now = Timestamp::now();
    let disabled = body.get("disabled").and_then(Value::as_bool).unwrap_or(false);
    let following = match &backfill {
        // What ends before its first time is over at once, but stays to be seen.
        Some(backfill) => next(&trigger, backfill.current)
            .filter(|next| *next <= backfill.end)
            .or_else(|| next(&trigger, now)),
        None if before.disabled && !disabled && cx.dialect() == Dialect::V1_3 => Some(now),
        None => at("nextExecutionDate"),
    };
    let number = backfill.as_mut().map(|backfill| {
        backfill.number = cx.app.triggers().next_backfill();
        backfill.number
    });
    let answer = change(cx, &key, |row| {
        row.date = at("date");
        row.next = following;
        row.disabled = disabled;
        row.backfill = backfill;
        row.touched = body.get("updatedDate").is_some();
        row.execution_id = body.get("executionId").and_then(Value::as_str).map(ToOwned::to_owned);
    });
    if let Some(number) = number {
        start_backfill(&cx.app, key, number);
    }
    answer
}

/// The trigger in the flow; 404 with the words of 1.x.
fn source(cx: &Context, key: &TriggerKey) -> Result<Task, ApiError> {
    let (namespace, flow_id, trigger_id) = key;
    let flow = cx
        .app
        .stored_flow(namespace, flow_id, None)
        .ok_or_else(|| ApiError::not_found_because(format!("Flow of trigger {trigger_id} not found")))?;
    trigger_of(&flow.definition, trigger_id)
        .ok_or_else(|| ApiError::not_found_because(format!("Flow {flow_id} has no trigger {trigger_id}")))
}

/// The backfill of a body; none without a start.
fn read(cx: &Context, asked: &Value, previous_next: Option<Timestamp>) -> Option<Backfill> {
    let at = |name: &str| asked.get(name).and_then(Value::as_str).and_then(time::parse_instant);
    let start = at("start")?;
    Some(Backfill {
        start,
        end: at("end").unwrap_or_else(Timestamp::now),
        current: at("currentDate").filter(|_| !cx.dialect().is_v2()).unwrap_or(start),
        paused: asked.get("paused").and_then(Value::as_bool).unwrap_or(false),
        inputs: asked.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default(),
        labels: asked.get("labels").map(label_pairs).unwrap_or_default(),
        previous_next,
        number: 0,
    })
}

/// Begins a backfill on a 2.0 server, unless one is going on.
pub(super) fn create(cx: &Context) -> Answer {
    let body: Value = cx.json("request")?;
    let key = key_of(&body);
    let row = find(cx, &key)?;
    let failed = |cause: &str| ApiError::conflict(format!("Create backfill failed: {cause}"));
    if row.backfill.is_some() {
        let (namespace, flow, trigger) = &key;
        return Err(failed(&format!(
            "A backfill is already running on trigger 'main_{namespace}_{flow}_{trigger}'. Delete it before creating a new one."
        )));
    }
    let trigger = source(cx, &key)?;
    let asked = body.get("backfill").cloned().unwrap_or_else(|| json!({}));
    let Some(mut backfill) = read(cx, &asked, row.next) else {
        return Err(failed(
            "Cannot invoke \"java.time.ZonedDateTime.minusNanos(long)\" because the return value of \
             \"io.kestra.core.models.triggers.Backfill.getStart()\" is null",
        ));
    };
    let just_before = backfill.start - jiff::SignedDuration::from_nanos(1);
    let Some(first) = next(&trigger, just_before).filter(|first| *first <= backfill.end) else {
        // There is nothing to catch up with.
        return Reply::json(&view::state(&row, cx.dialect()));
    };
    backfill.current = first;
    backfill.number = cx.app.triggers().next_backfill();
    let number = backfill.number;
    let answer = change(cx, &key, |row| {
        row.next = Some(first);
        row.backfill = Some(backfill);
    });
    start_backfill(&cx.app, key, number);
    answer
}

/// Pauses a backfill.
pub(super) fn pause(cx: &Context) -> Answer {
    with_backfill(cx, |row| {
        if let Some(backfill) = &mut row.backfill {
            backfill.paused = true;
        }
    })
}

/// Goes on with a backfill.
pub(super) fn unpause(cx: &Context) -> Answer {
    with_backfill(cx, |row| {
        if let Some(backfill) = &mut row.backfill {
            backfill.paused = false;
        }
    })
}

/// Ends a backfill.
pub(super) fn delete(cx: &Context) -> Answer {
    with_backfill(cx, crate::store::TriggerRow::end_backfill)
}

/// Changes the trigger of the body; without a backfill that is an error on 1.x and nothing on 2.0.
fn with_backfill(cx: &Context, act: impl FnOnce(&mut crate::store::TriggerRow)) -> Answer {
    let body: Value = cx.json("trigger")?;
    let key = key_of(&body);
    if !has_tenant(cx, &body) {
        return Err(ApiError::not_found());
    }
    let row = find(cx, &key)?;
    if row.backfill.is_none() && !cx.dialect().is_v2() {
        return Err(ApiError::bad_request("No backfill found"));
    }
    change(cx, &key, act)
}
