//! Routes of metrics.

mod aggregate;

use std::collections::BTreeSet;

use crate::http::{Answer, Context, Reply, Route, now};
use crate::query::{check_sort, sort_by};
use crate::store::MetricEntry;

/// The fields that metrics can be sorted by.
const SORTABLE: &[&str] = &["id", "name", "type", "value", "timestamp", "taskId", "taskRunId", "executionId"];

/// All routes of metrics.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("metrics/{executionId}", now!(of_execution)),
        Route::get("metrics/names/{namespace}/{flowId}", now!(names)),
        Route::get("metrics/names/{namespace}/{flowId}/{taskId}", now!(names)),
        Route::get("metrics/tasks/{namespace}/{flowId}", now!(tasks)),
        Route::get("metrics/aggregates/{namespace}/{flowId}/{metric}", now!(aggregate::of_metric)),
        Route::get("metrics/aggregates/{namespace}/{flowId}/{taskId}/{metric}", now!(aggregate::of_metric)),
    ]
}

fn of_execution(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchByExecution")?;
    let sorts = query.sort()?;
    check_sort(&sorts, SORTABLE, cx.dialect())?;
    let (execution, run, task) = (cx.param("executionId"), query.first("taskRunId"), query.first("taskId"));
    let mut found = cx.app.metrics.all(|entry| {
        entry.execution_id == execution
            && run.is_none_or(|run| entry.task_run_id == run)
            && task.is_none_or(|task| entry.task_id == task)
    });
    sort_by(&mut found, &sorts, |entry, field| match field {
        "name" => Some(entry.name.clone()),
        "type" => Some(entry.kind.clone()),
        "value" => Some(format!("{:024.6}", entry.value)),
        "taskId" => Some(entry.task_id.clone()),
        "taskRunId" => Some(entry.task_run_id.clone()),
        _ => Some(entry.timestamp.to_string()),
    });
    Reply::json(&page.of(found.iter().map(|entry| entry.to_json(cx.dialect())).collect()))
}

/// The values of the flow of a path, or of one of its tasks.
fn of_path(cx: &Context) -> Vec<MetricEntry> {
    let (namespace, flow, task) = (cx.param("namespace"), cx.param("flowId"), cx.param("taskId"));
    cx.app.metrics.all(|entry| {
        entry.namespace == namespace && entry.flow_id == flow && (task.is_empty() || entry.task_id == task)
    })
}

fn names(cx: &Context) -> Answer {
    Reply::json(&of_path(cx).into_iter().map(|entry| entry.name).collect::<BTreeSet<String>>())
}

fn tasks(cx: &Context) -> Answer {
    Reply::json(&of_path(cx).into_iter().map(|entry| entry.task_id).collect::<BTreeSet<String>>())
}
