//! What executions measure.

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::app::lock;
use crate::dialect::Dialect;
use crate::engine::time;

/// One measured value.
#[derive(Clone, Debug)]
pub(crate) struct MetricEntry {
    pub(crate) namespace: String,
    pub(crate) flow_id: String,
    pub(crate) task_id: String,
    pub(crate) execution_id: String,
    pub(crate) task_run_id: String,
    /// `counter`, `timer` (in milliseconds) or `gauge`.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) timestamp: Timestamp,
    pub(crate) tags: Map<String, Value>,
}

impl MetricEntry {
    /// The entry as lists show it.
    pub(crate) fn to_json(&self, dialect: Dialect) -> Value {
        let mut entry = json!({
            "namespace": self.namespace,
            "flowId": self.flow_id,
            "taskId": self.task_id,
            "executionId": self.execution_id,
            "taskRunId": self.task_run_id,
            "type": self.kind,
            "name": self.name,
            "value": self.value,
            "timestamp": time::stored(self.timestamp),
            "tags": self.tags,
        });
        if dialect < Dialect::V1_3 {
            entry["deleted"] = json!(false);
        }
        entry
    }
}

/// All values, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct MetricStore {
    entries: Mutex<Vec<MetricEntry>>,
}

impl MetricStore {
    /// Adds a value.
    pub(crate) fn push(&self, entry: MetricEntry) {
        lock(&self.entries).push(entry);
    }

    /// The values for which a question holds.
    pub(crate) fn all(&self, keep: impl Fn(&MetricEntry) -> bool) -> Vec<MetricEntry> {
        lock(&self.entries).iter().filter(|entry| keep(entry)).cloned().collect()
    }

    /// Deletes the values for which a question holds.
    pub(crate) fn delete(&self, gone: impl Fn(&MetricEntry) -> bool) {
        lock(&self.entries).retain(|entry| !gone(entry));
    }
}
