//! Values as they are read: the first value of a text in Ion, or the text itself.

use regex::Regex;
use serde_json::Value;

use crate::engine::ion;

/// The type of a value and the value as JSON.
pub(super) fn typed(raw: &str) -> (&'static str, Value) {
    let text = raw.trim();
    let value = match first(text) {
        Some(value) => value,
        None => Value::String(raw.to_owned()),
    };
    let kind = match &value {
        Value::String(text) if is_duration(text) => "DURATION",
        Value::String(written) if !quoted(raw) && is_date(written) => "DATE",
        Value::String(written) if !quoted(raw) && is_moment(written) => "DATETIME",
        Value::Null | Value::String(_) => "STRING",
        Value::Number(_) => "NUMBER",
        Value::Bool(_) => "BOOLEAN",
        Value::Array(_) | Value::Object(_) => "JSON",
    };
    (kind, value)
}

/// Whether a 1.0 server takes a text: what begins like JSON must be JSON.
pub(super) fn is_readable(raw: &str) -> bool {
    let text = raw.trim();
    !text.starts_with(['{', '[', '"']) || first(text).is_some()
}

/// The first value of a text, if it has one.
fn first(text: &str) -> Option<Value> {
    if is_date(text) || is_moment(text) {
        return Some(Value::String(text.to_owned()));
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    // A number that goes on as something else is no value.
    let number = text.starts_with(|c: char| c.is_ascii_digit());
    if number && text.split_whitespace().next().is_some_and(|word| word.parse::<f64>().is_err()) {
        return None;
    }
    ion::values(text).into_iter().next()
}

fn quoted(raw: &str) -> bool {
    raw.trim_start().starts_with(['"', '\''])
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_moment(text: &str) -> bool {
    text.len() > 10 && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_duration(text: &str) -> bool {
    let pattern = r"^P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$";
    text.len() > 2 && !text.ends_with('T') && Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_readable, typed};

    #[test]
    fn values_have_the_type_that_they_are_written_as() {
        let cases = [
            ("\"hello\"", "STRING", json!("hello")),
            ("hello world", "STRING", json!("hello")),
            ("1.50", "NUMBER", json!(1.5)),
            ("1.2.3", "STRING", json!("1.2.3")),
            ("true", "BOOLEAN", json!(true)),
            ("null", "STRING", json!(null)),
            ("[1, {\"a\": null}]", "JSON", json!([1, {"a": null}])),
            ("{a: 1}", "JSON", json!({"a": 1})),
            ("2026-01-02", "DATE", json!("2026-01-02")),
            ("\"2026-01-02\"", "STRING", json!("2026-01-02")),
            ("2026-01-02T03:04:05Z", "DATETIME", json!("2026-01-02T03:04:05Z")),
            ("PT1H", "DURATION", json!("PT1H")),
            ("{\"a\": ", "STRING", json!("{\"a\": ")),
        ];
        for (raw, kind, value) in cases {
            assert_eq!(typed(raw), (kind, value), "{raw}");
        }
        assert!(is_readable("hello") && !is_readable("{\"a\": "));
    }
}
