//! Flows as the API writes them: the source with the defaults of the model filled in.

use serde_json::{Map, Value, json};

use super::flow::{FlowDefinition, InputDefinition, Task, label_pairs, plain_text};
use crate::dialect::Dialect;
use crate::yaml;

/// The flow without revision, source and times.
pub(crate) fn flow(flow: &FlowDefinition, dialect: Dialect) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in &flow.raw {
        let written = match key.as_str() {
            "labels" => labels(&flow.labels),
            "tasks" | "errors" | "finally" | "afterExecution" | "triggers" => tasks(value, dialect),
            "inputs" => inputs(&flow.inputs),
            "outputs" => outputs(value),
            "retry" => retry(value, dialect),
            "checks" => checks(flow, dialect),
            "sla" => sla(value),
            "concurrency" => concurrency(flow),
            "id" | "namespace" | "description" if !value.is_null() => Value::from(plain_text(value)),
            "disabled" | "deleted" | "draft" | "source" | "revision" | "updated" | "tenantId" => continue,
            _ => value.clone(),
        };
        if !written.is_null() {
            out.insert(key.clone(), written);
        }
    }
    flags(flow, dialect, &mut out);
    out
}

/// The flow as one who may only execute it sees it: tasks by id and type only.
pub(crate) fn for_execution(flow: &FlowDefinition, revision: u64, dialect: Dialect) -> Value {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(flow.id));
    out.insert("namespace".to_owned(), json!(flow.namespace));
    out.insert("revision".to_owned(), json!(revision));
    if !flow.inputs.is_empty() {
        out.insert("inputs".to_owned(), inputs(&flow.inputs));
    }
    flags(flow, dialect, &mut out);
    let bare = |tasks: &[Task]| tasks.iter().map(bare_task).collect::<Value>();
    out.insert("tasks".to_owned(), bare(&flow.tasks));
    out.insert("errors".to_owned(), bare(&flow.errors));
    out.insert("finally".to_owned(), bare(&flow.finally));
    out.insert("afterExecution".to_owned(), bare(&flow.after_execution));
    out.insert("triggers".to_owned(), bare(&flow.triggers));
    out.insert("sla".to_owned(), json!([]));
    if dialect.is_v2() {
        out.insert("quotas".to_owned(), json!([]));
    }
    Value::Object(out)
}

/// A task by id and type, with the tasks below it.
pub(crate) fn bare_task(task: &Task) -> Value {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(task.id));
    out.insert("type".to_owned(), json!(task.kind));
    for key in ["tasks", "then", "else", "errors", "finally"] {
        let children = task.children(key);
        if !children.is_empty() {
            out.insert(key.to_owned(), children.iter().map(bare_task).collect());
        }
    }
    Value::Object(out)
}

/// One task or trigger as the API writes it.
pub(crate) fn task(value: &Value, dialect: Dialect) -> Value {
    let Some(map) = value.as_object() else { return value.clone() };
    let kind = map.get("type").map(plain_text).unwrap_or_default();
    let mut out = Map::new();
    for (key, value) in map {
        let written = match key.as_str() {
            "id" | "type" | "description" | "message" | "format" if is_scalar(value) => {
                json!(plain_text(value))
            }
            "retry" => retry(value, dialect),
            "labels" if !kind.ends_with(".execution.Labels") => labels(&label_pairs(value)),
            "wait" | "transmitFailed" if kind.ends_with(".Subflow") && *value == json!(true) => continue,
            "disabled" | "allowFailure" | "allowWarning" | "logToFile" if *value == json!(false) => continue,
            "tasks" | "then" | "else" | "errors" | "finally" | "defaults" if value.is_array() => {
                tasks(value, dialect)
            }
            _ => value.clone(),
        };
        if !written.is_null() {
            out.insert(key.clone(), written);
        }
    }
    Value::Object(out)
}

fn is_scalar(value: &Value) -> bool {
    yaml::text(value).is_some()
}

fn tasks(value: &Value, dialect: Dialect) -> Value {
    match value {
        Value::Array(list) => list.iter().map(|value| task(value, dialect)).collect(),
        other => other.clone(),
    }
}

