//! What the server refuses in a flow.

use std::collections::HashSet;

use kestra_flow::{Release, Severity};
use serde_json::{Map, Value};

use super::flow::{FlowDefinition, Task, plain_flag};
use super::flow_problem::FlowProblem;
use super::{input_check, task_types};
use crate::dialect::Dialect;

const CLASS: &str = "io.kestra.core.models.flows.FlowWithSource";

/// Properties of a flow in the order that the server lists them.
fn known_properties(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::V1_0 => &[
            "workerGroup",
            "finally",
            "tenantId",
            "retry",
            "inputs",
            "errors",
            "tasks",
            "outputs",
            "concurrency",
            "variables",
            "deleted",
            "id",
            "description",
            "labels",
            "pluginDefaults",
            "sla",
            "taskDefaults",
            "namespace",
            "disabled",
            "listeners",
            "revision",
            "afterExecution",
            "triggers",
            "source",
        ],
        Dialect::V1_3 => &[
            "workerGroup",
            "finally",
            "tenantId",
            "retry",
            "inputs",
            "errors",
            "tasks",
            "outputs",
            "concurrency",
            "variables",
            "deleted",
            "id",
            "description",
            "labels",
            "pluginDefaults",
            "sla",
            "checks",
            "taskDefaults",
            "namespace",
            "disabled",
            "listeners",
            "revision",
            "updated",
            "afterExecution",
            "triggers",
            "source",
        ],
        Dialect::V2_0 => &[
            "draft",
            "finally",
            "tenantId",
            "retry",
            "inputs",
            "errors",
            "tasks",
            "outputs",
            "concurrency",
            "variables",
            "deleted",
            "id",
            "description",
            "workerSelector",
            "labels",
            "sla",
            "checks",
            "policyRefs",
            "namespace",
            "disabled",
            "revision",
            "updated",
            "afterExecution",
            "triggers",
            "quotas",
            "source",
        ],
    }
}

const INPUT_TYPES: &[&str] = &[
    "STRING",
    "SELECT",
    "INT",
    "FLOAT",
    "BOOL",
    "DATETIME",
    "DATE",
    "TIME",
    "DURATION",
    "FILE",
    "JSON",
    "URI",
    "SECRET",
    "ARRAY",
    "MULTISELECT",
    "YAML",
    "EMAIL",
];

/// What servers refuse besides, by their types of tasks, triggers and inputs. The words are not those of a server.
pub(crate) fn schema(source: &str, dialect: Dialect) -> Result<(), FlowProblem> {
    let release = match dialect {
        Dialect::V1_0 => Release::V1_0,
        Dialect::V1_3 => Release::V1_3,
        Dialect::V2_0 => Release::V2_0,
    };
    let findings = kestra_flow::check(source, release);
    // A server takes a source that is `deleted`, and deletes the flow.
    let refused =
        findings.into_iter().find(|finding| finding.severity == Severity::Error && finding.path != "deleted");
    refused.map_or(Ok(()), |finding| Err(FlowProblem::mapping(finding.message, finding.path)))
}

/// Faults of the shape: unknown properties and types.
pub(crate) fn mapping(raw: &Map<String, Value>, dialect: Dialect) -> Result<(), FlowProblem> {
    for property in ["id", "namespace"] {
        if let Some(value) = raw.get(property).filter(|value| value.is_array() || value.is_object()) {
            return Err(FlowProblem::not_text(property, value, dialect));
        }
    }
    let known = known_properties(dialect);
    if let Some(property) = unknown(raw, known) {
        let list: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
        let close = if dialect == Dialect::V1_0 { "])" } else { ")" };
        return Err(FlowProblem::mapping(
            format!(
                "Unrecognized field \"{property}\" (class {CLASS}), not marked as ignorable ({} known properties: {}{close}",
                known.len(),
                list.join(", ")
            ),
            format!("{CLASS}[\"{property}\"]"),
        ));
    }
    for property in ["disabled", "deleted"] {
        if let Some(value) = raw.get(property).filter(|value| plain_flag(value).is_none()) {
            let message = format!("Cannot deserialize value of type `boolean` from {value}");
            return Err(FlowProblem::mapping(message, format!("{CLASS}[\"{property}\"]")));
        }
    }
    for property in ["tasks", "errors", "finally", "afterExecution", "triggers"] {
        if let Some(value) = raw.get(property).filter(|value| !value.is_null()) {
            types_of(value, &format!("{CLASS}[\"{property}\"]"), dialect)?;
        }
    }
    input_types(raw, dialect)
}

/// The first property that isn't known; what is null doesn't count.
fn unknown<'a>(raw: &'a Map<String, Value>, known: &[&str]) -> Option<&'a String> {
    raw.iter().find(|(key, value)| !value.is_null() && !known.contains(&key.as_str())).map(|(key, _)| key)
}

