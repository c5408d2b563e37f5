//! Tasks that start other executions: subflows, and the loops of 2.0.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::branch::End;
use super::cell::Cell;
use super::create::{Creation, create};
use super::execution::{Execution, LoopRun};
use super::execution_json::View;
use super::expression::{self, Scope, text_of};
use super::flow::{Task, label_pairs};
use super::flowables::values;
use super::inputs::GivenInputs;
use super::run::{self, Runner};
use super::state::{State, StateLog};
use super::table::CORRELATION;
use super::worker::softened;
use super::{ids, time};

impl Runner {
    /// Starts another flow, and waits for it if it shall.
    pub(crate) async fn subflow(&self, task: &Task, run: &str) -> End {
        let known = self.cell.now().run(run).and_then(|run| run.outputs.clone());
        let known = known.as_ref().and_then(|outputs| outputs.get("executionId")).and_then(Value::as_str);
        let child = match known.and_then(|id| self.app.engine.find(id)) {
            Some(child) if !child.now().state.current().is_terminal() => child,
            _ => match self.start_subflow(task, run) {
                Ok(child) => child,
                Err(message) => {
                    self.begin_task(run, true);
                    self.report(task, run, &message);
                    return self.end_subflow(task, run, State::Failed, None);
                }
            },
        };
        self.begin_task(run, true);
        let outputs = |child: &Execution| {
            let mut map = Map::new();
            map.insert("executionId".to_owned(), json!(child.id));
            map.insert("state".to_owned(), json!(child.state.current().name()));
            if let Some(outputs) = &child.outputs {
                map.insert("outputs".to_owned(), json!(outputs));
            }
            map
        };
        if !task.flag("wait", true) {
            let mut map = outputs(&child.now());
            map.remove("state");
            map.remove("outputs");
            return self.end_subflow(task, run, State::Success, Some(map));
        }
        let started = child.now().id.clone();
        self.change_run(run, |run| {
            run.outputs = Some(Map::from_iter([("executionId".to_owned(), json!(started))]));
        });
        let ended = tokio::select! {
            ended = child.until(|child| child.deleted || child.is_over() || follows_retry(child)) => ended,
            _ = self.cell.until(Execution::must_stop) => return End::Killed,
        };
        let state = match ended.state.current() {
            State::Failed | State::Killed | State::Cancelled | State::Retried
                if task.flag("transmitFailed", true) =>
            {
                State::Failed
            }
            State::Warning if task.flag("transmitFailed", true) => State::Warning,
            _ => State::Success,
        };
        self.end_subflow(task, run, state, Some(outputs(&ended)))
    }

    fn end_subflow(&self, task: &Task, run: &str, end: State, outputs: Option<Map<String, Value>>) -> End {
        let state = softened(task, end);
        self.change_run(run, |run| run.finish(end, state, outputs));
        End::of(state)
    }

