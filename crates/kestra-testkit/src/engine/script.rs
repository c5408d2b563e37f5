//! Flows whose runs are scripted instead of run.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::state::State;

/// How a scripted execution ends.
///
/// ```
/// # use std::time::Duration;
/// use kestra_testkit::Outcome;
/// use serde_json::json;
///
/// let outcome = Outcome::success(json!({"rows": 3})).after(Duration::from_millis(5));
/// let gate = Outcome::paused().then(Outcome::failed("rejected"));
/// # let _ = (outcome, gate);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Outcome {
    pub(crate) end: End,
    pub(crate) after: Duration,
    pub(crate) tasks: Vec<(String, Map<String, Value>)>,
    pub(crate) logs: Vec<(&'static str, String)>,
}

/// What an outcome comes to.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// It ends in a state, with outputs.
    State(State, Map<String, Value>),
    /// It pauses; once resumed it goes on with another outcome.
    Paused(Box<Outcome>),
    /// It fails and is retried in a new execution, which has another outcome.
    Retried(Box<Outcome>),
}

impl Outcome {
    fn new(end: End) -> Self {
        Self { end, after: Duration::ZERO, tasks: Vec::new(), logs: Vec::new() }
    }

    /// It ends in `SUCCESS` with these outputs, given as a JSON object.
    pub fn success(outputs: Value) -> Self {
        Self::new(End::State(State::Success, object(outputs)))
    }

    /// It ends in `WARNING` with these outputs, given as a JSON object.
    pub fn warning(outputs: Value) -> Self {
        Self::new(End::State(State::Warning, object(outputs)))
    }

    /// It ends in `FAILED`; the message is in the log, at level `ERROR`.
    pub fn failed(message: impl Into<String>) -> Self {
        let mut outcome = Self::new(End::State(State::Failed, Map::new()));
        outcome.logs.push(("ERROR", message.into()));
        outcome
    }

    /// It ends in `KILLED`, as if somebody had killed it.
    pub fn killed() -> Self {
        Self::new(End::State(State::Killed, Map::new()))
    }

    /// It ends in `CANCELLED`, as over the limit of a flow that cancels.
    pub fn cancelled() -> Self {
        Self::new(End::State(State::Cancelled, Map::new()))
    }

    /// It pauses until it is resumed, and then succeeds without outputs unless [`then`](Self::then) says otherwise.
    pub fn paused() -> Self {
        Self::new(End::Paused(Box::new(Self::success(Value::Null))))
    }

    /// It ends in `RETRIED` and goes on in a new execution, which has the outcome `next`: what a retry of the flow does.
    pub fn retried(next: Outcome) -> Self {
        Self::new(End::Retried(Box::new(next)))
    }

    /// What comes once a paused execution is resumed. An outcome that doesn't pause is replaced.
    pub fn then(mut self, next: Outcome) -> Self {
        match &mut self.end {
            End::Paused(after) => **after = next,
            _ => self = next,
        }
        self
    }

    /// It takes this long; after a pause it counts from the resumption.
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// It shows a run of this task, with these outputs. Without any there is one of the flow's first task.
    pub fn task(mut self, id: impl Into<String>, outputs: Value) -> Self {
        self.tasks.push((id.into(), object(outputs)));
        self
    }

    /// It logs a line at level `INFO`.
    pub fn log(mut self, message: impl Into<String>) -> Self {
        self.logs.push(("INFO", message.into()));
        self
    }
}

/// A JSON object; anything else is an empty one.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// What a script is: from inputs to an outcome.
pub(crate) type Run = Arc<dyn Fn(Value) -> Outcome + Send + Sync>;

/// A script, and whether it takes inputs that no flow declares.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) run: Run,
    /// The flow is only here for the script: it declares nothing and takes everything.
    pub(crate) open: bool,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("open", &self.open).finish_non_exhaustive()
    }
}

/// The scripts, by namespace and flow, and outcomes that single executions have in store.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    flows: HashMap<(String, String), Script>,
    executions: HashMap<String, Outcome>,
}

impl Scripts {
    /// Sets the script of a flow.
    pub(crate) fn set(&mut self, namespace: &str, flow: &str, script: Script) {
        self.flows.insert((namespace.to_owned(), flow.to_owned()), script);
    }

    /// Forgets the script of a flow.
    pub(crate) fn unset(&mut self, namespace: &str, flow: &str) {
        self.flows.remove(&(namespace.to_owned(), flow.to_owned()));
    }

    /// The script of a flow.
    pub(crate) fn get(&self, namespace: &str, flow: &str) -> Option<Script> {
        self.flows.get(&(namespace.to_owned(), flow.to_owned())).cloned()
    }

    /// Says what a single execution comes to.
    pub(crate) fn promise(&mut self, execution: &str, outcome: Outcome) {
        self.executions.insert(execution.to_owned(), outcome);
    }

    /// What a single execution was promised.
    pub(crate) fn promised(&mut self, execution: &str) -> Option<Outcome> {
        self.executions.remove(execution)
    }
}
