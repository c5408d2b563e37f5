//! Finding triggers.

use serde_json::Value;

use super::view;
use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::{Filters, Resource, Sort, check_sort, sort_by};
use crate::store::TriggerRow;

/// The fields that triggers can be sorted by.
const SORTABLE: &[&str] = &[
    "id",
    "namespace",
    "flowId",
    "triggerId",
    "date",
    "nextExecutionDate",
    "nextEvaluationDate",
    "updatedAt",
    "disabled",
    "executionId",
    "lastTriggeredDate",
];

/// Triggers by filters, sorted, a page at a time.
pub(super) fn all(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchTriggers")?;
    let sorts = query.sort()?;
    let mut rows = matching(cx)?;
    sort(cx, &mut rows, &sorts)?;
    Reply::json(&page.of(rows.iter().map(|row| view::found(cx, row)).collect()))
}

/// The triggers that the filters of a request find.
pub(super) fn matching(cx: &Context) -> Result<Vec<TriggerRow>, ApiError> {
    let filters = cx.query().filters(Resource::Trigger, cx.dialect())?;
    Ok(matched(cx, &filters))
}

/// The same where the old parameters of 1.x are declared and never looked at.
pub(super) fn matching_filters(cx: &Context) -> Result<Vec<TriggerRow>, ApiError> {
    let filters = cx.query().bracketed_filters(Resource::Trigger, cx.dialect())?;
    Ok(matched(cx, &filters))
}

fn matched(cx: &Context, filters: &Filters) -> Vec<TriggerRow> {
    cx.app.sync_triggers();
    cx.app.triggers().all().into_iter().filter(|row| filters.matches(row)).collect()
}

/// The triggers of a flow.
pub(super) fn of_flow(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchTriggersForFlow")?;
    let sorts = query.sort()?;
    cx.app.sync_triggers();
    let q = query.first("q").unwrap_or_default().to_lowercase();
    let (namespace, flow) = (cx.param("namespace"), cx.param("flowId"));
    let mut rows = cx.app.triggers().all();
    rows.retain(|row| {
        row.namespace == namespace && row.flow_id == flow && row.trigger_id.to_lowercase().contains(&q)
    });
    sort(cx, &mut rows, &sorts)?;
    Reply::json(&page.of(rows.iter().map(|row| view::state(row, cx.dialect())).collect()))
}

fn sort(cx: &Context, rows: &mut [TriggerRow], sorts: &[Sort]) -> Result<(), ApiError> {
    check_sort(sorts, SORTABLE, cx.dialect())?;
    sort_by(rows, sorts, |row, field| match field {
        "namespace" => Some(row.namespace.clone()),
        "flowId" => Some(row.flow_id.clone()),
        "date" => row.date.map(|at| at.to_string()),
        "nextExecutionDate" | "nextEvaluationDate" => row.next.map(|at| at.to_string()),
        "lastTriggeredDate" => row.last_triggered.map(|at| at.to_string()),
        "updatedAt" => Some(row.updated.to_string()),
        "disabled" => Some(row.disabled.to_string()),
        "executionId" => row.execution_id.clone(),
        _ => Some(row.trigger_id.clone()),
    });
    Ok(())
}

/// The columns of the list of triggers.
fn columns(dialect: Dialect) -> &'static [&'static str] {
    if dialect.is_v2() {
        &[
            "tenantId",
            "namespace",
            "flowId",
            "triggerId",
            "updatedAt",
            "nextEvaluationDate",
            "disabled",
            "vnode",
            "locked",
            "type",
            "lastEventId",
            "dispatchEpoch",
            "nextEvaluationEpoch",
        ]
    } else {
        &["tenantId", "namespace", "flowId", "triggerId", "date", "nextExecutionDate", "disabled"]
    }
}

/// Triggers as lines of text; nothing at all where nothing is found.
pub(super) fn csv(cx: &Context) -> Answer {
    let columns = columns(cx.dialect());
    let rows = matching(cx)?;
    let mut text = String::new();
    for row in &rows {
        if text.is_empty() {
            text = format!("{}\n", columns.join(","));
        }
        let state = view::state(row, cx.dialect());
        let cells = columns.iter().map(|column| match (*column, state.get(*column)) {
            ("tenantId", _) => "main".to_owned(),
            ("type", _) => state.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
            ("vnode" | "dispatchEpoch", _) => "0".to_owned(),
            ("nextEvaluationEpoch", _) => {
                row.next.map(|next| next.as_millisecond().to_string()).unwrap_or_default()
            }
            (_, Some(Value::String(text))) => text.clone(),
            (_, Some(value)) => value.to_string(),
            (_, None) => String::new(),
        });
        text.push_str(&cells.collect::<Vec<String>>().join(","));
        text.push('\n');
    }
    Ok(Reply::bytes("text/csv", text)
        .with_header(http::header::CONTENT_DISPOSITION, "attachment; filename=triggers.csv"))
}
