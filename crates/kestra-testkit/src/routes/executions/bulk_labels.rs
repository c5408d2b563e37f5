//! Labels of many executions.

use serde_json::Value;

use super::answer::{body, check_system_labels};
use super::bulk::{answer, ids_found};
use super::bulk_checks::{Action, check};
use super::labels::{check_twice, read};
use crate::engine::flow::plain_text;
use crate::http::{Answer, ApiError, Context};

/// Labels the executions that the body names.
pub(super) fn by_ids(cx: &Context) -> Answer {
    let body = body(cx, "setLabelsByIds")?;
    let Some(ids) = body.get("executionsId").and_then(Value::as_array) else {
        return Err(ApiError::internal(
            "Cannot invoke \"java.util.List.iterator()\" because the return value of \
             \"io.kestra.webserver.controllers.api.ExecutionController$SetLabelsByIdsRequest.executionsId()\" is null",
        ));
    };
    let labels = body.get("executionLabels").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let path = "setLabelsOnTerminatedExecutionsByIds.setLabelsByIds.executionLabels";
    let ids: Vec<String> = ids.iter().map(plain_text).collect();
    set(cx, &ids, &labels, path, Action::Labels)
}

/// Labels the executions that a query finds.
pub(super) fn by_query(cx: &Context) -> Answer {
    let labels = body(cx, "setLabels")?;
    let path = "setLabelsOnTerminatedExecutionsByQuery.setLabels";
    // Whatever is found is taken, also what still runs.
    set(cx, &ids_found(cx)?, &labels, path, Action::AnyLabels)
}

fn set(cx: &Context, ids: &[String], labels: &Value, path: &str, action: Action) -> Answer {
    let labels = read(labels, path, cx.dialect())?;
    check_system_labels(&labels, cx.dialect(), &[])?;
    check_twice(&labels, cx.dialect())?;
    let cells = check(cx, ids, action)?;
    let count = cells.len();
    cx.apply(move || {
        for cell in &cells {
            cell.update(|execution| {
                // Added to those that are there, unlike with a single execution.
                for (key, value) in &labels {
                    execution.set_label(key, value);
                }
            });
        }
    });
    answer(cx, count)
}
