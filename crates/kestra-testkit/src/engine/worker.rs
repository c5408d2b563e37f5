//! Tasks that a worker runs: attempts, retries, timeouts.

use serde_json::{Map, Value};

use super::branch::End;
use super::expression::{self, Scope};
use super::flow::Task;
use super::retry::Retry;
use super::run::{Runner, Waited};
use super::state::State;
use super::{tasks, time};
use crate::dialect::Dialect;

/// How an attempt at a task ended.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// With a state and outputs.
    With(State, Map<String, Value>),
    /// With an error.
    Error(String),
    /// The execution has to stop.
    Stopped,
    /// The whole execution ends in a state.
    Exit(State),
}

impl Done {
    /// Success with outputs.
    pub(crate) fn outputs(outputs: Map<String, Value>) -> Self {
        Self::With(State::Success, outputs)
    }
}

impl Runner {
    /// Runs a task on the worker, with as many attempts as it has.
    pub(crate) async fn work(&self, task: &Task, run: &str) -> End {
        let retry = Retry::of(task.properties.get("retry"));
        loop {
            if self.app.dialect != Dialect::V1_0 {
                self.change_run(run, |run| run.state.set(State::Submitted));
            }
            if self.cell.now().must_stop() {
                return End::Killed;
            }
            let worker = self.app.engine.worker_id.clone();
            self.change_run(run, |run| run.begin(Some(worker)));
            let done = self.attempt(task, run).await;
            let (attempt, outputs) = match done {
                Done::With(state, outputs) => (state, outputs),
                Done::Exit(state) => {
                    self.change_run(run, |run| run.finish(State::Success, State::Success, None));
                    return End::Exit(state);
                }
                Done::Stopped => return End::Killed,
                Done::Error(message) => {
                    self.report(task, run, &message);
                    (State::Failed, Map::new())
                }
            };
            if attempt == State::Failed && self.cell.now().must_stop() {
                return End::Killed;
            }
            let attempts = self.cell.now().run(run).map_or(0, |run| run.attempts.len());
            let again =
                retry.as_ref().filter(|_| attempt == State::Failed).and_then(|retry| retry.next(attempts));
            if let Some(wait) = again {
                self.cell.update(|execution| {
                    if let Some(run) = execution.run_mut(run) {
                        run.finish(State::Failed, State::Failed, None);
                        run.state.set(State::Retrying);
                    }
                    execution.state.set(State::Failed);
                    execution.state.set(State::Retrying);
                });
                if self.sleep(wait).await == Waited::Stop {
                    return End::Killed;
                }
                self.change_run(run, |run| run.state.set(State::Created));
                continue;
            }
            let state = softened(task, attempt);
            self.change_run(run, |run| run.finish(attempt, state, Some(outputs)));
            return End::of(state);
        }
    }

    async fn attempt(&self, task: &Task, run: &str) -> Done {
        let (_, scope) = self.look(task, run);
        let limit = match limit_of(task, &scope) {
            Ok(limit) => limit,
            Err(message) => return Done::Error(message),
        };
        let body = tasks::run(self, task, run, &scope);
        let Some(limit) = limit else { return body.await };
        match tokio::time::timeout(limit, body).await {
            Ok(done) => done,
            Err(_) => Done::Error(format!("Timeout after {}", task.text("timeout").unwrap_or_default())),
        }
    }

    /// Logs an error as the server does: the message, and where it came from at a lower level.
    pub(crate) fn report(&self, task: &Task, run: &str, message: &str) {
        self.log("ERROR", Some((&task.id, run)), message);
        let level = if self.app.dialect.is_v2() { "DEBUG" } else { "TRACE" };
        let at =
            format!("java.lang.Exception: {message}\n\tat {}.run({}.java)", task.kind, task.short_kind());
        self.log(level, Some((&task.id, run)), &at);
    }
}

/// What an end means for a task that may fail or warn.
pub(crate) fn softened(task: &Task, state: State) -> State {
    match state {
        State::Failed if task.flag("allowFailure", false) => State::Warning,
        State::Warning if task.flag("allowWarning", false) => State::Success,
        state => state,
    }
}

fn limit_of(task: &Task, scope: &Scope) -> Result<Option<std::time::Duration>, String> {
    let Some(text) = task.text("timeout") else { return Ok(None) };
    let text = expression::render(&text, scope).map_err(|error| error.to_string())?;
    let duration = time::parse_duration(&text).ok_or_else(|| format!("Invalid duration: {text}"))?;
    Ok(std::time::Duration::try_from(duration).ok())
}
