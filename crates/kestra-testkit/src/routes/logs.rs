//! Routes of logs.

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply, Route, now};
use crate::query::{Comparison, Filters, LEVELS, Resource, Subject, check_sort, sort_by};
use crate::store::LogEntry;

/// All routes of logs.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("logs/search", now!(search)),
        Route::get("logs/{executionId}", now!(list)),
        Route::get("logs/{executionId}/download", now!(download)).produces(&["text/plain"]),
        Route::get("logs/{executionId}/follow", now!(follow)).produces(&["text/event-stream"]),
        Route::delete("logs/{executionId}", now!(delete_of_execution)).consumes(&["*/*"]),
        Route::delete("logs/{namespace}/{flowId}", now!(delete_of_flow)).consumes(&["*/*"]),
    ]
}

/// The fields that log lines can be sorted by.
const SORTABLE: &[&str] = &[
    "timestamp",
    "level",
    "namespace",
    "flowId",
    "executionId",
    "taskId",
    "taskRunId",
    "triggerId",
    "attemptNumber",
];

fn search(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchLogs")?;
    let sorts = query.sort()?;
    check_sort(&sorts, SORTABLE, cx.dialect())?;
    let filters = query.filters(Resource::Log, cx.dialect())?;
    let since = filters.look_back()?.unwrap_or(Timestamp::MIN);
    let mut found = cx.app.logs.all(|entry| entry.timestamp >= since && filters.matches(entry));
    sort_by(&mut found, &sorts, |entry, field| match field {
        "timestamp" => Some(entry.timestamp.to_string()),
        field => entry.text(field),
    });
    let rows: Vec<Value> = found.iter().map(|entry| entry.to_json(cx.dialect())).collect();
    let mut answer = page.of(rows);
    if let (true, Some(map)) = (cx.dialect().is_v2(), answer.as_object_mut()) {
        map.insert("type".to_owned(), json!("OFFSET"));
    }
    Reply::json(&answer)
}

fn list(cx: &Context) -> Answer {
    // What a deleted execution logged may be kept, but it isn't listed.
    let known = cx.app.knows_execution(cx.param("executionId"));
    let entries = of_execution(cx)?;
    let rows: Vec<Value> =
        entries.iter().filter(|_| known).map(|entry| entry.to_json(cx.dialect())).collect();
    Reply::json(&rows)
}

fn download(cx: &Context) -> Answer {
    let id = cx.param("executionId");
    if !cx.app.knows_execution(id) {
        return Err(ApiError::not_found_because(format!("Execution '{id}' not found.")));
    }
    let lines: Vec<String> = of_execution(cx)?
        .iter()
        .map(|entry| format!("{:.6} {} {}", entry.timestamp, entry.level, entry.message))
        .collect();
    Ok(Reply::text(lines.join("\n"))
        .with_header(http::header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{id}.log\"")))
}

fn delete_of_execution(cx: &Context) -> Answer {
    // Deletion has kept its own parameters in every version.
    let filters = own_parameters(cx)?;
    let id = cx.param("executionId");
    cx.app.logs.delete(|entry| entry.execution_id == id && filters.matches(entry));
    Ok(Reply::empty(200))
}

fn delete_of_flow(cx: &Context) -> Answer {
    let query = cx.query();
    let trigger = query.first("triggerId");
    let (namespace, flow) = (cx.param("namespace"), cx.param("flowId"));
    cx.app.logs.delete(|entry| {
        entry.namespace == namespace
            && entry.flow_id == flow
            && trigger.is_none_or(|trigger| entry.trigger_id.as_deref() == Some(trigger))
    });
    Ok(Reply::empty(200))
}

/// The lines of one execution that the query asks for.
fn of_execution(cx: &Context) -> Result<Vec<LogEntry>, ApiError> {
    let filters = per_execution(cx)?;
    let id = cx.param("executionId");
    let mut found = cx.app.logs.of_execution(id);
    found.retain(|entry| filters.matches(entry));
    Ok(found)
}

