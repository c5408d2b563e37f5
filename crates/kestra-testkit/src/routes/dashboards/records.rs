//! What charts count: executions and log entries with their fields.

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use crate::engine::execution::Execution;
use crate::engine::time;
use crate::http::{ApiError, Context};
use crate::store::LogEntry;

/// A kind of records, which the type of a chart's data names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Executions,
    Logs,
}

/// One execution or one log entry.
#[derive(Clone, Debug)]
pub(super) struct Record {
    fields: Map<String, Value>,
    labels: Vec<(String, String)>,
    /// The start of an execution, the time of a log entry.
    pub(super) begin: Timestamp,
    /// The end of an execution, the time of a log entry.
    pub(super) end: Option<Timestamp>,
}

impl Source {
    /// The source of a chart's data; an error if the testkit doesn't have it.
    pub(super) fn of(data: &Value) -> Result<Self, ApiError> {
        let kind = data.get("type").and_then(Value::as_str).unwrap_or_default();
        let name = kind.rsplit('.').next().unwrap_or_default();
        match name.strip_suffix("KPI").unwrap_or(name) {
            "Executions" => Ok(Self::Executions),
            "Logs" => Ok(Self::Logs),
            _ => Err(ApiError::not_served(&format!("charts of {kind}"))),
        }
    }

    /// The fields that charts can show.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Executions => &[
                "ID",
                "NAMESPACE",
                "FLOW_ID",
                "FLOW_REVISION",
                "STATE",
                "DURATION",
                "LABELS",
                "START_DATE",
                "END_DATE",
                "TRIGGER_EXECUTION_ID",
            ],
            Self::Logs => &[
                "NAMESPACE",
                "FLOW_ID",
                "EXECUTION_ID",
                "TASK_ID",
                "DATE",
                "TASK_RUN_ID",
                "ATTEMPT_NUMBER",
                "TRIGGER_ID",
                "LEVEL",
                "MESSAGE",
            ],
        }
    }

    /// All records.
    pub(super) fn records(self, cx: &Context) -> Vec<Record> {
        match self {
            Self::Executions => {
                let all = cx.app.engine.all();
                all.iter().filter(|one| one.is_normal()).map(|one| of_execution(one)).collect()
            }
            Self::Logs => cx.app.logs.all(|_| true).iter().map(of_entry).collect(),
        }
    }
}

impl Record {
    /// The value of a field, null if the record has none.
    pub(super) fn field(&self, name: &str, label_key: Option<&str>) -> Value {
        if name != "LABELS" {
            return self.fields.get(name).cloned().unwrap_or_default();
        }
        let own = self.labels.iter().find(|(key, _)| Some(key.as_str()) == label_key);
        own.map(|(_, value)| json!(value)).unwrap_or_default()
    }

    /// The labels, by key.
    pub(super) fn labels(&self) -> &[(String, String)] {
        &self.labels
    }
}

fn of_execution(execution: &Execution) -> Record {
    let (begin, end) = (execution.state.start(), execution.state.end());
    let duration = end.map(|end| time::until(begin, end).as_secs_f64()).and_then(Number::from_f64);
    let fields = json!({
        "ID": execution.id,
        "NAMESPACE": execution.namespace,
        "FLOW_ID": execution.flow_id,
        "FLOW_REVISION": execution.revision,
        "STATE": execution.state.current().name(),
        "DURATION": duration,
        "START_DATE": begin.to_string(),
        "END_DATE": end.map(|end| end.to_string()),
        "TRIGGER_EXECUTION_ID": execution.trigger_execution(),
    });
    record(fields, execution.labels.clone(), begin, end)
}

fn of_entry(entry: &LogEntry) -> Record {
    let fields = json!({
        "NAMESPACE": entry.namespace,
        "FLOW_ID": entry.flow_id,
        "EXECUTION_ID": entry.execution_id,
        "TASK_ID": entry.task_id,
        "DATE": entry.timestamp.to_string(),
        "TASK_RUN_ID": entry.task_run_id,
        "ATTEMPT_NUMBER": entry.attempt,
        "TRIGGER_ID": entry.trigger_id,
        "LEVEL": entry.level,
        "MESSAGE": entry.message,
    });
    record(fields, Vec::new(), entry.timestamp, Some(entry.timestamp))
}

fn record(fields: Value, labels: Vec<(String, String)>, begin: Timestamp, end: Option<Timestamp>) -> Record {
    let Value::Object(fields) = fields else {
        return Record { fields: Map::new(), labels, begin, end };
    };
    Record { fields, labels, begin, end }
}
