//! What executions log.

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;

use crate::app::lock;
use crate::dialect::Dialect;

/// How many lines a slow reader of a log stream may lag behind.
const BACKLOG: usize = 1024;

/// One line of a log.
#[derive(Clone, Debug)]
pub(crate) struct LogEntry {
    pub(crate) namespace: String,
    pub(crate) flow_id: String,
    pub(crate) execution_id: String,
    pub(crate) task_id: Option<String>,
    pub(crate) task_run_id: Option<String>,
    pub(crate) trigger_id: Option<String>,
    pub(crate) attempt: Option<u64>,
    pub(crate) timestamp: Timestamp,
    /// `TRACE`, `DEBUG`, `INFO`, `WARN` or `ERROR`.
    pub(crate) level: &'static str,
    pub(crate) thread: String,
    pub(crate) message: String,
}

impl LogEntry {
    /// The entry as lists and searches show it.
    pub(crate) fn to_json(&self, dialect: Dialect) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Option<&String>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), json!(value));
            }
        };
        put("namespace", Some(&self.namespace));
        put("flowId", Some(&self.flow_id));
        put("taskId", self.task_id.as_ref());
        put("executionId", Some(&self.execution_id));
        put("taskRunId", self.task_run_id.as_ref());
        put("triggerId", self.trigger_id.as_ref());
        // 1.x writes it even where there is none.
        if self.attempt.is_some() || !dialect.is_v2() {
            let attempt = self.attempt;
            map.insert("attemptNumber".to_owned(), json!(attempt));
        }
        map.insert("timestamp".to_owned(), json!(self.timestamp.to_string()));
        map.insert("level".to_owned(), json!(self.level));
        map.insert("thread".to_owned(), json!(self.thread));
        map.insert("message".to_owned(), json!(self.message));
        if dialect < Dialect::V1_3 {
            map.insert("deleted".to_owned(), json!(false));
        }
        Value::Object(map)
    }
}

/// All lines, in the order they came.
#[derive(Debug)]
pub(crate) struct LogStore {
    entries: Mutex<Vec<LogEntry>>,
    sender: broadcast::Sender<LogEntry>,
}

impl Default for LogStore {
    fn default() -> Self {
        Self { entries: Mutex::default(), sender: broadcast::channel(BACKLOG).0 }
    }
}

impl LogStore {
    /// Adds a line, and shows it to those who follow.
    pub(crate) fn push(&self, entry: LogEntry) {
        let mut entries = lock(&self.entries);
        entries.push(entry.clone());
        // Nobody listening is no fault.
        let _ = self.sender.send(entry);
    }

    /// The lines for which a question holds.
    pub(crate) fn all(&self, keep: impl Fn(&LogEntry) -> bool) -> Vec<LogEntry> {
        lock(&self.entries).iter().filter(|entry| keep(entry)).cloned().collect()
    }

    /// The lines so far, and those to come, without a gap between.
    pub(crate) fn follow(
        &self,
        keep: impl Fn(&LogEntry) -> bool,
    ) -> (Vec<LogEntry>, broadcast::Receiver<LogEntry>) {
        let entries = lock(&self.entries);
        (entries.iter().filter(|entry| keep(entry)).cloned().collect(), self.sender.subscribe())
    }

    /// Makes all lines older.
    pub(crate) fn age(&self, by: jiff::SignedDuration) {
        for entry in lock(&self.entries).iter_mut() {
            entry.timestamp = entry.timestamp.checked_sub(by).unwrap_or(Timestamp::MIN);
        }
    }

    /// Deletes the lines for which a question holds.
    pub(crate) fn delete(&self, gone: impl Fn(&LogEntry) -> bool) {
        lock(&self.entries).retain(|entry| !gone(entry));
    }
}
