//! Running an execution from its start, or from where it stopped.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::branch::{Branch, End};
use super::cell::Cell;
use super::execution::Execution;
use super::expression::Scope;
use super::files::ExecutionFiles;
use super::flow::{FlowDefinition, OutputDefinition, Task};
use super::inputs::convert_output;
use super::state::State;
use super::{expression, flow_trigger, retry, scope, scripted, time};
use crate::app::App;
use crate::store::{LogEntry, MetricEntry};

/// What everything that runs an execution needs.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(crate) app: Arc<App>,
    pub(crate) cell: Arc<Cell>,
    pub(crate) flow: Arc<FlowDefinition>,
}

/// Runs an execution in a task of its own, unless one does already.
pub(crate) fn start(app: &Arc<App>, cell: &Arc<Cell>) {
    if !app.settings.no_executor && cell.take() {
        tokio::spawn(drive(Arc::clone(app), Arc::clone(cell)));
    }
}

async fn drive(app: Arc<App>, cell: Arc<Cell>) {
    let mut told = cell.now().state.entries().len();
    loop {
        tokio::select! {
            () = run(&app, &cell) => {}
            () = tell(&app, &cell, &mut told) => {}
        }
        tell_new(&app, &cell.now(), &mut told);
        cell.release();
        // Somebody may have restarted or killed it while it came to its end.
        let again = matches!(cell.now().state.current(), State::Restarted | State::Killing);
        if !again || cell.now().deleted || !cell.take() {
            return;
        }
    }
}

/// Starts the flows that wait for the states that an execution comes to, as long as this is polled.
async fn tell(app: &Arc<App>, cell: &Cell, told: &mut usize) {
    loop {
        let seen = *told;
        let execution = cell.until(|execution| execution.state.entries().len() > seen).await;
        tell_new(app, &execution, told);
    }
}

/// Starts the flows that wait for one of the states since those that were told.
fn tell_new(app: &Arc<App>, execution: &Execution, told: &mut usize) {
    let entries = execution.state.entries();
    for count in *told + 1..=entries.len() {
        let mut then = execution.clone();
        then.state = execution.state.first(count);
        flow_trigger::fire(app, &then);
    }
    *told = entries.len().max(*told);
}

