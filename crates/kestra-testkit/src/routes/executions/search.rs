//! Searching executions.

use std::sync::Arc;

use http::header;
use jiff::Timestamp;
use serde_json::Value;

use crate::dialect::Dialect;
use crate::engine::CORRELATION;
use crate::engine::execution::Execution;
use crate::engine::execution_json::View;
use crate::engine::time;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::{Comparison, Filter, Filters, Resource, Sort, Subject, sort_by};

/// Fields that can be sorted by.
const SORTABLE: &[&str] = &[
    "id",
    "namespace",
    "flowId",
    "flowRevision",
    "state",
    "state.current",
    "state.startDate",
    "state.endDate",
    "state.duration",
    "startDate",
    "endDate",
    "duration",
    "kind",
    "parentId",
    "originalId",
    "triggerExecutionId",
];

/// One page of what a search finds.
pub(super) fn search(cx: &Context) -> Answer {
    let page = cx.query().page("searchExecutions")?;
    let found = sorted(cx)?;
    let total = found.len();
    let rows: Vec<Value> =
        page.cut(found).iter().map(|execution| execution.to_json(View::Row, cx.dialect())).collect();
    // Like the server's, the total of a page past the end is 0.
    let total = if rows.is_empty() { 0 } else { total };
    Reply::json(&serde_json::json!({"results": rows, "total": total}))
}

/// All that a search finds, in its order.
pub(super) fn sorted(cx: &Context) -> Result<Vec<Arc<Execution>>, ApiError> {
    let sorts = cx.query().sort()?;
    check_sort(&sorts, cx.dialect())?;
    let mut found = found(cx)?;
    sort_by(&mut found, &sorts, |execution, field| sort_key(execution, field));
    Ok(found)
}

/// All that the filters of a query find.
pub(super) fn found(cx: &Context) -> Result<Vec<Arc<Execution>>, ApiError> {
    let query = cx.query();
    let filters = query.filters(Resource::Execution, cx.dialect())?;
    let by = match query.first("dateFilter") {
        Some("END_DATE") if cx.dialect() > Dialect::V1_0 => By::End,
        Some("START_OR_END_DATE") if cx.dialect() > Dialect::V1_0 => By::Either,
        _ => By::Start,
    };
    let since = filters.look_back()?;
    let any_kind = filters.has("kind");
    let mut found = match filters.equal_label(CORRELATION) {
        Some(correlation) => cx.app.engine.correlated(correlation),
        None => cx.app.engine.all(),
    };
    found.retain(|execution| {
        let wanted = any_kind || execution.is_normal();
        wanted && by.recent(execution, since) && matches(&filters, execution, by)
    });
    Ok(found)
}

fn matches(filters: &Filters, execution: &Arc<Execution>, by: By) -> bool {
    let seen = |by| filters.matches(&Row { execution, by });
    match by {
        By::Either => seen(By::Start) || seen(By::End),
        by => seen(by),
    }
}

/// Which date a search compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Start,
    End,
    Either,
}

impl By {
    fn recent(self, execution: &Execution, since: Option<Timestamp>) -> bool {
        let Some(since) = since else { return true };
        let started = execution.state.start() >= since;
        let ended = execution.state.end().is_some_and(|end| end >= since);
        match self {
            Self::Start => started,
            Self::End => ended,
            Self::Either => started || ended,
        }
    }
}

fn check_sort(sorts: &[Sort], dialect: Dialect) -> Result<(), ApiError> {
    match sorts.iter().find(|sort| !SORTABLE.contains(&sort.field.as_str())) {
        None => Ok(()),
        Some(_) if dialect == Dialect::V1_0 => Err(ApiError::internal("Argument [property] cannot be null")),
        Some(sort) => Err(ApiError::unprocessable(format!("Invalid sort field: {}", sort.field))),
    }
}

fn sort_key(execution: &Execution, field: &str) -> Option<String> {
    Some(match field {
        "id" => execution.id.clone(),
        "namespace" => execution.namespace.clone(),
        "flowId" => execution.flow_id.clone(),
        "flowRevision" => format!("{:020}", execution.revision),
        "state" | "state.current" => execution.state.current().name().to_owned(),
        "state.startDate" | "startDate" => time::fresh(execution.state.start()),
        "state.endDate" | "endDate" => time::fresh(execution.state.end()?),
        "state.duration" | "duration" => {
            let span = time::until(execution.state.start(), execution.state.end()?);
            format!("{:030}", span.as_nanos())
        }
        "kind" => execution.kind.clone()?,
        "parentId" => execution.parent_id.clone()?,
        "originalId" => execution.original_id.clone(),
        _ => execution.trigger_execution()?.to_owned(),
    })
}

/// An execution as a search sees it.
struct Row<'a> {
    execution: &'a Execution,
    by: By,
}

impl Subject for Row<'_> {
    fn text(&self, field: &str) -> Option<String> {
        match field {
            "namespace" => Some(self.execution.namespace.clone()),
            "flowId" => Some(self.execution.flow_id.clone()),
            "state" => Some(self.execution.state.current().name().to_owned()),
            // One of the usual kind has none, and isn't found as NORMAL either.
            "kind" => self.execution.kind.clone(),
            "parentId" => self.execution.parent_id.clone(),
            "triggerExecutionId" => self.execution.trigger_execution().map(ToOwned::to_owned),
            _ => None,
        }
    }

    fn labels(&self) -> Vec<(String, String)> {
        self.execution.labels.clone()
    }

    fn full_text(&self) -> String {
        let execution = self.execution;
        format!("{} {} {}", execution.id, execution.namespace, execution.flow_id)
    }

    fn instant(&self, field: &str) -> Option<Timestamp> {
        match (field, self.by) {
            ("startDate", By::Start | By::Either) => Some(self.execution.state.start()),
            _ => self.execution.state.end(),
        }
    }

    fn special(&self, filter: &Filter) -> Option<bool> {
        match filter.field {
            "childFilter" => {
                let child = self.execution.trigger_execution().is_some();
                let holds = if filter.value == "CHILD" { child } else { !child };
                Some(if filter.op == Comparison::NOT_EQUALS { !holds } else { holds })
            }
            "taskId" => {
                let runs = self.execution.runs();
                Some(
                    runs.iter().any(|run| run.task_id == filter.value)
                        != (filter.op == Comparison::NOT_EQUALS),
                )
            }
            _ => None,
        }
    }
}

/// What a search finds as CSV; nothing at all if it finds nothing.
pub(super) fn csv(cx: &Context) -> Answer {
    let mut text = String::new();
    for execution in sorted(cx)? {
        if text.is_empty() {
            text.push_str("id,namespace,flowId,flowRevision,state,startDate,endDate,labels\n");
        }
        let labels: Vec<String> =
            execution.labels.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        let cells = [
            execution.id.clone(),
            execution.namespace.clone(),
            execution.flow_id.clone(),
            execution.revision.to_string(),
            execution.state.current().name().to_owned(),
            time::stored(execution.state.start()),
            execution.state.end().map(time::stored).unwrap_or_default(),
            labels.join(","),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push('\n');
    }
    Ok(Reply::bytes("text/csv", text)
        .with_header(header::CONTENT_DISPOSITION, "attachment; filename=executions.csv"))
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