fn types_of(value: &Value, path: &str, dialect: Dialect) -> Result<(), FlowProblem> {
    let Some(list) = value.as_array() else {
        return Err(FlowProblem::mapping(
            "Cannot deserialize value of type `java.util.ArrayList<java.lang.Object>`: a list was expected",
            path,
        ));
    };
    for (index, entry) in list.iter().enumerate() {
        let path = format!("{path}->java.util.ArrayList[{index}]");
        let Some(map) = entry.as_object() else {
            return Err(FlowProblem::mapping("Cannot construct a task from a scalar", path));
        };
        let Some(kind) = map.get("type").and_then(Value::as_str) else {
            if let Some(inner) = map.get("task") {
                types_of(&Value::Array(vec![inner.clone()]), &path, dialect)?;
                continue;
            }
            let message = "Could not resolve subtype of [simple type, class io.kestra.core.models.Plugin]: missing type id \
                           property 'type'";
            return Err(FlowProblem::mapping(message, path));
        };
        if !task_types::exists(kind, dialect) {
            return Err(FlowProblem::unknown_type(kind, &path, dialect));
        }
        for property in ["tasks", "then", "else", "defaults", "errors", "finally"] {
            let inner = map.get(property).filter(|inner| is_task_list(inner));
            if let Some(inner) = inner {
                types_of(inner, &format!("{path}->{kind}[\"{property}\"]"), dialect)?;
            }
        }
        if let Some(cases) = map.get("cases").and_then(Value::as_object) {
            for (case, inner) in cases {
                types_of(
                    inner,
                    &format!("{path}->{kind}[\"cases\"]->java.util.LinkedHashMap[\"{case}\"]"),
                    dialect,
                )?;
            }
        }
    }
    Ok(())
}

/// Whether a property of a task holds tasks rather than data of the same name.
fn is_task_list(value: &Value) -> bool {
    value.as_array().is_some_and(|list| {
        list.iter().all(|entry| entry.get("type").is_some() || entry.get("task").is_some())
    })
}

fn input_types(raw: &Map<String, Value>, dialect: Dialect) -> Result<(), FlowProblem> {
    let list = raw.get("inputs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, input) in list.iter().enumerate() {
        let Some(kind) = input.get("type").and_then(Value::as_str) else { continue };
        let upper = kind.to_ascii_uppercase();
        let exists = match upper.as_str() {
            "BOOLEAN" | "ENUM" => !dialect.is_v2(),
            "FORM" => dialect >= Dialect::V1_3,
            "ION" => dialect.is_v2(),
            other => INPUT_TYPES.contains(&other),
        };
        if !exists {
            let path = format!("{CLASS}[\"inputs\"]->java.util.ArrayList[{index}]");
            return Err(FlowProblem::mapping(format!("Invalid type: {kind}"), path));
        }
    }
    Ok(())
}

/// Faults of the values.
pub(crate) fn constraints(flow: &FlowDefinition, dialect: Dialect) -> Result<(), FlowProblem> {
    let mut faults: Vec<(String, String)> = Vec::new();
    let mut fault = |path: &str, message: &str| faults.push((message.to_owned(), path.to_owned()));
    let has = |key: &str| flow.raw.get(key).is_some_and(|value| !value.is_null());
    if flow.raw.get("tasks").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        fault("tasks", "must not be empty");
    }
    if !has("id") {
        if dialect == Dialect::V1_0 {
            return Err(FlowProblem::crash());
        }
        fault("id", "must not be blank");
        fault("id", "must not be null");
    } else if !is_name(&flow.id, true) {
        fault("id", "must match \"^[a-zA-Z0-9][a-zA-Z0-9._-]*\"");
    }
    if flow.id.len() > 100 {
        fault("id", "size must be between 1 and 100");
    }
    if !has("namespace") {
        fault("namespace", "must not be null");
    } else if !is_name(&flow.namespace, false) {
        fault("namespace", "must match \"^[a-z0-9][a-z0-9._-]*\"");
    }
    if flow.namespace.len() > 150 {
        fault("namespace", "size must be between 1 and 150");
    }
    for (property, tasks) in [("tasks", &flow.tasks), ("errors", &flow.errors), ("finally", &flow.finally)] {
        task_ids(property, tasks, &mut fault);
    }
    for (index, trigger) in flow.triggers.iter().enumerate() {
        if trigger.id.is_empty() {
            fault(&format!("triggers[{index}].id"), "must not be null");
        }
    }
    for (index, input) in flow.inputs.iter().enumerate() {
        if let Some(message) = input_check::fault(input, dialect) {
            fault(&format!("inputs[{index}]"), &message);
        }
    }
    for message in whole_flow(flow, dialect) {
        fault("", &format!("Invalid Flow: {message}"));
    }
    if faults.is_empty() { Ok(()) } else { Err(FlowProblem::constraints(faults)) }
}

