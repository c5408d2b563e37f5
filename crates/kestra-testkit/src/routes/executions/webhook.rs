//! Webhooks.

use http::header::HeaderName;
use serde_json::{Map, Value, json};

use super::answer::url;
use crate::dialect::Dialect;
use crate::engine::create::{Creation, create};
use crate::engine::execution::Execution;
use crate::engine::expression::{self, Scope};
use crate::engine::flow::{FlowDefinition, Task};
use crate::engine::inputs::GivenInputs;
use crate::engine::state::State;
use crate::engine::{condition, run, scope};
use crate::http::{Answer, ApiError, Context, Reply};

/// Starts the flow whose webhook has the key of the path.
pub(super) async fn call(cx: Context) -> Answer {
    if !cx.param("path").is_empty() {
        // Only webhooks of plugins have paths.
        return Err(ApiError::not_found());
    }
    let flow = cx
        .app
        .stored_flow(cx.param("namespace"), cx.param("id"), None)
        .ok_or_else(|| ApiError::not_found_because("Flow not found"))?;
    if flow.definition.disabled {
        return Err(if cx.dialect().is_v2() {
            ApiError::conflict("Cannot execute flow: flow is disabled.")
        } else {
            ApiError::illegal_state("Cannot execute a disabled flow")
        });
    }
    let key = cx.param("key");
    let hook = flow.definition.triggers.iter().find(|trigger| {
        trigger.kind.ends_with(".trigger.Webhook") && trigger.text("key").as_deref() == Some(key)
    });
    let hook = hook.ok_or_else(|| ApiError::not_found_because("Webhook not found"))?.clone();
    let variables = variables(&cx);
    let inputs = inputs_of(&hook, &variables)?;
    let creation = Creation {
        trigger: Some(json!({"id": hook.id, "type": hook.kind, "variables": variables})),
        ..Creation::of(&flow, GivenInputs::from_json(&inputs))
    };
    let created = create(&cx.app, creation).map_err(|error| error.into_error(cx.dialect()))?;
    let mut execution = created.execution;
    let scope = scope::of_execution(&flow.definition, &execution);
    if !condition::holds(&hook, &execution, &scope, cx.dialect()) {
        return Ok(Reply::empty(if cx.dialect() == Dialect::V1_3 { 409 } else { 204 }));
    }
    if cx.dialect() == Dialect::V1_0 {
        execution.labels.clear();
    }
    let shown = execution.clone();
    let cell = cx.app.engine.insert(execution.stored());
    run::start(&cx.app, &cell);
    if !hook.flag("wait", false) {
        return answer(&cx, &shown);
    }
    let ended = cell.until(|execution| execution.deleted || execution.is_over()).await;
    if cx.dialect() == Dialect::V1_0 {
        return answer(&cx, &ended);
    }
    let status = status(&hook, &flow.definition, &ended)?;
    let reply = if hook.flag("returnOutputs", false) {
        let Some(outputs) = &ended.outputs else { return Ok(Reply::empty(status)) };
        match hook.text("responseContentType").as_deref() {
            Some("text/plain") => Reply::text(json!(outputs).to_string()),
            _ => Reply::json(outputs)?,
        }
    } else {
        answer(&cx, &ended)?
    };
    Ok(reply.with_status(status))
}

/// The status of an answer that waited: as the webhook says, else by the end of the execution.
fn status(hook: &Task, flow: &FlowDefinition, ended: &Execution) -> Result<u16, ApiError> {
    let Some(code) = hook.text("responseCode") else {
        return Ok(if ended.state.is(State::Failed) { 500 } else { 200 });
    };
    let code = expression::render(&code, &scope::of_execution(flow, ended)).map_err(ApiError::internal)?;
    code.trim().parse().map_err(|_| ApiError::internal(format!("For input string: \"{code}\"")))
}

fn answer(cx: &Context, execution: &Execution) -> Answer {
    let mut body = json!({
        "tenantId": "main",
        "id": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": execution.revision,
        "trigger": execution.trigger,
        "labels": crate::engine::flow_json::labels(&execution.labels),
        "state": execution.state.to_json(cx.dialect()),
        "url": url(&cx.app, execution),
    });
    for (key, value) in [("inputs", &execution.inputs), ("outputs", &execution.outputs)] {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    Reply::json(&body)
}

/// What the flow sees of the request: all of its headers too.
fn variables(cx: &Context) -> Value {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &cx.request.headers {
        let value = json!(String::from_utf8_lossy(value.as_bytes()));
        match headers.entry(titled(name)).or_insert_with(|| json!([])) {
            Value::Array(list) => list.push(value),
            _ => continue,
        }
    }
    let mut parameters: Map<String, Value> = Map::new();
    for (key, value) in cx.query().pairs {
        match parameters.entry(key).or_insert_with(|| json!([])) {
            Value::Array(list) => list.push(json!(value)),
            _ => continue,
        }
    }
    let mut variables = json!({"headers": headers, "parameters": parameters});
    let text = cx.request.text();
    if !text.is_empty() {
        // Only a map or a list is read as JSON.
        let read =
            serde_json::from_str(&text).ok().filter(|value: &Value| value.is_object() || value.is_array());
        variables["body"] = read.unwrap_or_else(|| json!(text));
    }
    variables
}

/// `content-type` as `Content-Type`.
fn titled(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (head, rest) = word.split_at(word.len().min(1));
        head.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

/// The inputs that the webhook gives, rendered.
fn inputs_of(hook: &Task, variables: &Value) -> Result<Map<String, Value>, ApiError> {
    let Some(inputs) = hook.properties.get("inputs") else { return Ok(Map::new()) };
    let mut scope = Scope::default();
    scope.set("trigger", variables.clone());
    match expression::render_value(inputs, &scope) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(ApiError::unprocessable(error)),
    }
}
