//! Triggers as answers show them, and how requests name them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::dialect::Dialect;
use crate::engine::flow_json;
use crate::http::{ApiError, Context};
use crate::query::{Comparison, Filter, Subject};
use crate::store::{Backfill, TriggerKey, TriggerRow};

/// A trigger's state.
pub(super) fn state(row: &TriggerRow, dialect: Dialect) -> Value {
    let mut map = Map::new();
    if !dialect.is_v2() {
        map.insert("tenantId".to_owned(), json!("main"));
    }
    map.insert("namespace".to_owned(), json!(row.namespace));
    map.insert("flowId".to_owned(), json!(row.flow_id));
    map.insert("triggerId".to_owned(), json!(row.trigger_id));
    let mut date = |key: &str, at: Option<Timestamp>| {
        if let Some(at) = at {
            map.insert(key.to_owned(), json!(at.to_string()));
        }
    };
    if dialect.is_v2() {
        date("updatedAt", Some(row.updated));
        date("evaluatedAt", row.date);
        date("nextEvaluationDate", row.next);
        date("lastTriggeredDate", row.last_triggered);
        map.insert("locked".to_owned(), json!(row.is_locked()));
        let schedule = row.kind.ends_with(".trigger.Schedule");
        map.insert("kind".to_owned(), json!(if schedule { "SCHEDULE" } else { "POLLING" }));
    } else {
        date("date", row.date);
        date("nextExecutionDate", row.next);
        date("updatedDate", Some(row.updated).filter(|_| row.touched));
    }
    map.insert("disabled".to_owned(), json!(row.disabled));
    if let Some(backfill) = &row.backfill {
        map.insert("backfill".to_owned(), backfill_json(backfill));
    }
    if let Some(id) = &row.execution_id {
        map.insert("executionId".to_owned(), json!(id));
    }
    Value::Object(map)
}

fn backfill_json(backfill: &Backfill) -> Value {
    let mut map = json!({
        "start": backfill.start.to_string(),
        "end": backfill.end.to_string(),
        "currentDate": backfill.current.to_string(),
        "paused": backfill.paused,
    });
    if !backfill.inputs.is_empty() {
        map["inputs"] = json!(backfill.inputs);
    }
    if !backfill.labels.is_empty() {
        map["labels"] = flow_json::labels(&backfill.labels);
    }
    if let Some(previous) = backfill.previous_next {
        map["previousNextExecutionDate"] = json!(previous.to_string());
    }
    map
}

/// A row of a search: the trigger of the source, if the flow has it, and its state.
pub(super) fn found(cx: &Context, row: &TriggerRow) -> Value {
    let (source, own) =
        if cx.dialect().is_v2() { ("trigger", "state") } else { ("abstractTrigger", "triggerContext") };
    let mut map = Map::new();
    if let Some(trigger) = cx.app.trigger_source(row) {
        map.insert(source.to_owned(), trigger);
    }
    map.insert(own.to_owned(), state(row, cx.dialect()));
    Value::Object(map)
}

/// The trigger that a path names.
pub(super) fn key_of_path(cx: &Context) -> TriggerKey {
    (cx.param("namespace").to_owned(), cx.param("flowId").to_owned(), cx.param("triggerId").to_owned())
}

/// The trigger that a body names.
pub(super) fn key_of(body: &Value) -> TriggerKey {
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("namespace"), text("flowId"), text("triggerId"))
}

/// Whether a body names the tenant of the trigger, without which 1.x finds none.
pub(super) fn has_tenant(cx: &Context, body: &Value) -> bool {
    cx.dialect().is_v2() || body.get("tenantId").and_then(Value::as_str) == Some("main")
}

/// 404: there is no such trigger.
pub(super) fn missing(cx: &Context, key: &TriggerKey) -> ApiError {
    if !cx.dialect().is_v2() {
        return ApiError::not_found();
    }
    ApiError::not_found_because(format!("Trigger {} not found", named(key)))
}

/// A trigger in the words of messages.
pub(super) fn named((namespace, flow, trigger): &TriggerKey) -> String {
    format!("[tenant=main, namespace={namespace}, flow={flow}, trigger={trigger}]")
}

impl Subject for TriggerRow {
    fn text(&self, field: &str) -> Option<String> {
        match field {
            "namespace" => Some(self.namespace.clone()),
            "flowId" => Some(self.flow_id.clone()),
            "triggerId" => Some(self.trigger_id.clone()),
            _ => None,
        }
    }

    fn labels(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn full_text(&self) -> String {
        format!("{} {} {}", self.namespace, self.flow_id, self.trigger_id)
    }

    fn instant(&self, field: &str) -> Option<Timestamp> {
        match field {
            "lastTriggeredDate" => self.last_triggered,
            "nextExecutionDate" => self.next,
            _ => self.date.or(self.next),
        }
    }

    fn special(&self, filter: &Filter) -> Option<bool> {
        let is = match filter.field {
            "locked" => self.is_locked().to_string() == filter.value.to_lowercase(),
            "triggerState" => match filter.value.as_str() {
                "enabled" => !self.disabled,
                "disabled" => self.disabled,
                // What is no state, or one in other letters, asks for nothing.
                _ => return Some(true),
            },
            "source" => {
                let backfill = self.backfill.is_some();
                return Some(!filter.value.eq_ignore_ascii_case("BACKFILL") || backfill);
            }
            _ => return None,
        };
        Some(if filter.op == Comparison::NOT_EQUALS { !is } else { is })
    }
}
