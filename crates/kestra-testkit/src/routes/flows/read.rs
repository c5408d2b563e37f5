//! Reading flows.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::view;
use crate::engine::flow::{FlowDefinition, Task};
use crate::engine::{flow_json, task_types};
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::StoredFlow;

/// One flow, of one revision if asked.
pub(super) fn get(cx: &Context) -> Answer {
    let (namespace, id) = (cx.param("namespace"), cx.param("id"));
    let query = cx.query();
    let allow_deleted = query.flag("allowDeleted");
    let found = {
        let flows = cx.app.flows();
        match query.number("revision")? {
            // A revision is shown though it is a deletion.
            Some(number) => {
                u64::try_from(number).ok().and_then(|number| flows.revision(namespace, id, number))
            }
            None => flows.newest(namespace, id).filter(|flow| allow_deleted || !flow.deleted),
        }
    };
    let flow = found.ok_or_else(ApiError::not_found)?;
    Reply::json(&view::stored(&flow, cx.dialect(), query.flag("source")))
}

/// The flows of a namespace.
pub(super) fn list(cx: &Context) -> Answer {
    let namespace = cx.param("namespace");
    let flows: Vec<Value> = all(cx)
        .iter()
        .filter(|flow| flow.namespace() == namespace)
        .map(|flow| view::stored(flow, cx.dialect(), false))
        .collect();
    Reply::json(&flows)
}

/// All revisions of a flow, with their sources.
pub(super) fn revisions(cx: &Context) -> Answer {
    // 1.0 shows deletions whatever is asked.
    let allow_deleted = cx.query().flag("allowDelete") || cx.dialect() < crate::Dialect::V1_3;
    let all = cx.app.flows().revisions(cx.param("namespace"), cx.param("id"));
    let shown = all.iter().filter(|flow| allow_deleted || !flow.deleted);
    Reply::json(&shown.map(|flow| view::stored(flow, cx.dialect(), true)).collect::<Vec<Value>>())
}

/// One task of a flow, at any depth.
pub(super) fn task(cx: &Context) -> Answer {
    let (namespace, id, task) = (cx.param("namespace"), cx.param("id"), cx.param("taskId"));
    let query = cx.query();
    let found = {
        let flows = cx.app.flows();
        match query.number("revision")? {
            Some(number) => {
                u64::try_from(number).ok().and_then(|number| flows.revision(namespace, id, number))
            }
            None => flows.find(namespace, id),
        }
    };
    let flow = found
        .ok_or_else(|| ApiError::not_found_because(format!("Unable to find flow main_{namespace}_{id}")))?;
    let task = flow.definition.find_task(task).ok_or_else(ApiError::not_found)?;
    Reply::json(&flow_json::task(&Value::Object(task.properties), cx.dialect()))
}

/// The namespaces that have flows.
pub(super) fn distinct_namespaces(cx: &Context) -> Answer {
    let query = cx.query();
    let asked = query.first("q").unwrap_or_default().to_lowercase();
    let namespaces: BTreeSet<String> = all(cx)
        .iter()
        .map(|flow| flow.namespace().to_owned())
        .filter(|namespace| namespace.to_lowercase().starts_with(&asked))
        .collect();
    Reply::json(&namespaces)
}

/// Flows that use what is deprecated, and their tasks that do.
pub(super) fn deprecated(cx: &Context) -> Answer {
    let query = cx.query();
    let namespace = query.first("namespace");
    let one = |flow: &StoredFlow| {
        let mut tasks = Vec::new();
        let definition = &flow.definition;
        for task in definition.tasks.iter().chain(&definition.errors).chain(&definition.finally) {
            collect_deprecated(task, &mut tasks);
        }
        (!tasks.is_empty()).then(|| {
            json!({
                "namespace": flow.namespace(),
                "flowId": flow.id(),
                "revision": flow.revision,
                "deprecatedTasks": tasks,
            })
        })
    };
    let flows = all(cx);
    let found = flows.iter().filter(|flow| namespace.is_none_or(|namespace| flow.namespace() == namespace));
    Reply::json(&found.filter_map(one).collect::<Vec<Value>>())
}

fn collect_deprecated(task: &Task, found: &mut Vec<Value>) {
    if task_types::is_deprecated(&task.kind) {
        found.push(json!({"taskId": task.id, "taskType": task.kind}));
    }
    for child in task.all_children() {
        collect_deprecated(&child, found);
    }
}

/// What may stand in the expressions of a flow.
pub(super) fn expressions(cx: &Context) -> Answer {
    let flow = FlowDefinition::parse(&cx.request.text(), cx.dialect())
        .map_err(|problem| problem.into_source_error())?;
    let named = |prefix: &str, names: Vec<&String>| -> Vec<String> {
        names.into_iter().map(|name| format!("{prefix}.{name}")).collect()
    };
    let outputs: Vec<String> = flow
        .tasks
        .iter()
        .filter(|task| task.short_kind() == "Return")
        .map(|task| format!("outputs.{}.value", task.id))
        .collect();
    let mut context: Vec<String> =
        ["execution.id", "execution.startDate", "execution.state", "flow.id"].map(ToOwned::to_owned).to_vec();
    context.extend(
        ["flow.namespace", "flow.revision", "inputs", "labels", "outputs", "vars"].map(ToOwned::to_owned),
    );
    context.extend(named("labels", flow.labels.iter().map(|(key, _)| key).collect()));
    Reply::json(&json!({
        "taskOutputs": outputs,
        "executionContext": context,
        "inputs": named("inputs", flow.inputs.iter().map(|input| &input.id).collect()),
        "variables": named("vars", flow.variables.keys().collect()),
        "secrets": ["secret('NAME')"],
        "filters": ["default", "json", "length", "lower", "upper"],
        "functions": ["now()", "secret(key)"],
    }))
}

/// All flows, those changed last at the end.
pub(super) fn all(cx: &Context) -> Vec<StoredFlow> {
    cx.app.flows().all()
}
