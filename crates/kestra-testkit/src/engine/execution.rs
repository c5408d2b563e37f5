//! An execution and its task runs.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::ids::new_id;
use super::state::{State, StateLog};

/// One run of a flow.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) flow_id: String,
    pub(crate) revision: u64,
    /// `None` as long as no task was looked at.
    pub(crate) task_runs: Option<Vec<TaskRun>>,
    pub(crate) inputs: Option<Map<String, Value>>,
    pub(crate) outputs: Option<Map<String, Value>>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) variables: Option<Map<String, Value>>,
    pub(crate) state: StateLog,
    pub(crate) parent_id: Option<String>,
    pub(crate) original_id: String,
    pub(crate) trigger: Option<Value>,
    pub(crate) attempt: u64,
    pub(crate) created: Timestamp,
    pub(crate) schedule_date: Option<Timestamp>,
    pub(crate) kind: Option<String>,
    pub(crate) breakpoints: Option<Vec<Breakpoint>>,
    pub(crate) loop_run: Option<LoopRun>,
    pub(crate) trace_parent: Option<String>,
    /// Whether it was deleted while it ran.
    pub(crate) deleted: bool,
}

/// A place at which an execution stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breakpoint {
    pub(crate) id: String,
    pub(crate) value: Option<String>,
}

/// Which iteration of which loop an execution is.
#[derive(Clone, Debug)]
pub(crate) struct LoopRun {
    /// The execution with the loop, as it was.
    pub(crate) parent: Value,
    pub(crate) task_id: String,
    pub(crate) task_run_id: String,
    pub(crate) index: usize,
    pub(crate) value: Value,
}

/// One run of a task.
#[derive(Clone, Debug)]
pub(crate) struct TaskRun {
    pub(crate) id: String,
    pub(crate) task_id: String,
    pub(crate) parent: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) iteration: Option<usize>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) outputs: Option<Map<String, Value>>,
    pub(crate) state: StateLog,
}

/// One attempt at a task.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) state: StateLog,
    /// Tasks that no worker runs have none.
    pub(crate) worker_id: Option<String>,
}

impl Execution {
    /// A new execution of a flow.
    pub(crate) fn new(namespace: &str, flow_id: &str, revision: u64) -> Self {
        let id = new_id();
        let now = Timestamp::now();
        Self {
            original_id: id.clone(),
            id,
            namespace: namespace.to_owned(),
            flow_id: flow_id.to_owned(),
            revision,
            task_runs: None,
            inputs: None,
            outputs: None,
            labels: Vec::new(),
            variables: None,
            state: StateLog::created_at(now),
            parent_id: None,
            trigger: None,
            attempt: 1,
            created: now,
            schedule_date: None,
            kind: None,
            breakpoints: None,
            loop_run: None,
            trace_parent: None,
            deleted: false,
        }
    }

    /// Makes it and its task runs older.
    pub(crate) fn age(&mut self, by: jiff::SignedDuration) {
        self.created = self.created.checked_sub(by).unwrap_or(Timestamp::MIN);
        self.state = self.state.clone().older(by);
        for run in self.task_runs.iter_mut().flatten() {
            run.state = run.state.clone().older(by);
            for attempt in &mut run.attempts {
                attempt.state = attempt.state.clone().older(by);
            }
        }
    }

    /// The same with instants as the database keeps them.
    pub(crate) fn stored(mut self) -> Self {
        self.created = super::time::truncate(self.created);
        self.state = self.state.truncated();
        self
    }

    /// Where the files of the execution live.
    pub(crate) fn file_base(&self) -> String {
        file_base(&self.namespace, &self.flow_id, &self.id)
    }

    /// The task runs.
    pub(crate) fn runs(&self) -> &[TaskRun] {
        self.task_runs.as_deref().unwrap_or_default()
    }

    /// A task run.
    pub(crate) fn run(&self, id: &str) -> Option<&TaskRun> {
        self.runs().iter().find(|run| run.id == id)
    }

    /// A task run, to change it.
    pub(crate) fn run_mut(&mut self, id: &str) -> Option<&mut TaskRun> {
        self.task_runs.as_mut()?.iter_mut().find(|run| run.id == id)
    }

    /// The run of a task at its place.
    pub(crate) fn run_of(
        &self,
        task_id: &str,
        parent: Option<&str>,
        value: Option<&str>,
    ) -> Option<&TaskRun> {
        self.runs().iter().find(|run| {
            run.task_id == task_id && run.parent.as_deref() == parent && run.value.as_deref() == value
        })
    }

    /// Whether the execution and all its task runs have ended.
    pub(crate) fn is_over(&self) -> bool {
        self.state.current().is_terminal() && self.runs().iter().all(|run| run.state.current().is_terminal())
    }

    /// Whether whatever runs it has to stop.
    pub(crate) fn must_stop(&self) -> bool {
        self.deleted || self.state.is(State::Killing)
    }

    /// Whether it was paused by hand, not by a task.
    pub(crate) fn is_held(&self) -> bool {
        self.state.is(State::Paused) && !self.runs().iter().any(|run| run.state.is(State::Paused))
    }

    /// Goes on running, from whatever it waited in.
    pub(crate) fn set_running(&mut self) {
        let from = matches!(
            self.state.current(),
            State::Created | State::Restarted | State::Queued | State::Retrying | State::Breakpoint
        );
        if from {
            self.state.set(State::Running);
        }
    }

    /// A label.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Sets a label.
    pub(crate) fn set_label(&mut self, key: &str, value: &str) {
        match self.labels.iter_mut().find(|(known, _)| known == key) {
            Some(label) => value.clone_into(&mut label.1),
            None => self.labels.push((key.to_owned(), value.to_owned())),
        }
    }

    /// The execution whose task started this one.
    pub(crate) fn trigger_execution(&self) -> Option<&str> {
        self.trigger.as_ref()?.get("variables")?.get("executionId")?.as_str()
    }

    /// Whether searches find it unless they ask for a kind.
    pub(crate) fn is_normal(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "NORMAL")
    }
}

/// Where files of an execution live.
pub(crate) fn file_base(namespace: &str, flow_id: &str, id: &str) -> String {
    format!("kestra:///{}/{flow_id}/executions/{id}", namespace.replace('.', "/"))
}

impl TaskRun {
    /// A task run that is about to start.
    pub(crate) fn new(task_id: &str) -> Self {
        Self {
            id: new_id(),
            task_id: task_id.to_owned(),
            parent: None,
            value: None,
            iteration: None,
            attempts: Vec::new(),
            outputs: None,
            state: StateLog::created(),
        }
    }

    /// Begins an attempt.
    pub(crate) fn begin(&mut self, worker_id: Option<String>) {
        let mut state = StateLog::created();
        state.set(State::Running);
        self.attempts.push(Attempt { state, worker_id });
        self.state.set(State::Running);
    }

    /// Ends the attempt and the task run; an allowed failure is a warning of the task run only.
    pub(crate) fn finish(&mut self, attempt: State, state: State, outputs: Option<Map<String, Value>>) {
        if let Some(last) = self.attempts.last_mut() {
            last.state.set(attempt);
        }
        if outputs.is_some() || self.outputs.is_none() {
            self.outputs = Some(outputs.unwrap_or_default());
        }
        self.state.set(state);
    }
}
