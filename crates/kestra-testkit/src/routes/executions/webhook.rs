//! Webhooks.

use http::header::HeaderName;
use serde_json::{Map, Value, json};

use super::answer::url;
use crate::dialect::Dialect;
use crate::engine::create::{Creation, create};
use crate::engine::execution::Execution;
use crate::engine::expression::{self, Scope};
use crate::engine::flow::Task;
use crate::engine::inputs::GivenInputs;
use crate::engine::run;
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
    let key = cx.param("key");
    let hook = flow.definition.triggers.iter().find(|trigger| {
        trigger.kind.ends_with(".trigger.Webhook") && trigger.text("key").as_deref() == Some(key)
    });
    let hook = hook.ok_or_else(|| ApiError::not_found_because("Webhook not found"))?.clone();
    if flow.definition.disabled || hook.flag("disabled", false) {
        return Err(ApiError::not_found_because("Webhook not found"));
    }
    let variables = variables(&cx);
    let inputs = inputs_of(&hook, &variables)?;
    let creation = Creation {
        trigger: Some(json!({"id": hook.id, "type": hook.kind, "variables": variables})),
        ..Creation::of(&flow, GivenInputs::from_json(&inputs))
    };
    let created = create(&cx.app, creation).map_err(|error| error.into_error(cx.dialect()))?;
    let mut execution = created.execution;
    if cx.dialect() == Dialect::V1_0 {
        execution.labels.clear();
    }
    let shown = execution.clone();
    let cell = cx.app.engine.insert(execution.stored());
    run::start(&cx.app, &cell);
    if !hook.flag("wait", false) {
        return answer(&cx, &hook, &shown);
    }
    let ended = cell.until(|execution| execution.deleted || execution.is_over()).await;
    if hook.flag("returnOutputs", false) && cx.dialect() > Dialect::V1_0 {
        return Reply::json(&ended.outputs.clone().unwrap_or_default());
    }
    answer(&cx, &hook, &ended)
}

fn answer(cx: &Context, hook: &Task, execution: &Execution) -> Answer {
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
    let status = hook.properties.get("responseCode").and_then(Value::as_u64).unwrap_or(200);
    Ok(Reply::json(&body)?.with_status(u16::try_from(status).unwrap_or(200)))
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
        variables["body"] = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
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
