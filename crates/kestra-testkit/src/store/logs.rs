//! What executions log.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::app::lock;
use crate::dialect::Dialect;

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
#[derive(Debug, Default)]
pub(crate) struct LogStore {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<LogEntry>,
    /// Where the lines of an execution are.
    of_execution: HashMap<String, Vec<usize>>,
    /// Those who follow an execution.
    followers: HashMap<String, Vec<UnboundedSender<LogEntry>>>,
}

impl Kept {
    fn of(&self, execution: &str) -> impl Iterator<Item = &LogEntry> {
        let places = self.of_execution.get(execution).into_iter().flatten();
        places.filter_map(|place| self.entries.get(*place))
    }

    fn index(&mut self) {
        self.of_execution.clear();
        for (place, entry) in self.entries.iter().enumerate() {
            self.of_execution.entry(entry.execution_id.clone()).or_default().push(place);
        }
    }
}

impl LogStore {
    /// Adds a line, and shows it to those who follow.
    pub(crate) fn push(&self, entry: LogEntry) {
        let mut kept = lock(&self.kept);
        if let Some(followers) = kept.followers.get_mut(&entry.execution_id) {
            followers.retain(|follower| follower.send(entry.clone()).is_ok());
        }
        let place = kept.entries.len();
        kept.of_execution.entry(entry.execution_id.clone()).or_default().push(place);
        kept.entries.push(entry);
    }

    /// The lines for which a question holds.
    pub(crate) fn all(&self, keep: impl Fn(&LogEntry) -> bool) -> Vec<LogEntry> {
        lock(&self.kept).entries.iter().filter(|entry| keep(entry)).cloned().collect()
    }

    /// The lines of an execution.
    pub(crate) fn of_execution(&self, execution: &str) -> Vec<LogEntry> {
        lock(&self.kept).of(execution).cloned().collect()
    }

    /// The lines of an execution so far, and those to come, without a gap between.
    pub(crate) fn follow(&self, execution: &str) -> (Vec<LogEntry>, UnboundedReceiver<LogEntry>) {
        let mut kept = lock(&self.kept);
        let (sender, receiver) = unbounded_channel();
        let followers = kept.followers.entry(execution.to_owned()).or_default();
        followers.retain(|follower| !follower.is_closed());
        followers.push(sender);
        (kept.of(execution).cloned().collect(), receiver)
    }

    /// Makes all lines older.
    pub(crate) fn age(&self, by: jiff::SignedDuration) {
        for entry in &mut lock(&self.kept).entries {
            entry.timestamp = entry.timestamp.checked_sub(by).unwrap_or(Timestamp::MIN);
        }
    }

    /// Deletes the lines for which a question holds.
    pub(crate) fn delete(&self, gone: impl Fn(&LogEntry) -> bool) {
        let mut kept = lock(&self.kept);
        kept.entries.retain(|entry| !gone(entry));
        kept.index();
    }
}
