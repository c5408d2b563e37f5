//! Sources of flows.

use kestra_core::internal::refuse_deleted;
use kestra_testkit::yaml;
use serde_json::Value;

use super::text;

/// A source that the guard lets pass deletes no flow, however a server reads it.
pub fn source(data: &[u8]) {
    let source = text(data);
    assert!(refuse_deleted(&source).is_err() || !deletes(&source), "{source:?} deletes");
}

/// Whether a server that reads the source would delete its flow.
pub fn deletes(source: &str) -> bool {
    let whole = yaml::read_all(source).unwrap_or_default();
    let first = yaml::read(source).ok();
    let split = yaml::documents(source).into_iter().filter_map(|document| yaml::read(&document).ok());
    whole.into_iter().chain(first).chain(split).any(|document| is_deleting(&document))
}

/// Whether a document is a flow that deletes, or a list that has one.
fn is_deleting(document: &Value) -> bool {
    match document {
        Value::Array(items) => items.iter().any(is_deleting),
        flow => flow.get("deleted").is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false))),
    }
}
