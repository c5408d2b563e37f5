//! Whether two answers have the same status and the same shape.

use serde_json::Value;

use super::recording::{Response, ResponseBody};
use super::wire::Answer;

/// What differs, or nothing.
pub(crate) fn difference(recorded: &Response, ours: Option<&Answer>) -> Option<String> {
    let Some(ours) = ours else {
        return recorded.status.map(|status| format!("no answer instead of {status}"));
    };
    if recorded.status != Some(ours.status) {
        let text: String = String::from_utf8_lossy(&ours.body).chars().take(160).collect();
        return Some(format!("status {} instead of {:?}: {text}", ours.status, recorded.status));
    }
    let body = recorded.body.as_ref()?;
    let text = body.value.as_deref().unwrap_or_default();
    match body.kind.as_str() {
        "json" => json(text, ours),
        "sse" => events(body, ours),
        "empty" if ours.body.is_empty() => None,
        "empty" => Some("a body instead of none".to_owned()),
        _ if ours.body.is_empty() && !text.is_empty() => Some("no body".to_owned()),
        _ => None,
    }
}

fn json(recorded: &str, ours: &Answer) -> Option<String> {
    let Ok(recorded) = serde_json::from_str::<Value>(recorded) else {
        return (!ours.content_type.contains("json"))
            .then(|| format!("{} instead of JSON", ours.content_type));
    };
    match serde_json::from_slice(&ours.body) {
        Ok(ours) => shapes(&recorded, &ours, "$"),
        Err(error) => Some(format!("no JSON: {error}")),
    }
}

/// Where two values differ in keys or types. Lists of one length must have items of the same shapes, in whatever order;
/// of others the first items are compared.
fn shapes(recorded: &Value, ours: &Value, at: &str) -> Option<String> {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for key in recorded.keys() {
                if !ours.contains_key(key) {
                    return Some(format!("{at}.{key} is missing"));
                }
            }
            for (key, value) in ours {
                let Some(expected) = recorded.get(key) else {
                    return Some(format!("{at}.{key} is too much"));
                };
                if let Some(difference) = shapes(expected, value, &format!("{at}.{key}")) {
                    return Some(difference);
                }
            }
            None
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if recorded.is_empty() != ours.is_empty() {
                return Some(format!("{at} has {} items instead of {}", ours.len(), recorded.len()));
            }
            let all = if recorded.len() == ours.len() { recorded.len() } else { 1 };
            let outlines = |list: &[Value]| {
                let mut outlines: Vec<String> = list.iter().map(outline).collect();
                outlines.sort();
                outlines
            };
            if recorded.len() == ours.len() && outlines(recorded) == outlines(ours) {
                return None;
            }
            recorded
                .iter()
                .zip(ours)
                .take(all)
                .enumerate()
                .find_map(|(index, (recorded, ours))| shapes(recorded, ours, &format!("{at}[{index}]")))
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, Value::Null) => None,
        _ => Some(format!("{at} is {} instead of {}", kind(ours), kind(recorded))),
    }
}

/// The shape of a value as a text.
fn outline(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", outline(value))).collect();
            keys.sort();
            format!("{{{}}}", keys.join(","))
        }
        Value::Array(list) => {
            let mut items: Vec<String> = list.iter().map(outline).collect();
            items.sort();
            format!("[{}]", items.join(","))
        }
        other => kind(other).to_owned(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The kinds of events in the order they first come, and the shape of the first and the last of each kind.
fn events(recorded: &ResponseBody, ours: &Answer) -> Option<String> {
    let recorded = parse(recorded.value.as_deref().unwrap_or_default());
    let ours = parse(&String::from_utf8_lossy(&ours.body));
    let (expected, found) = (kinds(&recorded), kinds(&ours));
    if expected != found {
        return Some(format!("events {found:?} instead of {expected:?}"));
    }
    expected.iter().find_map(|id| {
        let last = |events: &[(String, Value)]| {
            events.iter().rfind(|(own, _)| own == id).map(|(_, data)| data.clone()).unwrap_or_default()
        };
        shapes(&last(&recorded), &last(&ours), id)
    })
}

/// The kinds of events, each once.
fn kinds(events: &[(String, Value)]) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for (id, _) in events {
        if !kinds.contains(id) {
            kinds.push(id.clone());
        }
    }
    kinds
}

fn parse(stream: &str) -> Vec<(String, Value)> {
    stream
        .split("\n\n")
        .filter_map(|frame| {
            let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            Some((field("id:")?.to_owned(), serde_json::from_str(field("data:")?).ok()?))
        })
        .collect()
}
