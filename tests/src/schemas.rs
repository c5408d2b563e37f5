//! All schemas of the catalogue, and their types.

use serde_json::Value;

/// Names of all schemas that have a type.
pub fn names() -> &'static [&'static str] {
    crate::generated::schemas::NAMES
}

/// Decodes JSON as a schema's type and encodes it again; `None` for a name that no schema has.
pub fn decode_and_encode(schema: &str, json: &[u8]) -> Option<serde_json::Result<Value>> {
    crate::generated::schemas::round_trip(schema, json)
}
