//! Executions as the API writes them.

use serde_json::{Map, Value, json};

use super::execution::{Execution, TaskRun};
use super::{flow_json, time};
use crate::dialect::Dialect;

/// Where an execution is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// Answers to actions, and events.
    Raw,
    /// The answer to a reading.
    Read,
    /// A row of a search.
    Row,
}

impl Execution {
    /// The execution as a view shows it.
    pub(crate) fn to_json(&self, view: View, dialect: Dialect) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        let slim = dialect.is_v2() && view != View::Raw;
        let row = dialect.is_v2() && view == View::Row;
        if slim {
            put("tenantId", json!("main"));
        }
        put("id", json!(self.id));
        put("namespace", json!(self.namespace));
        put("flowId", json!(self.flow_id));
        put("flowRevision", json!(self.revision));
        let runs = || self.runs().iter().map(|run| self.task_run_json(run, view, dialect)).collect::<Value>();
        match &self.task_runs {
            _ if row => {}
            Some(_) => put("taskRunList", runs()),
            None if slim => put("taskRunList", json!([])),
            None => {}
        }
        if let Some(inputs) = &self.inputs {
            let mut inputs = inputs.clone();
            if slim {
                inputs.retain(|_, value| !value.is_null());
            }
            put("inputs", Value::Object(inputs));
        }
        if let Some(outputs) = self.outputs.as_ref().filter(|_| !dialect.is_v2()) {
            put("outputs", json!(outputs));
        }
        put("labels", flow_json::labels(&self.labels));
        if let Some(variables) = self.variables.as_ref().filter(|_| !row) {
            put("variables", json!(variables));
        }
        put("state", self.state.to_json(dialect));
        if let Some(parent) = &self.parent_id {
            put("parentId", json!(parent));
        }
        if self.loop_run.is_none() {
            put("originalId", json!(self.original_id));
        }
        if let Some(trigger) = &self.trigger {
            put("trigger", trigger.clone());
        }
        if !slim {
            put("deleted", json!(self.deleted));
        }
        if !row {
            put("metadata", self.metadata());
        }
        if let Some(at) = self.schedule_date {
            put("scheduleDate", json!(time::shortest(at)));
        }
        if let Some(kind) = &self.kind {
            put("kind", json!(kind));
        }
        if let Some(breakpoints) = &self.breakpoints {
            let one = |point: &super::execution::Breakpoint| match &point.value {
                Some(value) => json!({"id": point.id, "value": value}),
                None => json!({"id": point.id}),
            };
            put("breakpoints", breakpoints.iter().map(one).collect());
        }
        if let Some(run) = &self.loop_run {
            put(
                "loopRun",
                json!({
                    "parent": run.parent,
                    "taskId": run.task_id,
                    "taskRunId": run.task_run_id,
                    "index": run.index,
                    "value": run.value,
                }),
            );
        }
        if let Some(trace) = &self.trace_parent {
            put("traceParent", json!(trace));
        }
        Value::Object(map)
    }

    fn metadata(&self) -> Value {
        let fresh = self.created.subsec_nanosecond() % 1_000 != 0;
        let created = if fresh { time::fresh(self.created) } else { time::stored(self.created) };
        json!({"attemptNumber": self.attempt, "originalCreatedDate": created})
    }

    /// A task run as a view shows it.
    pub(crate) fn task_run_json(&self, run: &TaskRun, view: View, dialect: Dialect) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        let slim = dialect.is_v2() && view != View::Raw;
        put("id", json!(run.id));
        if !slim {
            put("executionId", json!(self.id));
            put("namespace", json!(self.namespace));
            put("flowId", json!(self.flow_id));
        }
        put("taskId", json!(run.task_id));
        if let Some(parent) = &run.parent {
            put("parentTaskRunId", json!(parent));
        }
        if let Some(value) = &run.value {
            put("value", json!(value));
        }
        if let Some(iteration) = run.iteration {
            put("iteration", json!(iteration));
        }
        if !run.attempts.is_empty() {
            let one = |attempt: &super::execution::Attempt| {
                let mut entry = json!({"state": attempt.state.to_json(dialect)});
                if let Some(worker) = &attempt.worker_id {
                    entry["workerId"] = json!(worker);
                }
                entry
            };
            put("attempts", run.attempts.iter().map(one).collect());
        }
        match &run.outputs {
            _ if slim => {}
            Some(outputs) if !dialect.is_v2() => put("outputs", json!(outputs)),
            _ => put("outputs", Value::Null),
        }
        put("state", run.state.to_json(dialect));
        Value::Object(map)
    }

    /// What the first event of a stream has: an execution of which only the id is known.
    pub(crate) fn stub(id: &str) -> Value {
        json!({
            "id": id,
            "labels": [],
            "originalId": id,
            "deleted": false,
            "metadata": {"attemptNumber": 1, "originalCreatedDate": time::fresh(jiff::Timestamp::now())},
        })
    }
}