fn flags(flow: &FlowDefinition, dialect: Dialect, out: &mut Map<String, Value>) {
    out.insert("disabled".to_owned(), json!(flow.disabled));
    out.insert("deleted".to_owned(), json!(false));
    if dialect.is_v2() {
        let draft = flow.raw.get("draft").and_then(Value::as_bool).unwrap_or(false);
        out.insert("draft".to_owned(), json!(draft));
    }
}

/// Labels as the API always writes them.
pub(crate) fn labels(pairs: &[(String, String)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// Inputs with the defaults of their types.
pub(crate) fn inputs(inputs: &[InputDefinition]) -> Value {
    inputs.iter().map(input).collect()
}

/// One input with the defaults of its type.
pub(crate) fn input(definition: &InputDefinition) -> Value {
    let mut out = definition.properties.clone();
    out.retain(|_, value| !value.is_null());
    out.insert("id".to_owned(), json!(definition.id));
    out.insert("type".to_owned(), json!(definition.kind));
    out.entry("required").or_insert(json!(true));
    if let Some(defaults) = out.get_mut("defaults") {
        *defaults = json!(plain_text(defaults));
    }
    let mut default = |key: &str, value: Value| {
        out.entry(key).or_insert(value);
    };
    match definition.kind.as_str() {
        "SELECT" => {
            default("allowCustomValue", json!(false));
            default("isRadio", json!(false));
            default("autoSelectFirst", json!(false));
        }
        "MULTISELECT" => {
            default("itemType", json!("STRING"));
            default("allowCustomValue", json!(false));
            default("autoSelectFirst", json!(false));
        }
        _ => {}
    }
    Value::Object(out)
}

fn outputs(value: &Value) -> Value {
    let Some(list) = value.as_array() else { return value.clone() };
    let one = |entry: &Value| {
        let mut entry = entry.clone();
        if let Some(map) = entry.as_object_mut() {
            map.retain(|_, value| !value.is_null());
            if let Some(kind) = map.get_mut("type") {
                *kind = json!(plain_text(kind).to_ascii_uppercase());
            }
        }
        entry
    };
    list.iter().map(one).collect()
}

fn checks(flow: &FlowDefinition, dialect: Dialect) -> Value {
    let condition = if dialect.is_v2() { "when" } else { "condition" };
    let one = |check: &super::flow::Check| {
        json!({
            condition: check.condition,
            "message": check.message,
            "style": check.style,
            "behavior": check.behavior,
        })
    };
    flow.checks.iter().map(one).collect()
}

fn concurrency(flow: &FlowDefinition) -> Value {
    flow.concurrency
        .as_ref()
        .map_or(Value::Null, |limit| json!({"limit": limit.limit, "behavior": limit.behavior}))
}

/// Service levels, whose labels are a list as everywhere.
fn sla(value: &Value) -> Value {
    let Some(list) = value.as_array() else { return value.clone() };
    let one = |level: &Value| {
        let mut level = level.clone();
        if let Some(written) = level.get_mut("labels") {
            *written = labels(&label_pairs(written));
        }
        level
    };
    list.iter().map(one).collect()
}

/// A retry with the defaults of the model; 1.x writes the old name of the number of attempts beside the new one.
fn retry(value: &Value, dialect: Dialect) -> Value {
    let Some(map) = value.as_object() else { return value.clone() };
    let mut out = map.clone();
    out.entry("warningOnRetry").or_insert(json!(false));
    out.entry("behavior").or_insert(json!("RETRY_FAILED_TASK"));
    let attempts = out.get("maxAttempts").or_else(|| out.get("maxAttempt")).cloned();
    if let Some(attempts) = attempts {
        out.insert("maxAttempts".to_owned(), attempts.clone());
        if !dialect.is_v2() {
            out.insert("maxAttempt".to_owned(), attempts);
        }
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_a_list_wherever_the_model_has_labels() {
        let list = json!([{"key": "team", "value": "data"}]);
        let written = |kind: &str| task(&json!({"type": kind, "labels": {"team": "data"}}), Dialect::V2_0);
        assert_eq!(written("io.kestra.plugin.core.trigger.Schedule")["labels"], list);
        assert_eq!(written("io.kestra.plugin.core.flow.Subflow")["labels"], list);
        assert_eq!(written("io.kestra.plugin.core.execution.Labels")["labels"], json!({"team": "data"}));
        assert_eq!(sla(&json!([{"id": "a", "labels": {"team": "data"}}]))[0]["labels"], list);
    }
}
