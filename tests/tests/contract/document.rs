//! An OpenAPI document, and what of a request breaks it.

use std::collections::BTreeMap;

use http::Request;
use http::header::CONTENT_TYPE;
use jsonschema::{Draft, Validator};
use kestra_core::Body;
use kestra_tests::recorded::parts_of;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// A path's node, the operation's node, and the variables of the path.
type Found<'a> = (&'a Value, &'a Value, BTreeMap<&'a str, String>);

/// A document that requests are held to.
pub(crate) struct Document {
    root: Value,
    draft: Draft,
}

impl Document {
    pub(crate) fn new(root: Value) -> Self {
        let old = root["openapi"].as_str().is_some_and(|version| version.starts_with("3.0"));
        Self { root, draft: if old { Draft::Draft4 } else { Draft::Draft202012 } }
    }

    /// Whether it has the route at all.
    pub(crate) fn has(&self, method: &str, path: &str) -> bool {
        self.find(method, path).is_some()
    }

    /// The operation that a path belongs to, and the variables in it; of two the one with more literal segments.
    fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        let segments: Vec<&str> = path.split('/').collect();
        let method = method.to_lowercase();
        let mut best: Option<(usize, Found<'_>)> = None;
        for (template, item) in self.root["paths"].as_object()? {
            let Some(operation) = item.get(&method) else { continue };
            let names: Vec<&str> = template.split('/').collect();
            if names.len() != segments.len() {
                continue;
            }
            let mut variables = BTreeMap::new();
            let mut literals = 0;
            let fits = names.iter().zip(&segments).all(|(name, segment)| {
                match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => {
                        variables.insert(name, percent_decode_str(segment).decode_utf8_lossy().into_owned());
                        true
                    }
                    None => {
                        literals += 1;
                        name == segment
                    }
                }
            });
            if fits && best.as_ref().is_none_or(|(most, _)| literals > *most) {
                best = Some((literals, (item, operation, variables)));
            }
        }
        best.map(|(_, found)| found)
    }

    /// What of a request breaks the document.
    pub(crate) fn violations(&self, request: &Request<Body>) -> Vec<String> {
        let Some((item, operation, variables)) = self.find(request.method().as_str(), request.uri().path())
        else {
            return vec!["route: isn't there".to_owned()];
        };
        let mut found = Vec::new();
        let parameters =
            [item, operation].into_iter().filter_map(|node| node["parameters"].as_array()).flatten();
        let parameters: Vec<&Value> = parameters.map(|parameter| self.resolved(parameter)).collect();
        let named = |place: &str, name: &str| {
            parameters.iter().find(|parameter| parameter["in"] == place && parameter["name"] == name).copied()
        };
        for (name, value) in &variables {
            match named("path", name) {
                Some(parameter) => self.check(
                    &parameter["schema"],
                    std::slice::from_ref(value),
                    &format!("path {name}"),
                    &mut found,
                ),
                None => found.push(format!("path {name}: isn't declared")),
            }
        }
        let query = query(request.uri().query().unwrap_or_default());
        for (name, values) in &query {
            match named("query", name) {
                Some(parameter) => {
                    let comma = parameter["explode"] == false && values.len() == 1;
                    let values = match comma {
                        true => values[0].split(',').map(str::to_owned).collect(),
                        false => values.clone(),
                    };
                    self.check(&parameter["schema"], &values, &format!("query {name}"), &mut found);
                }
                // Filters are one parameter of bracketed keys.
                None if name.starts_with("filters[") && named("query", "filters").is_some() => {}
                None => found.push(format!("query {name}: isn't declared")),
            }
        }
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let sent = match parameter["in"].as_str() {
                Some("query") => query.contains_key(name),
                Some("header") => request.headers().contains_key(name),
                _ => true,
            };
            if parameter["required"] == true && !sent {
                found.push(format!(
                    "{} {name}: is required and not sent",
                    parameter["in"].as_str().unwrap_or_default()
                ));
            }
        }
        self.check_body(&operation["requestBody"], request, &mut found);
        found
    }

    fn check_body(&self, declared: &Value, request: &Request<Body>, found: &mut Vec<String>) {
        let declared = self.resolved(declared);
        let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(media) = media.and_then(|media| media.split(';').next()) else {
            if declared["required"] == true {
                found.push("body: is required and not sent".to_owned());
            }
            return;
        };
        let Some(content) = declared["content"].get(media) else {
            return found.push(format!("body {media}: isn't declared"));
        };
        let place = format!("body {media}");
        let schema = &content["schema"];
        let bytes = request.body().as_bytes().map(|bytes| bytes.to_vec()).unwrap_or_default();
        match media {
            "multipart/form-data" => match parts_of(request) {
                Ok(parts) => self.check_form(schema, parts, &place, found),
                Err(problem) => found.push(format!("{place}: {problem}")),
            },
            "application/x-www-form-urlencoded" => {
                let fields = query(&String::from_utf8_lossy(&bytes));
                let fields = fields
                    .into_iter()
                    .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
                self.check_form(schema, fields.collect(), &place, found);
            }
            media if media.ends_with("json") => match serde_json::from_slice::<Value>(&bytes) {
                Ok(value) => self.validate(schema, &value, &place, found),
                Err(problem) => found.push(format!("{place}: {problem}")),
            },
            _ => self.validate(schema, &Value::from(String::from_utf8_lossy(&bytes).as_ref()), &place, found),
        }
    }

    fn check_form(&self, schema: &Value, parts: Vec<(String, String)>, place: &str, found: &mut Vec<String>) {
        let schema = self.resolved(schema);
        let mut value = Map::new();
        for (name, text) in parts {
            let declared = self.resolved(&schema["properties"][name.as_str()]);
            let item = typed(
                self.resolved(if declared["type"] == "array" { &declared["items"] } else { declared }),
                &text,
            );
            match (value.get_mut(&name), declared["type"] == "array") {
                (Some(Value::Array(list)), true) => list.push(item),
                (_, true) => drop(value.insert(name, json!([item]))),
                (_, false) => drop(value.insert(name, item)),
            }
        }
        self.validate(schema, &Value::Object(value), place, found);
    }

    /// Reads texts as the schema's type and validates them.
    fn check(&self, schema: &Value, values: &[String], place: &str, found: &mut Vec<String>) {
        let resolved = self.resolved(schema);
        let value = if resolved["type"] == "array" {
            values.iter().map(|value| typed(self.resolved(&resolved["items"]), value)).collect()
        } else if let ("object", (pairs, [])) =
            (resolved["type"].as_str().unwrap_or_default(), values.as_chunks())
        {
            pairs.iter().map(|[key, value]| (key.clone(), Value::from(value.as_str()))).collect()
        } else if let [value] = values {
            typed(resolved, value)
        } else {
            return found.push(format!("{place}: has one value and is sent {} times", values.len()));
        };
        self.validate(schema, &value, place, found);
    }

    fn validate(&self, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
        match self.validator(schema) {
            Ok(validator) => found.extend(validator.iter_errors(value).map(|error| {
                let text: String = error.to_string().chars().take(200).collect();
                format!("{place}{}: {text}", error.instance_path())
            })),
            Err(problem) => found.push(format!("{place}: the schema is none: {problem}")),
        }
    }

    /// The schema with everything that it refers to.
    fn validator(&self, schema: &Value) -> Result<Validator, String> {
        let mut reached = Map::new();
        let mut open = Vec::new();
        references(schema, &mut open);
        while let Some(name) = open.pop() {
            if !reached.contains_key(&name) {
                let found = self.root["components"]["schemas"][name.as_str()].clone();
                references(&found, &mut open);
                reached.insert(name, found);
            }
        }
        let root = json!({"allOf": [schema], "components": {"schemas": reached}});
        jsonschema::options()
            .with_draft(self.draft)
            .should_validate_formats(true)
            .build(&root)
            .map_err(|error| error.to_string())
    }

    fn resolved<'a>(&'a self, node: &'a Value) -> &'a Value {
        match node["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.root.pointer(pointer).map_or(node, |found| self.resolved(found)),
            None => node,
        }
    }
}

/// Names of the schemas that a node refers to.
fn references(node: &Value, found: &mut Vec<String>) {
    match node {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str) {
                found.extend(name.strip_prefix("#/components/schemas/").map(str::to_owned));
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// A text as a value of the schema's type, as far as it is one.
fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number" | "boolean" | "object") => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
        }
        _ => Value::from(text),
    }
}

fn query(text: &str) -> BTreeMap<String, Vec<String>> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        found.entry(decode(name)).or_default().push(decode(value));
    }
    found
}