    fn start_subflow(&self, task: &Task, run: &str) -> Result<Arc<Cell>, String> {
        let (execution, scope) = self.look(task, run);
        let text = |property: &str| {
            task.text(property)
                .map(|text| expression::render(&text, &scope).map_err(|error| error.to_string()))
                .transpose()
        };
        let namespace = text("namespace")?.unwrap_or_else(|| execution.namespace.clone());
        let flow_id = text("flowId")?.unwrap_or_default();
        let revision = text("revision")?.and_then(|text| text.parse().ok());
        let flow = self.app.stored_flow(&namespace, &flow_id, revision);
        let flow = flow.ok_or_else(|| {
            format!("Unable to find flow '{namespace}'.'{flow_id}' with revision '{}'", revision.unwrap_or(0))
        })?;
        if flow.definition.disabled {
            return Err("Cannot execute a flow which is disabled".to_owned());
        }
        let inputs = rendered_map(task.properties.get("inputs"), &scope)?;
        let mut labels = Vec::new();
        if task.flag("inheritLabels", false) {
            labels.extend(execution.labels.iter().filter(|(key, _)| !key.starts_with("system.")).cloned());
        }
        if let Some(own) = task.properties.get("labels") {
            let own = expression::render_value(own, &scope).map_err(|error| error.to_string())?;
            labels.extend(label_pairs(&own));
        }
        for key in [CORRELATION, "system.from"] {
            labels.extend(execution.label(key).map(|value| (key.to_owned(), value.to_owned())));
        }
        let creation = Creation {
            labels,
            trigger: Some(json!({
                "id": task.id,
                "type": task.kind,
                "variables": {
                    "executionId": execution.id,
                    "namespace": execution.namespace,
                    "flowId": execution.flow_id,
                    "flowRevision": execution.revision,
                    "taskRunId": run,
                    "taskId": task.id,
                },
            })),
            schedule_date: text("scheduleDate")?.as_deref().and_then(time::parse_instant),
            kind: execution.kind.clone(),
            ..Creation::of(&flow, GivenInputs::from_json(&inputs))
        };
        let created = create(&self.app, creation).map_err(|error| error.message(self.app.dialect))?;
        let child = self.app.engine.insert(created.execution.stored());
        run::start(&self.app, &child);
        Ok(child)
    }

    /// Runs the tasks of a loop once for each value, each time in an execution of its own.
    pub(crate) async fn iterate(&self, task: &Task, run: &str) -> End {
        let before = self.cell.now().to_json(View::Raw, self.app.dialect);
        self.begin_flowable(run);
        let (_, scope) = self.look(task, run);
        let values = match values(task.properties.get("values"), &scope) {
            Ok(values) => values,
            Err(message) => {
                self.report(task, run, &message);
                return self.end_subflow(task, run, State::Failed, None);
            }
        };
        let mut worst = End::Success;
        let mut children = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let child = self.iteration(task, run, &before, index, value);
            run::start(&self.app, &child);
            let ended = tokio::select! {
                ended = child.until(|child| child.deleted || child.is_over()) => ended,
                _ = self.cell.until(Execution::must_stop) => {
                    child.update(|child| child.state.set(State::Killing));
                    return End::Killed;
                }
            };
            children.push(json!(ended.id));
            worst = worst.and(End::of(ended.state.current()));
            if !worst.goes_on() {
                break;
            }
        }
        let state = match worst {
            End::Success => State::Success,
            End::Warning => State::Warning,
            _ => State::Failed,
        };
        let outputs = Map::from_iter([("executionIds".to_owned(), Value::Array(children))]);
        self.end_subflow(task, run, state, Some(outputs))
    }

    fn iteration(&self, task: &Task, run: &str, parent: &Value, index: usize, value: &Value) -> Arc<Cell> {
        let own = self.cell.now();
        let child = Execution {
            id: ids::new_id(),
            parent_id: Some(own.id.clone()),
            kind: Some("LOOP".to_owned()),
            task_runs: None,
            outputs: None,
            breakpoints: None,
            schedule_date: None,
            // It begins with the execution that it is a part of.
            state: StateLog::created_at(own.state.start()),
            attempt: 1,
            loop_run: Some(LoopRun {
                parent: parent.clone(),
                task_id: task.id.clone(),
                task_run_id: run.to_owned(),
                index,
                value: value.clone(),
            }),
            ..Execution::clone(&own)
        };
        self.app.engine.insert(child)
    }
}

/// An execution that was retried is awaited no longer: what follows is another one.
fn follows_retry(execution: &Execution) -> bool {
    execution.state.is(State::Retried)
}

fn rendered_map(value: Option<&Value>, scope: &Scope) -> Result<Map<String, Value>, String> {
    let Some(value) = value else { return Ok(Map::new()) };
    match expression::render_value(value, scope).map_err(|error| error.to_string())? {
        Value::Object(map) => Ok(map),
        other => match serde_json::from_str(&text_of(&other)) {
            Ok(Value::Object(map)) => Ok(map),
            _ => Err("`inputs` must be a map".to_owned()),
        },
    }
}