fn task_ids(property: &str, tasks: &[Task], fault: &mut impl FnMut(&str, &str)) {
    for (index, task) in tasks.iter().enumerate() {
        let path = format!("{property}[{index}]");
        if task.id.is_empty() {
            fault(&format!("{path}.id"), "must not be null");
        } else if !is_name(&task.id, true) {
            fault(&format!("{path}.id"), "must match \"^[a-zA-Z0-9][a-zA-Z0-9_-]*\"");
        }
    }
}

/// Faults that no single property has.
fn whole_flow(flow: &FlowDefinition, dialect: Dialect) -> Vec<String> {
    let mut messages = Vec::new();
    let mut task_ids = Vec::new();
    for task in flow.tasks.iter().chain(&flow.errors).chain(&flow.finally).chain(&flow.after_execution) {
        collect_ids(task, &mut task_ids);
    }
    let twice = duplicates(&task_ids);
    if !twice.is_empty() {
        messages.push(format!("Duplicate task id with name [{}]", twice.join(", ")));
    }
    let triggers: Vec<String> = flow.triggers.iter().map(|trigger| trigger.id.clone()).collect();
    let twice = duplicates(&triggers);
    if !twice.is_empty() {
        messages.push(format!("Duplicate trigger id with name [{}]", twice.join(", ")));
    }
    let inputs: Vec<String> = flow.inputs.iter().map(|input| input.id.clone()).collect();
    let twice = duplicates(&inputs);
    if !twice.is_empty() {
        messages.push(format!("Duplicate input with name [{}]", twice.join(", ")));
    }
    messages.extend(input_check::path_conflicts(&flow.inputs, dialect));
    let outputs: Vec<String> = flow.outputs.iter().map(|output| output.id.clone()).collect();
    let twice = duplicates(&outputs);
    if !twice.is_empty() {
        messages.push(format!("Duplicate output with name [{}]", twice.join(", ")));
    }
    messages.extend(input_check::missing_for_schedules(flow, dialect));
    for (key, value) in &flow.labels {
        if key.starts_with("system.") && key != "system.readOnly" {
            messages.push(format!(
                "System labels can only be set by Kestra itself, offending label: {key}={value}"
            ));
        }
    }
    messages
}

fn collect_ids(task: &Task, ids: &mut Vec<String>) {
    ids.push(task.id.clone());
    for child in task.all_children() {
        collect_ids(&child, ids);
    }
}

fn duplicates(ids: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut twice: Vec<String> = Vec::new();
    for id in ids.iter().filter(|id| !id.is_empty()) {
        if !seen.insert(id) && !twice.contains(id) {
            twice.push(id.clone());
        }
    }
    twice
}

/// Letters, digits, dots, underscores, dashes; the first one a letter or a digit.
fn is_name(text: &str, upper: bool) -> bool {
    let first = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || upper && c.is_ascii_uppercase();
    text.starts_with(first) && text.chars().all(|c| first(c) || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "tasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: Hello\n";

    fn verdict(source: &str, dialect: Dialect) -> String {
        match FlowDefinition::parse(source, dialect) {
            Ok(_) => String::new(),
            Err(problem) => problem.validation_text(dialect),
        }
    }

    #[test]
    fn a_flow_without_an_id_has_two_faults() {
        let text = verdict(&format!("namespace: a.b\n{LOG}"), Dialect::V1_3);
        assert_eq!(text, "Validation error: id: must not be blank\nid: must not be null\n");
    }

    #[test]
    fn names_are_checked() {
        let text = verdict(&format!("id: bad id!\nnamespace: a\n{LOG}"), Dialect::V2_0);
        assert_eq!(text, "Validation error: id: must match \"^[a-zA-Z0-9][a-zA-Z0-9._-]*\"\n");
        assert!(
            verdict(&format!("id: x\nnamespace: A B\n{LOG}"), Dialect::V2_0)
                .contains("namespace: must match")
        );
    }

    #[test]
    fn unknown_things_are_refused() {
        let flow = format!("id: a\nnamespace: b\n{LOG}nope: 1\n");
        assert!(verdict(&flow, Dialect::V2_0).starts_with("Validation error: Unrecognized field \"nope\""));
        let flow = "id: a\nnamespace: b\ntasks: [{id: x, type: io.kestra.nope}]\n";
        assert_eq!(verdict(flow, Dialect::V2_0), "Validation error: Invalid type: io.kestra.nope");
        let flow = format!("id: a\nnamespace: b\n{LOG}checks: []\n");
        assert!(verdict(&flow, Dialect::V1_0).contains("Unrecognized field \"checks\""));
        assert_eq!(verdict(&flow, Dialect::V1_3), "");
    }

    #[test]
    fn ids_are_unique_at_any_depth() {
        let flow = "id: a\nnamespace: b\ntasks:\n  - id: x\n    type: io.kestra.plugin.core.flow.Sequential\n    tasks:\n      - {id: x, type: io.kestra.plugin.core.log.Log, message: hi}\n";
        assert_eq!(
            verdict(flow, Dialect::V1_3),
            "Validation error:  Invalid Flow: Duplicate task id with name [x]\n"
        );
    }
}
