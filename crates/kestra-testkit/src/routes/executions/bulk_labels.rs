//! Labels of many executions.

use std::time::Duration;

use serde_json::Value;

use super::answer::{body, check_system_labels};
use super::bulk::{answer, ids_found};
use super::bulk_checks::{Action, check};
use super::labels::{check_twice, read};
use crate::dialect::Dialect;
use crate::engine::flow::plain_text;
use crate::http::{Answer, ApiError, Context};

/// How long a server takes from reading an execution to writing it with its new labels.
const GAP: Duration = Duration::from_millis(5);

/// Labels the executions that the body names.
pub(super) async fn by_ids(cx: Context) -> Answer {
    let body = body(&cx, "setLabelsByIds")?;
    let Some(ids) = body.get("executionsId").and_then(Value::as_array) else {
        return Err(ApiError::internal(
            "Cannot invoke \"java.util.List.iterator()\" because the return value of \
             \"io.kestra.webserver.controllers.api.ExecutionController$SetLabelsByIdsRequest.executionsId()\" is null",
        ));
    };
    let mut labels = body.get("executionLabels").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let empty = take_empty(&mut labels);
    let path = "setLabelsOnTerminatedExecutionsByIds.setLabelsByIds.executionLabels";
    let ids: Vec<String> = ids.iter().map(plain_text).collect();
    // The oldest stores what others drop.
    let empty = if cx.dialect() == Dialect::V1_0 { empty } else { Vec::new() };
    set(&cx, &ids, (&labels, empty), path, Action::Labels).await
}

/// Labels the executions that a query finds.
pub(super) async fn by_query(cx: Context) -> Answer {
    let labels = body(&cx, "setLabels")?;
    let path = "setLabelsOnTerminatedExecutionsByQuery.setLabels";
    // Whatever is found is taken, also what still runs.
    set(&cx, &ids_found(&cx)?, (&labels, Vec::new()), path, Action::AnyLabels).await
}

/// Takes the labels out that have a key and an empty value, and gives their keys.
fn take_empty(labels: &mut Value) -> Vec<String> {
    let Value::Array(list) = labels else { return Vec::new() };
    let text = |label: &Value, part: &str| label.get(part).and_then(Value::as_str).map(str::to_owned);
    let is_empty = |label: &mut Value| {
        text(label, "value").as_deref() == Some("") && text(label, "key").is_some_and(|key| !key.is_empty())
    };
    list.extract_if(.., is_empty).filter_map(|label| text(&label, "key")).collect()
}

/// Not atomic: all labels are written back as they were read, so those that came in between are lost.
async fn set(
    cx: &Context,
    ids: &[String],
    (labels, empty): (&Value, Vec<String>),
    path: &str,
    action: Action,
) -> Answer {
    let mut labels = read(labels, path, cx.dialect())?;
    labels.extend(empty.into_iter().map(|key| (key, String::new())));
    check_system_labels(&labels, cx.dialect(), &[])?;
    check_twice(&labels, cx.dialect())?;
    let cells = check(cx, ids, action)?;
    let count = cells.len();
    let read: Vec<_> = cells.iter().map(|cell| cell.now().labels.clone()).collect();
    tokio::time::sleep(GAP).await;
    cx.apply(move || {
        for (cell, read) in cells.iter().zip(read) {
            cell.update(|execution| {
                execution.labels = read;
                // Added to those that are there, unlike with a single execution.
                for (key, value) in &labels {
                    execution.set_label(key, value);
                }
            });
        }
    });
    answer(cx, count)
}
