//! Unlocking, restarting, enabling, disabling and deleting one trigger.

use serde_json::Value;

use super::view::{self, key_of, key_of_path, missing, named};
use crate::app::App;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::{TriggerKey, TriggerRow};

/// A row, after the triggers were brought up to date.
pub(super) fn find(cx: &Context, key: &TriggerKey) -> Result<TriggerRow, ApiError> {
    cx.app.sync_triggers();
    cx.app.triggers().find(key).ok_or_else(|| missing(cx, key))
}

/// Changes a row that is there, and answers with it.
pub(super) fn update(cx: &Context, key: &TriggerKey, change: impl FnOnce(&mut TriggerRow)) -> Answer {
    find(cx, key)?;
    let row = cx.app.triggers().update(key, change).ok_or_else(|| missing(cx, key))?;
    Reply::json(&view::state(&row, cx.dialect()))
}

/// Lets a trigger go on that waits for an execution.
pub(super) fn unlock(cx: &Context) -> Answer {
    let key = key_of_path(cx);
    if !find(cx, &key)?.is_locked() {
        return Err(if cx.dialect().is_v2() {
            ApiError::conflict(format!("trigger {} is already unlocked", named(&key)))
        } else {
            ApiError::illegal_state("Trigger is not locked")
        });
    }
    update(cx, &key, |row| row.execution_id = None)
}

/// Begins again: nothing was evaluated so far.
pub(super) fn restart(cx: &Context) -> Answer {
    let v2 = cx.dialect().is_v2();
    update(cx, &key_of_path(cx), |row| {
        row.execution_id = None;
        if !v2 {
            row.date = None;
            row.touched = false;
        }
    })
}

/// Deletes what is known of a trigger.
pub(super) fn delete(cx: &Context) -> Answer {
    let key = key_of_path(cx);
    find(cx, &key)?;
    remove(&cx.app, &key);
    Ok(Reply::empty(204))
}

/// Deletes a row, and says whether it was there.
pub(super) fn remove(app: &App, key: &TriggerKey) -> bool {
    let revision = app.stored_flow(&key.0, &key.1, None).map(|flow| flow.revision).unwrap_or_default();
    app.triggers().delete(key, revision)
}

/// Enables or disables a trigger of a 2.0 server; nobody confirms it where no executor runs.
pub(super) async fn set_disabled(cx: Context) -> Answer {
    let body: Value = cx.json("request")?;
    let Some(disabled) = body.get("disabled").and_then(Value::as_bool) else {
        return Err(ApiError::invalid_entity([("disableTriggerById.request.disabled", "must not be null")]));
    };
    let key = key_of(&body);
    if cx.app.settings.no_executor {
        // Without those who run flows nobody knows the trigger either.
        tokio::time::sleep(cx.app.settings.wait_timeout()).await;
        return Err(ApiError::new(504, "Gateway Timeout: Operation timed out waiting for state transition"));
    }
    update(&cx, &key, |row| row.disabled = disabled)
}
