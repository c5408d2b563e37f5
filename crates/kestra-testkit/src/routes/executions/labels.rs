//! Labels of ended executions.

use serde_json::Value;

use super::answer::{body, cell_or, check_system_labels, raw};
use crate::dialect::Dialect;
use crate::engine::actions;
use crate::http::{Answer, ApiError, Context, Reply};

/// Replaces the labels of an ended execution, all but the system's.
pub(super) fn set(cx: &Context) -> Answer {
    let cell = cell_or(cx, |_| ApiError::not_found())?;
    let labels = read(&body(cx, "labels")?, "setLabelsOnTerminatedExecution.labels", cx.dialect())?;
    let execution = cell.now();
    if !execution.state.current().is_terminal() {
        // Plain text, under the type of JSON.
        return Ok(Reply::bytes("application/json", "The execution is not terminated").with_status(400));
    }
    // Who reads all labels and sends them back changes none of the system's.
    let others: Vec<(String, String)> =
        labels.iter().filter(|label| !execution.labels.contains(label)).cloned().collect();
    check_system_labels(&others, cx.dialect(), &[])?;
    check_twice(&labels, cx.dialect())?;
    cell.update(|execution| actions::set_labels(execution, &labels));
    raw(cx, &cell.now())
}

/// Reads a list of `{key, value}`; one object counts as a list of one.
pub(super) fn read(body: &Value, path: &str, dialect: Dialect) -> Result<Vec<(String, String)>, ApiError> {
    let list = match body {
        Value::Array(list) => list.clone(),
        Value::Object(_) => vec![body.clone()],
        _ => return Err(ApiError::new(422, "Invalid json mapping")),
    };
    let mut labels = Vec::with_capacity(list.len());
    let mut faults = Vec::new();
    for (index, label) in list.iter().enumerate() {
        let part = |key: &str| label.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (key, value) = (part("key"), part("value"));
        for (name, text) in [("key", &key), ("value", &value)] {
            if text.is_empty() {
                faults.push(format!("{path}[{index}].{name}"));
            }
        }
        labels.push((key, value));
    }
    if faults.is_empty() {
        return Ok(labels);
    }
    let message = if dialect == Dialect::V1_0 { "must not be null" } else { "must not be empty" };
    let lines: Vec<String> = faults.iter().map(|path| format!("{path}: {message}")).collect();
    let error = ApiError::new(422, format!("Invalid entity: {}", lines.join(", ")));
    Err(faults.into_iter().fold(error, |error, path| error.with_detail(message, Some(path))))
}

/// Refuses a key that comes twice, which 2.0 takes.
pub(super) fn check_twice(labels: &[(String, String)], dialect: Dialect) -> Result<(), ApiError> {
    if dialect.is_v2() {
        return Ok(());
    }
    for (index, (key, value)) in labels.iter().enumerate() {
        if let Some((_, first)) = labels[..index].iter().find(|(known, _)| known == key) {
            return Err(ApiError::illegal_state(format!(
                "Duplicate key {key} (attempted merging values {first} and {value})"
            )));
        }
    }
    Ok(())
}
