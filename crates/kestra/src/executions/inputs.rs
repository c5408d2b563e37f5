//! Inputs from a value of one's own type.

use kestra_core::Error;
use kestra_models::InputValue;
use serde::Serialize;
use serde_json::Value;

/// The fields of a value as inputs; those that are null are left to their defaults.
pub(super) fn of(value: &(impl Serialize + ?Sized)) -> Result<Vec<(String, InputValue)>, Error> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => Ok(fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, typed(value)))
            .collect()),
        Ok(_) => Err(Error::invalid("inputs", "they must be a struct or a map, a field for each input")),
        Err(problem) => Err(Error::invalid("inputs", problem)),
    }
}

fn typed(value: Value) -> InputValue {
    match value {
        Value::Bool(value) => InputValue::Bool(value),
        Value::String(text) => InputValue::Text(text),
        Value::Array(values) => InputValue::List(values.into_iter().map(typed).collect()),
        other => InputValue::Json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_server_reads_them() {
        let value = serde_json::json!({
            "flag": true, "count": 3, "rate": 0.5, "name": "a", "nothing": null, "list": ["a", 1], "map": {"b": "c"},
        });
        let written: Vec<_> =
            of(&value).unwrap().into_iter().map(|(name, value)| (name, value.to_text())).collect();
        let expected = [
            ("count", "3"),
            ("flag", "true"),
            ("list", r#"["a",1]"#),
            ("map", r#"{"b":"c"}"#),
            ("name", "a"),
            ("rate", "0.5"),
        ];
        let mut written: Vec<_> =
            written.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        written.sort_unstable();
        assert_eq!(written, expected);
        assert!(of("text").is_err());
    }
}
