//! Validating flows, tasks and triggers without storing them.

use serde_json::{Map, Value, json};

use super::write::required_source;
use crate::dialect::Dialect;
use crate::engine::flow::{FlowDefinition, Task, plain_text};
use crate::engine::task_types;
use crate::http::{Answer, Context, Reply};
use crate::yaml;

/// Flows of a YAML body, split at lines that are `---`.
pub(super) fn source(cx: &Context) -> Answer {
    let text = if cx.dialect() < Dialect::V1_3 { required_source(cx, "flows")? } else { cx.request.text() };
    let all: Vec<Value> = yaml::documents(&text)
        .iter()
        .enumerate()
        .map(|(index, document)| one(index, document, None, cx.dialect()))
        .collect();
    Reply::json(&all)
}

/// Flows of the files of a multipart body.
pub(super) async fn files(cx: Context) -> Answer {
    let mut all = Vec::new();
    for part in cx.request.parts_with("flows").await?.iter().filter(|part| part.name == "flows") {
        for document in yaml::documents(&part.text()) {
            all.push(one(all.len(), &document, part.filename.as_deref(), cx.dialect()));
        }
    }
    Reply::json(&all)
}

/// Flows of a JSON list.
pub(super) fn json(cx: &Context) -> Answer {
    let list: Vec<Value> = cx.json("flows")?;
    let all: Vec<Value> = list
        .iter()
        .enumerate()
        .map(|(index, value)| one(index, &value.to_string(), None, cx.dialect()))
        .collect();
    Reply::json(&all)
}

fn one(index: usize, source: &str, filename: Option<&str>, dialect: Dialect) -> Value {
    let mut map = Map::new();
    map.insert("index".to_owned(), json!(index));
    if let Some(filename) = filename {
        map.insert("filename".to_owned(), json!(filename));
    }
    let parsed = FlowDefinition::parse(source, dialect);
    let readable = match &parsed {
        Ok(_) => true,
        Err(problem) => {
            map.insert("constraints".to_owned(), json!(problem.validation_text(dialect)));
            problem.is_constraint()
        }
    };
    map.insert("outdated".to_owned(), json!(false));
    if readable {
        let raw = yaml::read(source).unwrap_or_default();
        for (name, key) in [("namespace", "namespace"), ("flow", "id")] {
            if let Some(value) = raw.get(key).filter(|value| !value.is_null()) {
                map.insert(name.to_owned(), json!(plain_text(value)));
            }
        }
        map.insert("deprecationPaths".to_owned(), json!(deprecations(&raw)));
        map.insert("warnings".to_owned(), json!([]));
        map.insert("infos".to_owned(), json!([]));
    }
    Value::Object(map)
}

/// The paths of tasks whose type is deprecated.
fn deprecations(raw: &Value) -> Vec<String> {
    Task::list(raw.get("tasks"))
        .iter()
        .enumerate()
        .filter(|(_, task)| task_types::is_deprecated(&task.kind))
        .map(|(index, _)| format!("tasks[{index}]"))
        .collect()
}

/// A task or trigger of a YAML body; `section` says which.
pub(super) fn task_source(cx: &Context) -> Answer {
    let query = cx.query();
    let section = query.required("section")?.to_ascii_uppercase();
    if !["TASKS", "TRIGGERS"].contains(&section.as_str()) {
        return Err(crate::query::not_convertible(
            "section",
            &section,
            &format!("No enum constant io.kestra.webserver.controllers.api.TaskValidationType.{section}"),
        ));
    }
    let text = required_source(cx, "task")?;
    match yaml::read(&text) {
        Ok(value) => part(value, section == "TRIGGERS", cx.dialect()),
        Err(error) => verdict(Some(error.message)),
    }
}

/// A task of a JSON body.
pub(super) fn task_json(cx: &Context) -> Answer {
    part(cx.json("task")?, false, cx.dialect())
}

/// A trigger of a JSON body.
pub(super) fn trigger(cx: &Context) -> Answer {
    part(cx.json("trigger")?, true, cx.dialect())
}

/// Validates a task or trigger as the only one of a flow.
fn part(value: Value, trigger: bool, dialect: Dialect) -> Answer {
    if !value.is_object() {
        let what = if trigger { "trigger" } else { "task" };
        return verdict(Some(format!("Unable to validate the {what}: it must be an object.")));
    }
    if let Some(fault) = trigger.then(|| cron_fault(&value)).flatten() {
        return verdict(Some(format!(": {fault}\n")));
    }
    let log = json!({"id": "log", "type": "io.kestra.plugin.core.log.Log", "message": "x"});
    let (tasks, triggers) =
        if trigger { (json!([log]), json!([value])) } else { (json!([value]), json!([])) };
    let flow = json!({"id": "validate", "namespace": "validate", "tasks": tasks, "triggers": triggers});
    verdict(FlowDefinition::from_value(flow, dialect).err().map(|problem| problem.short_text()))
}

/// What is wrong with the `cron` of a trigger: it has five parts, six with seconds, or is an alias.
fn cron_fault(trigger: &Value) -> Option<String> {
    let cron = trigger.get("cron")?.as_str()?;
    let seconds = trigger.get("withSeconds").and_then(Value::as_bool).unwrap_or(false);
    let (parts, expected) = (cron.split_whitespace().count(), if seconds { 6 } else { 5 });
    (parts != expected && !cron.starts_with('@')).then(|| {
        format!(
            "invalid cron expression '{cron}': Cron expression contains {parts} parts but we expect one of [{expected}]"
        )
    })
}

fn verdict(constraints: Option<String>) -> Answer {
    let mut verdict = json!({"index": 0, "outdated": false});
    if let (Some(map), Some(constraints)) = (verdict.as_object_mut(), constraints) {
        map.insert("constraints".to_owned(), json!(constraints));
    }
    Reply::json(&verdict)
}
