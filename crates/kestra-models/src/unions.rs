//! Objects that are one of several types, told by a field.

use std::fmt;

/// The fields of an object that is one of several, if it is the one with this value.
pub(crate) fn member<T: serde::de::DeserializeOwned>(
    fields: &serde_json::Map<String, serde_json::Value>,
    field: &str,
    value: &str,
) -> Option<T> {
    if fields.get(field).and_then(serde_json::Value::as_str) != Some(value) {
        return None;
    }
    T::deserialize(fields).ok()
}

/// The fields of one of several, told by this value; none of a type that isn't written as an object.
pub(crate) fn fields_of<T: serde::Serialize>(
    member: &T,
    field: &str,
    value: &str,
) -> serde_json::Map<String, serde_json::Value> {
    let mut fields = match serde_json::to_value(member) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    fields.insert(field.to_owned(), value.into());
    fields
}

/// Shows an object that may hold secrets: the names of its fields.
pub(crate) fn show_names(
    name: &str,
    fields: &serde_json::Map<String, serde_json::Value>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.write_str(name)?;
    f.debug_set().entries(fields.keys()).finish()
}
