//! Flows as answers show them.

use serde_json::{Map, Value, json};

use crate::dialect::Dialect;
use crate::store::StoredFlow;

/// A flow as the answer to its creation or update shows it: without times, and triggers only if it has some.
pub(crate) fn fresh(flow: &StoredFlow, dialect: Dialect, source: bool) -> Value {
    let mut map = bare(flow, dialect);
    if source {
        map.insert("source".to_owned(), json!(flow.source));
    }
    Value::Object(map)
}

/// A flow as it is read from the store.
pub(crate) fn stored(flow: &StoredFlow, dialect: Dialect, source: bool) -> Value {
    let mut map = bare(flow, dialect);
    // A 1.3 server doesn't time a deletion.
    if dialect.is_v2() || (dialect >= Dialect::V1_3 && !flow.deleted) {
        map.insert("updated".to_owned(), json!(format!("{:.6}", flow.updated)));
    }
    map.entry("triggers").or_insert_with(|| json!([]));
    if source {
        map.insert("source".to_owned(), json!(flow.source));
    }
    Value::Object(map)
}

fn bare(flow: &StoredFlow, dialect: Dialect) -> Map<String, Value> {
    let mut map = flow.definition.to_json(dialect);
    map.insert("revision".to_owned(), json!(flow.revision));
    if flow.deleted {
        map.insert("deleted".to_owned(), json!(true));
    }
    map
}
