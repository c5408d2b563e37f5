//! Whether two JSON values mean the same.

use jiff::Timestamp;
use kestra_models::IsoDuration;
use serde_json::Value;

/// What `again` lost or changed of `original`, and what it has on top.
///
/// Null, an empty list and an empty map are as good as absent; times are compared as instants, durations as spans, numbers
/// to the last digit.
pub fn differences(original: &Value, again: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", original, again, &mut found);
    found
}

fn compare(path: &str, original: &Value, again: &Value, found: &mut Vec<String>) {
    match (original, again) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, value) in left {
                let path = format!("{path}.{name}");
                match right.get(name) {
                    Some(other) => compare(&path, value, other, found),
                    None if is_nothing(value) => {}
                    None => found.push(format!("{path} is lost: {}", short(value))),
                }
            }
            for (name, value) in right {
                if !left.contains_key(name) && !is_nothing(value) {
                    found.push(format!("{path}.{name} is invented: {}", short(value)));
                }
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                found.push(format!("{path} has {} elements in place of {}", right.len(), left.len()));
            }
            for (place, (value, other)) in left.iter().zip(right).enumerate() {
                compare(&format!("{path}[{place}]"), value, other, found);
            }
        }
        (left, right) if is_nothing(left) && is_nothing(right) => {}
        (left, right) if same(left, right) => {}
        (left, right) => found.push(format!("{path} is {} in place of {}", short(right), short(left))),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => same_text(left, right),
        _ => left == right,
    }
}

/// Whether two texts are the same, or the same time, or the same span of time.
pub(super) fn same_text(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    if let (Ok(left), Ok(right)) = (left.parse::<Timestamp>(), right.parse::<Timestamp>()) {
        return left == right;
    }
    let spans = (IsoDuration::from(left).to_signed(), IsoDuration::from(right).to_signed());
    matches!(spans, (Some(left), Some(right)) if left == right)
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}
