//! Operations of the catalogue as OpenAPI has them.

use serde_json::{Map, Value, json};

use super::schemas::of_type;
use crate::catalogue::{
    Answer, Content, Edition, Multipart, Operation, QueryParameter, Replay, Route, Style, Type, Version,
};

pub(super) fn operation(operation: &Operation, route: &Route, version: Version) -> Value {
    let mut value = json!({
        "operationId": operation.name,
        "tags": [operation.area],
        "parameters": parameters(operation, route, version),
        "responses": {"2XX": answer(operation)},
        "x-edition": match operation.edition {
            Edition::OpenSource => "open source",
            Edition::Enterprise => "Enterprise",
        },
        "x-replay": match operation.replay {
            Replay::Safe => "safe",
            Replay::Idempotent => "idempotent",
            Replay::NonIdempotent => "not idempotent",
        },
    });
    if let Some(summary) = &operation.summary {
        value["summary"] = Value::from(summary.as_str());
    }
    if operation.deprecated {
        value["deprecated"] = Value::from(true);
    }
    if let Some(body) = body(operation, version) {
        value["requestBody"] = body;
    }
    value
}

fn parameters(operation: &Operation, route: &Route, version: Version) -> Vec<Value> {
    let mut parameters = Vec::new();
    if route.path.contains("{tenant}") {
        parameters
            .push(json!({"name": "tenant", "in": "path", "required": true, "schema": {"type": "string"}}));
    }
    for parameter in &operation.path {
        let schema = of_type(&parameter.ty);
        parameters.push(json!({"name": parameter.name, "in": "path", "required": true, "schema": schema}));
    }
    for parameter in operation.query.iter().filter(|parameter| parameter.versions.contains(version)) {
        parameters.push(query(parameter));
    }
    for parameter in operation.headers.iter().filter(|parameter| parameter.versions.contains(version)) {
        let schema = of_type(&parameter.ty);
        let mut value = json!({"name": parameter.name, "in": "header", "schema": schema});
        describe(&mut value, parameter.summary.as_ref());
        parameters.push(value);
    }
    parameters
}

fn query(parameter: &QueryParameter) -> Value {
    let schema = match (&parameter.ty, parameter.style) {
        // Entries are written `key:value`.
        (Type::Map(_), Style::Pairs) => json!({"type": "array", "items": {"type": "string", "pattern": ":"}}),
        (ty, _) => of_type(ty),
    };
    let mut value = json!({"name": parameter.name, "in": "query", "schema": schema});
    if parameter.ty == Type::Filters {
        value["style"] = Value::from("deepObject");
    } else if parameter.required {
        value["required"] = Value::from(true);
    }
    if parameter.style == Style::Comma {
        value["explode"] = Value::from(false);
    }
    if parameter.deprecated {
        value["deprecated"] = Value::from(true);
    }
    describe(&mut value, parameter.summary.as_ref());
    value
}

fn describe(value: &mut Value, summary: Option<&String>) {
    if let Some(summary) = summary {
        value["description"] = Value::from(summary.as_str());
    }
}

fn body(operation: &Operation, version: Version) -> Option<Value> {
    let body = operation.body.as_ref()?;
    let variants = body.variants.iter().filter(|variant| variant.versions.contains(version));
    let content: Map<String, Value> = variants
        .map(|variant| (variant.content_type.clone(), json!({"schema": content(&variant.content)})))
        .collect();
    if content.is_empty() {
        return None;
    }
    // A form without required parts may be left out as a whole.
    let optional = body.variants.iter().any(|variant| matches!(&variant.content, Content::Multipart(form) if form.parts.iter().all(|part| !part.required)));
    Some(json!({"required": body.required && !optional, "content": content}))
}

fn content(content: &Content) -> Value {
    match content {
        Content::Json(ty) | Content::Form(ty) => of_type(ty),
        Content::Yaml | Content::Text | Content::Typed(_) => json!({"type": "string"}),
        Content::Bytes => of_type(&Type::Bytes),
        Content::Multipart(multipart) => form(multipart),
    }
}

fn form(multipart: &Multipart) -> Value {
    let properties: Map<String, Value> =
        multipart.parts.iter().map(|part| (part.name.clone(), of_type(&part.ty))).collect();
    let required: Vec<&str> =
        multipart.parts.iter().filter(|part| part.required).map(|part| part.name.as_str()).collect();
    let mut value = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        value["required"] = required.into();
    }
    // Inputs of a flow are parts by their ids.
    value["additionalProperties"] = Value::from(multipart.inputs);
    value
}

fn answer(operation: &Operation) -> Value {
    let schema = match &operation.answer {
        Answer::Empty => return json!({"description": "Done."}),
        Answer::Json(ty) | Answer::OptionalJson(ty) | Answer::Events(ty) => of_type(ty),
        Answer::Text => json!({"type": "string"}),
        Answer::Download => of_type(&Type::Bytes),
    };
    let usual = match operation.answer {
        Answer::Events(_) => "text/event-stream",
        Answer::Text => "text/plain",
        Answer::Download => "application/octet-stream",
        _ => "application/json",
    };
    let media: Vec<&str> = match operation.produces.as_slice() {
        [] => vec![usual],
        produces => produces.iter().map(String::as_str).collect(),
    };
    let content: Map<String, Value> =
        media.into_iter().map(|media| (media.to_owned(), json!({"schema": schema}))).collect();
    json!({"description": "Done.", "content": content})
}