/// The filters of routes about one execution: own parameters on 1.x, `filters[..]` on 2.0.
fn per_execution(cx: &Context) -> Result<Filters, ApiError> {
    if cx.dialect().is_v2() {
        return cx.query().filters(Resource::Log, cx.dialect());
    }
    own_parameters(cx)
}

/// `minLevel`, `taskId`, `taskRunId` and `attempt`.
fn own_parameters(cx: &Context) -> Result<Filters, ApiError> {
    let query = cx.query();
    let mut filters = Filters::default();
    if let Some(level) = query.word("minLevel", LEVELS, "org.slf4j.event.Level")? {
        filters.push("level", Comparison::EQUALS, level);
    }
    for name in ["taskId", "taskRunId"] {
        if let Some(value) = query.one(name)? {
            filters.push(name, Comparison::EQUALS, value);
        }
    }
    if let Some(attempt) = query.number("attempt")? {
        filters.push("attemptNumber", Comparison::EQUALS, attempt.to_string());
    }
    Ok(filters)
}

/// The lines so far and those to come, for as long as somebody listens.
fn follow(cx: &Context) -> Answer {
    let filters = per_execution(cx)?;
    let dialect = cx.dialect();
    let stub = match dialect {
        Dialect::V1_0 => json!({"attemptNumber": null, "deleted": false}),
        Dialect::V1_3 => json!({"attemptNumber": null}),
        Dialect::V2_0 => json!({}),
    };
    let id = cx.param("executionId");
    // It reads what is stored and gets what comes, and where one meets the other there is a line in both.
    let is_live = cx.app.engine.find(id).is_some_and(|cell| !cell.now().is_over());
    let twice = usize::from(dialect.is_v2() && is_live);
    let (mut past, receiver) = cx.app.logs.follow(id);
    let keep = move |entry: &LogEntry| filters.matches(entry);
    past.retain(&keep);
    let event = move |entry: LogEntry| {
        let mut value = entry.to_json(dialect);
        if let (true, Some(map)) = (dialect.is_v2(), value.as_object_mut()) {
            map.insert("tenantId".to_owned(), json!("main"));
        }
        frame("progress", &value)
    };
    let lines = stream::iter(past)
        .chain(live(receiver).filter(move |entry| std::future::ready(keep(entry))))
        .map(event)
        .enumerate()
        .flat_map(move |(place, line)| {
            let times = if place == 0 { 1 + twice } else { 1 };
            stream::iter(std::iter::repeat_n(line, times))
        });
    let frames = stream::iter([frame("start", &stub)]).chain(lines);
    Ok(Reply::stream("text/event-stream", frames.map(Ok)))
}

fn frame(id: &str, data: &Value) -> Bytes {
    Bytes::from(format!("id: {id}\ndata: {data}\n\n"))
}

fn live(receiver: UnboundedReceiver<LogEntry>) -> impl Stream<Item = LogEntry> + Send {
    stream::unfold(receiver, |mut receiver| async move {
        let entry = receiver.recv().await?;
        Some((entry, receiver))
    })
}

impl Subject for LogEntry {
    fn text(&self, field: &str) -> Option<String> {
        match field {
            "namespace" => Some(self.namespace.clone()),
            "flowId" => Some(self.flow_id.clone()),
            "executionId" => Some(self.execution_id.clone()),
            "taskId" => self.task_id.clone(),
            "taskRunId" => self.task_run_id.clone(),
            "triggerId" => self.trigger_id.clone(),
            "attemptNumber" => self.attempt.map(|attempt| attempt.to_string()),
            "level" => Some(self.level.to_owned()),
            _ => None,
        }
    }

    fn labels(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn full_text(&self) -> String {
        self.message.clone()
    }

    fn instant(&self, _: &str) -> Option<Timestamp> {
        Some(self.timestamp)
    }
}
