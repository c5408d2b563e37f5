//! Reads a task's output as servers do, and as strictly as the strictest of them: what would lose a line, end the reading, or
//! stop the server is said.

use serde_json::{Map, Value};

/// What a server sees in one line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Outputs(Map<String, Value>),
    Metric {
        kind: String,
        name: String,
        value: f64,
    },
    Log {
        level: String,
        message: String,
    },
    /// Anything that is no message, which is logged as it is.
    Plain(String),
    /// A message that is lost or does harm, and why.
    Bad(String),
}

/// Returns the JSON of a message. It takes the whole line, and Java's `.` matches none of the line terminators inside it.
fn message(line: &str) -> Option<&str> {
    let json = line.strip_prefix("::")?.strip_suffix("::")?;
    (json.starts_with('{') && json.ends_with('}') && !json.contains(['\u{85}', '\u{2028}', '\u{2029}']))
        .then_some(json)
}

pub(crate) fn read(output: &[u8]) -> Vec<Seen> {
    // `BufferedReader.readLine` ends a line at \n, \r or both.
    let text = String::from_utf8_lossy(output).replace("\r\n", "\n").replace('\r', "\n");
    text.split('\n').filter(|line| !line.is_empty()).flat_map(line).collect()
}

fn line(line: &str) -> Vec<Seen> {
    let Some(json) = message(line) else { return vec![Seen::Plain(line.to_owned())] };
    if line.len() + 2 > 4096 {
        return vec![Seen::Bad(format!("{} bytes are written in pieces", line.len()))];
    }
    match serde_json::from_str::<Value>(json) {
        Ok(value) if has_null(&value) => vec![Seen::Bad("U+0000 fails the task on PostgreSQL".to_owned())],
        Ok(Value::Object(message)) if message.len() == 1 => {
            message.into_iter().flat_map(|(kind, content)| of_kind(&kind, content)).collect()
        }
        Ok(_) => vec![Seen::Bad("several kinds in one message".to_owned())],
        Err(problem) => vec![Seen::Bad(problem.to_string())],
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_null(value)),
        _ => false,
    }
}

fn of_kind(kind: &str, content: Value) -> Vec<Seen> {
    match (kind, content) {
        ("outputs", Value::Object(outputs)) => match outputs.iter().find(|(_, value)| value.is_null()) {
            None => vec![Seen::Outputs(outputs)],
            Some((name, _)) => vec![Seen::Bad(format!("the output {name} is null and is dropped"))],
        },
        ("metrics", Value::Array(metrics)) if metrics.len() == 1 => metrics.iter().map(metric).collect(),
        ("logs", Value::Array(logs)) if !logs.is_empty() => logs.iter().map(log).collect(),
        (kind, content) => vec![Seen::Bad(format!("{kind}: {content}"))],
    }
}

fn metric(metric: &Value) -> Seen {
    let bad = |why: &str| Seen::Bad(format!("{why}: {metric}"));
    let Some(fields) = metric.as_object() else { return bad("stops a server of 1.x") };
    let (Some(kind), Some(name)) =
        (fields.get("type").and_then(Value::as_str), fields.get("name").and_then(Value::as_str))
    else {
        return bad("ends the reading");
    };
    if !["counter", "timer", "gauge"].contains(&kind) {
        return bad("loses the line");
    }
    let Some(value) = fields.get("value").and_then(Value::as_f64).filter(|value| value.is_finite()) else {
        return bad("stops a server of 1.x, or ends the reading");
    };
    // A database stores 150 characters of the name, and MySQL the value in single precision.
    if name.encode_utf16().count() > 150 || value.abs() > 3e38 {
        return bad("stops a server");
    }
    // Java counts the nanoseconds of a duration in 64 bits, and its sum in milliseconds.
    if kind == "timer" && !(0.0..9.2e9).contains(&value) {
        return bad("ends the reading");
    }
    let tags = fields.get("tags").map_or(Some(Vec::new()), |tags| Some(tags.as_object()?.values().collect()));
    if tags.is_none_or(|tags| !tags.into_iter().all(Value::is_string)) {
        return bad("ends the reading");
    }
    if fields.keys().any(|field| !["type", "name", "value", "tags", "description"].contains(&field.as_str()))
    {
        return bad("has an unknown field");
    }
    Seen::Metric { kind: kind.to_owned(), name: name.to_owned(), value }
}

fn log(log: &Value) -> Seen {
    let text = |field| log.get(field).and_then(Value::as_str);
    match (text("level"), text("message")) {
        (Some(level), Some(message)) if ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].contains(&level) => {
            Seen::Log { level: level.to_owned(), message: message.to_owned() }
        }
        _ => Seen::Bad(format!("loses the line: {log}")),
    }
}

#[test]
fn lines_that_do_harm_are_known() {
    for line in [
        r#"::{"metrics":[null]}::"#,
        r#"::{"metrics":[{"type":"timer","name":"a"}]}::"#,
        r#"::{"metrics":[{"type":"counter","name":"a","value":1,"tags":{"b":null}}]}::"#,
        r#"::{"metrics":[{"type":"Counter","name":"a","value":1}]}::"#,
        r#"::{"metrics":[{"type":"counter","name":"a","value":1e39}]}::"#,
        &format!(r#"::{{"metrics":[{{"type":"counter","name":"{}","value":1}}]}}::"#, "x".repeat(151)),
        r#"::{"outputs":{"a":["\u0000"]}}::"#,
        r#"::{"assets":[]}::"#,
        r#"::{"outputs":{"a":NaN}}::"#,
        r#"::{"logs":[{"level":"info","message":"a"}]}::"#,
    ] {
        assert!(matches!(read(line.as_bytes()).as_slice(), [Seen::Bad(_)]), "{line}");
    }
    for line in ["::{\"outputs\":{\"a\":\"\u{2028}\"}}::", "x::{\"outputs\":{}}::", "::{\"outputs\":{}}:: "] {
        assert!(matches!(read(line.as_bytes()).as_slice(), [Seen::Plain(_)]), "{line}");
    }
}
