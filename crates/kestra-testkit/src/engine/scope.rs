//! The variables that the expressions of an execution see.

use serde_json::{Map, Value, json};

use super::execution::{Execution, TaskRun};
use super::expression::Scope;
use super::flow::{FlowDefinition, Task};
use super::input_convert::unveil_map;
use super::time;

/// The variables of an execution.
pub(crate) fn of_execution(flow: &FlowDefinition, execution: &Execution) -> Scope {
    let mut scope = Scope::default();
    scope.set(
        "flow",
        json!({
            "id": execution.flow_id,
            "namespace": execution.namespace,
            "revision": execution.revision,
            "tenantId": "main",
        }),
    );
    scope.set(
        "execution",
        json!({
            "id": execution.id,
            "startDate": time::stored(execution.state.start()),
            "originalId": execution.original_id,
            "state": execution.state.current().name(),
            "outputs": execution.outputs,
        }),
    );
    let inputs = execution.inputs.as_ref().map(unveil_map).unwrap_or_default();
    scope.set("inputs", Value::Object(inputs));
    let variables = execution.variables.as_ref().unwrap_or(&flow.variables);
    scope.set("vars", Value::Object(variables.clone()));
    scope.set("labels", labels(&execution.labels));
    scope.set("outputs", outputs(execution));
    scope.set("tasks", tasks(execution));
    scope.set("envs", json!({}));
    scope.set("globals", json!({}));
    scope.set("kestra", json!({"environment": null, "url": null}));
    if let Some(variables) = execution.trigger.as_ref().and_then(|trigger| trigger.get("variables")) {
        scope.set("trigger", variables.clone());
    }
    if let Some(run) = &execution.loop_run {
        scope.set("item", json!({"value": run.value, "index": run.index}));
    }
    scope
}

/// The variables of a task run.
pub(crate) fn of_task_run(flow: &FlowDefinition, execution: &Execution, task: &Task, run: &TaskRun) -> Scope {
    let mut scope = of_execution(flow, execution);
    scope.set("task", json!({"id": task.id, "type": task.kind}));
    scope.set("taskrun", task_run(run));
    let parents: Vec<Value> = ancestors(execution, run)
        .into_iter()
        .map(|parent| json!({"taskrun": task_run(parent), "outputs": parent.outputs}))
        .collect();
    if let Some(parent) = parents.first() {
        scope.set("parent", parent.clone());
    }
    scope.set("parents", Value::Array(parents));
    scope
}

fn task_run(run: &TaskRun) -> Value {
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(run.id));
    map.insert("startDate".to_owned(), json!(time::stored(run.state.start())));
    map.insert("attemptsCount".to_owned(), json!(run.attempts.len()));
    if let Some(value) = &run.value {
        map.insert("value".to_owned(), json!(value));
    }
    if let Some(iteration) = run.iteration {
        map.insert("iteration".to_owned(), json!(iteration));
    }
    Value::Object(map)
}

/// The task runs above a task run, the nearest first.
fn ancestors<'a>(execution: &'a Execution, run: &TaskRun) -> Vec<&'a TaskRun> {
    let mut found = Vec::new();
    let mut above = run.parent.as_deref();
    while let Some(parent) = above.and_then(|id| execution.run(id)) {
        found.push(parent);
        above = parent.parent.as_deref();
    }
    found
}

/// Outputs by task; those of iterations by value below it.
fn outputs(execution: &Execution) -> Value {
    let mut all = Map::new();
    for run in execution.runs() {
        let Some(outputs) = &run.outputs else { continue };
        let mut values: Vec<&str> = run.value.as_deref().into_iter().collect();
        values.extend(ancestors(execution, run).into_iter().filter_map(|parent| parent.value.as_deref()));
        let mut path = vec![run.task_id.as_str()];
        path.extend(values.into_iter().rev());
        put(&mut all, &path, outputs);
    }
    Value::Object(all)
}

fn put(map: &mut Map<String, Value>, path: &[&str], outputs: &Map<String, Value>) {
    let [first, rest @ ..] = path else {
        map.extend(outputs.clone());
        return;
    };
    let inner = map.entry(*first).or_insert_with(|| Value::Object(Map::new()));
    if let Some(inner) = inner.as_object_mut() {
        put(inner, rest, outputs);
    }
}

/// States by task.
fn tasks(execution: &Execution) -> Value {
    let mut all = Map::new();
    for run in execution.runs() {
        let state = json!({"state": run.state.current().name()});
        match &run.value {
            None => {
                all.insert(run.task_id.clone(), state);
            }
            Some(value) => {
                let entry = all.entry(run.task_id.clone()).or_insert_with(|| json!({}));
                entry[value.as_str()] = state;
            }
        }
    }
    Value::Object(all)
}

/// Labels; a key with dots is a map of maps.
pub(crate) fn labels(labels: &[(String, String)]) -> Value {
    let mut all = Map::new();
    for (key, value) in labels {
        let mut map = &mut all;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                map.insert(part.to_owned(), json!(value));
                break;
            }
            let inner = map.entry(part).or_insert_with(|| json!({}));
            if !inner.is_object() {
                *inner = json!({});
            }
            let Some(inner) = inner.as_object_mut() else { break };
            map = inner;
        }
    }
    Value::Object(all)
}
