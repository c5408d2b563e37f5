//! The compact form of a document: what the importer reads, without any text, an entry a line.
//!
//! It is kept in `api/documents`, so that a new document is enough to import a new version.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Keys of an object of OpenAPI that hold text for people, or what no importer reads.
const LEFT_OUT: [&str; 12] = [
    "description",
    "summary",
    "title",
    "example",
    "examples",
    "externalDocs",
    "servers",
    "security",
    "securitySchemes",
    "callbacks",
    "links",
    "headers",
];

/// Keys whose value is a map from names to objects, so that its keys are never left out.
const NAMED: [&str; 6] = ["paths", "properties", "content", "responses", "schemas", "mapping"];

/// Returns the compact form of a document, with the SHA-256 of the text that it was read from.
pub(super) fn compact(document: &Value, text: &str) -> Value {
    let digest: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "openapi": document["openapi"],
        "info": {"title": document["info"]["title"], "version": document["info"]["version"], "x-sha256": digest},
        "paths": named("paths", &document["paths"]),
        "components": {"schemas": named("schemas", &document["components"]["schemas"])},
    })
}

/// Prunes the values of a map from names; of responses only those of a success are kept.
fn named(key: &str, value: &Value) -> Value {
    let Value::Object(map) = value else { return json!({}) };
    let kept = map.iter().filter(|(name, _)| key != "responses" || name.starts_with('2'));
    kept.map(|(name, value)| (name.clone(), pruned(value))).collect()
}

fn pruned(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(pruned).collect(),
        Value::Object(map) => {
            let mut kept = Map::new();
            for (key, value) in map {
                let value = match key.as_str() {
                    key if LEFT_OUT.contains(&key) => continue,
                    key if NAMED.contains(&key) => named(key, value),
                    // Constants, which only look like objects of OpenAPI.
                    "default" | "enum" | "required" => value.clone(),
                    _ => pruned(value),
                };
                kept.insert(key.clone(), value);
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

/// Writes a compact document, each path and each schema on a line of its own, so that a change of one is one line.
pub(super) fn write(document: &Value) -> String {
    let lines = |map: &Value| {
        let entries = map.as_object().into_iter().flatten();
        let lines: Vec<String> =
            entries.map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
        lines.join(",\n")
    };
    format!(
        "{{\"openapi\":{},\"info\":{},\n\"paths\":{{\n{}\n}},\n\"components\":{{\"schemas\":{{\n{}\n}}}}}}\n",
        document["openapi"],
        document["info"],
        lines(&document["paths"]),
        lines(&document["components"]["schemas"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_left_out_and_names_are_kept() {
        let document = json!({
            "openapi": "3.0.1",
            "info": {"title": "T", "version": "1", "description": "never kept"},
            "paths": {"/a": {"get": {
                "operationId": "a",
                "summary": "never kept",
                "parameters": [{"name": "q", "in": "query", "description": "never kept", "schema": {"type": "string", "default": "x"}}],
                "responses": {
                    "200": {"description": "never kept", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                    "404": {"description": "never kept"},
                },
            }}},
            "components": {"schemas": {"A": {
                "type": "object",
                "description": "never kept",
                "properties": {"description": {"type": "string"}, "title": {"type": "string", "title": "never kept"}},
            }}},
        });
        let text = write(&compact(&document, "text"));
        assert!(!text.contains("never kept"), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read["components"]["schemas"]["A"]["properties"],
            json!({"description": {"type": "string"}, "title": {"type": "string"}})
        );
        assert_eq!(read["paths"]["/a"]["get"]["parameters"][0]["schema"]["default"], "x");
        assert_eq!(read["paths"]["/a"]["get"]["responses"].as_object().unwrap().len(), 1);
        assert_eq!(read["info"]["x-sha256"].as_str().unwrap().len(), 64);
    }
}
