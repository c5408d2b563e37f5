//! Flows as JSON, which 1.x takes beside YAML.

use serde_json::Value;

use super::bulk::{self, Incoming};
use super::write::{exists, source_of_json, store_new, store_update};
use crate::engine::flow::FlowDefinition;
use crate::http::{Answer, ApiError, Context};

/// Creates a flow from JSON, whatever the content type says.
pub(super) fn create(cx: &Context) -> Answer {
    let (flow, source) = flow_of_body(cx)?;
    store_new(cx, flow, source, false)
}

/// Replaces a flow.
pub(super) fn update(cx: &Context) -> Answer {
    let (flow, source) = flow_of_body(cx)?;
    exists(cx)?;
    store_update(cx, flow, source, false)
}

/// Replaces one task of a flow.
pub(super) fn update_task(cx: &Context) -> Answer {
    let task: Value = cx.json("task")?;
    let id = cx.param("taskId");
    let stored =
        cx.app.flows().find(cx.param("namespace"), cx.param("id")).ok_or_else(ApiError::not_found)?;
    if task.get("id").and_then(Value::as_str) != Some(id) {
        return Err(ApiError::illegal_argument("Invalid taskId, previous & current must be same"));
    }
    let mut raw = Value::Object(stored.definition.raw.clone());
    if !replace(&mut raw, id, &task) {
        return Err(ApiError::not_found_because(format!("Can't find task with id '{id}'")));
    }
    let source = source_of_json(&raw);
    let flow = FlowDefinition::from_value(raw, cx.dialect()).map_err(|problem| problem.into_error())?;
    store_update(cx, flow, source, false)
}

/// Replaces the flows of a namespace.
pub(super) fn update_namespace(cx: &Context) -> Answer {
    let list: Vec<Value> = cx.json("flows")?;
    let mut incoming = Vec::new();
    for value in list {
        let source = source_of_json(&value);
        let flow = FlowDefinition::from_value(value, cx.dialect()).map_err(|problem| problem.into_error())?;
        incoming.push(Incoming { flow, source });
    }
    bulk::replace_namespace(cx, incoming, false)
}

fn flow_of_body(cx: &Context) -> Result<(FlowDefinition, String), ApiError> {
    let json = cx.request.media_type().is_none_or(|media| media.ends_with("json"));
    if cx.request.body.is_empty() || !json {
        return Err(ApiError::bad_argument("Required Body [flow] not specified"));
    }
    let value: Value = serde_json::from_slice(&cx.request.body).map_err(|error| {
        if cx.request.media_type().is_none() {
            ApiError::internal(error.to_string())
        } else {
            ApiError::new(422, format!("Invalid json: {error}")).with_detail(error.to_string(), None)
        }
    })?;
    let source = source_of_json(&value);
    let flow = FlowDefinition::from_value(value, cx.dialect()).map_err(|problem| problem.into_error())?;
    Ok((flow, source))
}

/// Puts a task in the place of the one with the same id, at any depth.
fn replace(value: &mut Value, id: &str, task: &Value) -> bool {
    match value {
        Value::Object(map) => {
            if map.get("id").and_then(Value::as_str) == Some(id) && map.contains_key("type") {
                *value = task.clone();
                return true;
            }
            map.values_mut().any(|value| replace(value, id, task))
        }
        Value::Array(list) => list.iter_mut().any(|value| replace(value, id, task)),
        _ => false,
    }
}