async fn run(app: &Arc<App>, cell: &Arc<Cell>) {
    let execution = cell.now();
    let flow = app.flow_of(&execution);
    let Some(flow) = flow else {
        let flow = Arc::new(FlowDefinition::read(Map::new()));
        let runner = Runner { app: Arc::clone(app), cell: Arc::clone(cell), flow };
        runner.log("ERROR", None, "Unable to find the flow of this execution");
        cell.update(|execution| execution.state.set(State::Failed));
        return;
    };
    let runner = Runner { app: Arc::clone(app), cell: Arc::clone(cell), flow };
    if runner.wait_for_schedule().await == Waited::Stop {
        runner.kill().await;
        return;
    }
    let slot = match runner.take_slot() {
        Slot::None => false,
        Slot::Taken => true,
        Slot::Refused => return,
    };
    Box::pin(runner.run_to_the_end()).await;
    if slot {
        runner.free_slot();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    GoOn,
    Stop,
}

enum Slot {
    None,
    Taken,
    Refused,
}

impl Runner {
    /// Waits for the date of the execution, unless somebody starts it by force.
    async fn wait_for_schedule(&self) -> Waited {
        let waits =
            |execution: &Execution| execution.state.is(State::Created) && execution.schedule_date.is_some();
        let execution = self.cell.now();
        let due = execution.schedule_date.filter(|_| waits(&execution));
        let left = due.map(|due| time::until(jiff::Timestamp::now(), due)).unwrap_or_default();
        if left.is_zero() {
            return Waited::GoOn;
        }
        tokio::select! {
            () = tokio::time::sleep(left) => Waited::GoOn,
            execution = self.cell.until(|execution| execution.must_stop() || !waits(execution)) => {
                if execution.must_stop() { Waited::Stop } else { Waited::GoOn }
            }
        }
    }

    /// Sleeps, unless the execution has to stop.
    pub(crate) async fn sleep(&self, time: Duration) -> Waited {
        tokio::select! {
            () = tokio::time::sleep(time) => Waited::GoOn,
            _ = self.cell.until(Execution::must_stop) => Waited::Stop,
        }
    }

    /// A step of the server's own takes a moment.
    pub(crate) async fn pace(&self) {
        let pace = self.app.engine.timing().pace;
        if pace.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pace).await;
        }
    }

    /// Variables with what only a worker has: secrets and files.
    pub(crate) fn with_means(&self, scope: Scope) -> Scope {
        let files = ExecutionFiles::of(&self.app, &self.cell.now());
        scope.with_secrets(&self.app.settings.secrets).with_files(files)
    }

    fn take_slot(&self) -> Slot {
        let execution = self.cell.now();
        let Some(limit) = &self.flow.concurrency else { return Slot::None };
        let (namespace, flow) = (&execution.namespace, &execution.flow_id);
        if execution.loop_run.is_some() {
            return Slot::None;
        }
        if !execution.state.is(State::Created) {
            // Out of the queue, by its turn or by force: the slot is taken already.
            let queued = execution.state.entries().iter().any(|(state, _)| *state == State::Queued);
            return if queued && execution.task_runs.is_none() { Slot::Taken } else { Slot::None };
        }
        let free = self.app.engine.slots(|slots| {
            let free = slots.take(namespace, flow, limit.limit);
            if !free && limit.behavior == "QUEUE" {
                slots.wait(namespace, flow, &execution.id);
            }
            free
        });
        if free {
            return Slot::Taken;
        }
        let state = match limit.behavior.as_str() {
            "CANCEL" => State::Cancelled,
            "FAIL" => State::Failed,
            _ => State::Queued,
        };
        self.cell.update(|execution| execution.state.set(state));
        Slot::Refused
    }

    fn free_slot(&self) {
        let execution = self.cell.now();
        let next = self.app.engine.slots(|slots| slots.free(&execution.namespace, &execution.flow_id));
        let Some(cell) = next.and_then(|id| self.app.engine.find(&id)) else { return };
        cell.update(|execution| execution.state.set(State::Running));
        start(&self.app, &cell);
    }

    async fn run_to_the_end(&self) {
        if let Some(outcome) = scripted::outcome_of(self) {
            scripted::play(self, outcome).await;
            return;
        }
        let tasks = self.tasks();
        let end = self.run_list(&tasks, &Branch::root()).await;
        self.conclude(end).await;
    }

    /// The tasks to run: the flow's, or the loop's for an iteration of it.
    fn tasks(&self) -> Vec<Task> {
        match &self.cell.now().loop_run {
            Some(run) => {
                self.flow.find_task(&run.task_id).map(|task| task.children("tasks")).unwrap_or_default()
            }
            None => self.flow.tasks.clone(),
        }
    }

    async fn conclude(&self, end: End) {
        if self.cell.now().deleted {
            return;
        }
        let is_loop = self.cell.now().loop_run.is_some();
        if end == End::Failed && !is_loop {
            let errors = self.run_list(&self.flow.errors, &Branch::root()).await;
            if errors == End::Killed {
                self.kill().await;
                return;
            }
        }
        if end != End::Killed && !is_loop && !self.flow.finally.is_empty() {
            self.run_list(&self.flow.finally, &Branch::root()).await;
        }
        let state = match end {
            End::Killed => {
                self.kill().await;
                return;
            }
            End::Failed => State::Failed,
            End::Warning => State::Warning,
            End::Success => State::Success,
            End::Exit(state) => state,
        };
        if !is_loop {
            self.pace().await;
        }
        let state = if is_loop { state } else { self.outputs(state) };
        if state == State::Failed && retry::flow_is_retried(self) {
            return;
        }
        self.cell.update(|execution| {
            if execution.must_stop() {
                close_runs(execution, State::Killed);
                execution.state.set(State::Killed);
            } else {
                execution.state.set(state);
            }
        });
        if !is_loop && !self.flow.after_execution.is_empty() {
            self.run_list(&self.flow.after_execution, &Branch::root()).await;
        }
    }

    /// Renders the flow's outputs; if that fails the execution fails. A failed execution has those that can be rendered.
    fn outputs(&self, state: State) -> State {
        if self.flow.outputs.is_empty() {
            return state;
        }
        let scope = self.with_means(scope::of_execution(&self.flow, &self.cell.now()));
        let mut outputs = Map::new();
        let mut failed = false;
        for output in &self.flow.outputs {
            match self.output(output, &scope) {
                Ok(Value::Null) if !output.required => {}
                Ok(value) => {
                    outputs.insert(output.id.clone(), value);
                }
                Err(_) if state == State::Failed => {}
                Err(message) => {
                    self.log("ERROR", None, &format!("Failed to render output values: {message}"));
                    failed = true;
                }
            }
        }
        if state == State::Failed && outputs.is_empty() {
            return state;
        }
        self.cell.update(|execution| execution.outputs = Some(outputs));
        if failed { State::Failed } else { state }
    }

    fn output(&self, output: &OutputDefinition, scope: &expression::Scope) -> Result<Value, String> {
        let value = expression::render_value(&output.value, scope).map_err(|error| error.to_string())?;
        convert_output(&output.kind, value, self.app.dialect)
    }

    /// Ends what is to be killed: on 1.x the execution first, on 2.0 its task runs.
    pub(crate) async fn kill(&self) {
        let runs = |execution: &mut Execution| close_runs(execution, State::Killed);
        let whole = |execution: &mut Execution| execution.state.set(State::Killed);
        if self.app.dialect.is_v2() {
            self.cell.update(runs);
            self.pace().await;
            self.cell.update(whole);
        } else {
            self.cell.update(whole);
            self.pace().await;
            self.cell.update(runs);
        }
    }

    /// Keeps a value that a task measured.
    pub(crate) fn measure(
        &self,
        task: &str,
        run: &str,
        kind: String,
        name: String,
        value: f64,
        tags: Map<String, Value>,
    ) {
        let execution = self.cell.now();
        self.app.metrics.push(MetricEntry {
            namespace: execution.namespace.clone(),
            flow_id: execution.flow_id.clone(),
            task_id: task.to_owned(),
            execution_id: execution.id.clone(),
            task_run_id: run.to_owned(),
            kind,
            name,
            value,
            timestamp: time::now(),
            tags,
        });
    }

    /// Writes a line into the log.
    pub(crate) fn log(&self, level: &'static str, run: Option<(&str, &str)>, message: &str) {
        let execution = self.cell.now();
        let attempts = run.and_then(|(_, id)| execution.run(id)).map_or(0, |run| run.attempts.len());
        self.app.logs.push(LogEntry {
            namespace: execution.namespace.clone(),
            flow_id: execution.flow_id.clone(),
            execution_id: execution.id.clone(),
            task_id: run.map(|(task, _)| task.to_owned()),
            task_run_id: run.map(|(_, id)| id.to_owned()),
            trigger_id: None,
            attempt: Some(u64::try_from(attempts.saturating_sub(1)).unwrap_or_default()),
            timestamp: time::now(),
            level,
            thread: "worker_0".to_owned(),
            message: message.to_owned(),
        });
    }
}

/// Ends all task runs that haven't.
pub(crate) fn close_runs(execution: &mut Execution, state: State) {
    for run in execution.task_runs.iter_mut().flatten().filter(|run| !run.state.current().is_terminal()) {
        run.finish(state, state, None);
    }
}
