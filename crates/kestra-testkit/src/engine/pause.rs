//! The task that waits for somebody.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::branch::End;
use super::execution::{Execution, TaskRun};
use super::expression;
use super::flow::Task;
use super::run::Runner;
use super::state::State;
use super::time;

impl Runner {
    /// Pauses the execution at a task, until it is resumed or its time is over.
    pub(crate) async fn pause(&self, task: &Task, run: &str) -> End {
        let waits = |execution: &Execution| execution.run(run).is_some_and(|run| run.state.is(State::Paused));
        if !waits(&self.cell.now()) {
            self.begin_flowable(run);
            self.cell.update(|execution| {
                if execution.must_stop() {
                    return;
                }
                if let Some(run) = execution.run_mut(run) {
                    run.outputs = Some(Map::new());
                    run.state.set(State::Paused);
                }
                execution.state.set(State::Paused);
            });
        }
        let over = |execution: &Execution| execution.must_stop() || !waits(execution);
        match self.time_limit(task, run) {
            None => {
                self.cell.until(over).await;
            }
            Some(limit) => {
                if tokio::time::timeout(limit, self.cell.until(over)).await.is_err() {
                    let state = match task.text("behavior").as_deref() {
                        Some("WARN") => State::Warning,
                        Some("CANCEL") => State::Cancelled,
                        Some("FAIL") => State::Failed,
                        _ => State::Success,
                    };
                    self.cell.update(|execution| resume(execution, state, None, None));
                }
            }
        }
        let execution = self.cell.now();
        if execution.must_stop() {
            return End::Killed;
        }
        let state = execution.run(run).map_or(State::Killed, |run| run.state.current());
        if state == State::Cancelled {
            return End::Exit(State::Cancelled);
        }
        if !state.is_terminal() {
            // It was restarted while it waited: from the beginning.
            return Box::pin(self.pause(task, run)).await;
        }
        // The tasks of an old style pause run after it.
        let tasks = task.children("tasks");
        let after = Box::pin(self.run_list(&tasks, &super::branch::Branch::below(run))).await;
        End::of(state).and(after)
    }

    fn time_limit(&self, task: &Task, run: &str) -> Option<Duration> {
        let text =
            task.text("pauseDuration").or_else(|| task.text("delay")).or_else(|| task.text("timeout"))?;
        let (_, scope) = self.look(task, run);
        let text = expression::render(&text, &scope).ok()?;
        Duration::try_from(time::parse_duration(&text)?).ok()
    }
}

/// The task run at which an execution is paused.
pub(crate) fn paused_run(execution: &Execution) -> Option<&TaskRun> {
    execution.runs().iter().find(|run| run.state.is(State::Paused))
}

/// Lets a paused execution go on. At a pause task that ends in `state`, and has the inputs as outputs.
pub(crate) fn resume(
    execution: &mut Execution,
    state: State,
    inputs: Option<Map<String, Value>>,
    by: Option<&str>,
) {
    let paused = paused_run(execution).map(|run| run.id.clone());
    let Some(run) = paused.and_then(|id| execution.run_mut(&id)) else {
        execution.state.set(State::Running);
        return;
    };
    let mut resumed = json!({"on": time::stored(time::now()).trim_end_matches('Z'), "to": state.name()});
    if let Some(by) = by {
        resumed["by"] = json!(by);
    }
    let mut outputs = Map::new();
    outputs.insert("onResume".to_owned(), Value::Object(inputs.unwrap_or_default()));
    outputs.insert("resumed".to_owned(), resumed);
    run.finish(state, state, Some(outputs));
    execution.state.set(State::Restarted);
    execution.attempt += 1;
}
