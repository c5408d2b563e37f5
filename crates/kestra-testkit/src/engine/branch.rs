//! A list of tasks, at its place in the tree, and the way through it.

use std::sync::Arc;

use super::execution::{Breakpoint, Execution, TaskRun};
use super::expression;
use super::flow::Task;
use super::run::Runner;
use super::scope;
use super::state::State;

/// Where in the tree a list of tasks runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branch {
    /// The task run above.
    pub(crate) parent: Option<String>,
    /// The value of the iteration.
    pub(crate) value: Option<String>,
    pub(crate) iteration: Option<usize>,
}

/// How a list of tasks ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Warning,
    Failed,
    Killed,
    /// A task ended the whole execution.
    Exit(State),
}

impl End {
    /// The worse of two ends.
    pub(crate) fn and(self, other: Self) -> Self {
        let rank = |end: Self| match end {
            Self::Success => 0,
            Self::Warning => 1,
            Self::Failed => 2,
            Self::Exit(_) => 3,
            Self::Killed => 4,
        };
        if rank(other) > rank(self) { other } else { self }
    }

    /// Whether the next task runs.
    pub(crate) fn goes_on(self) -> bool {
        matches!(self, Self::Success | Self::Warning)
    }

    /// What the state of an ended task run means for the list.
    pub(crate) fn of(state: State) -> Self {
        match state {
            State::Warning => Self::Warning,
            State::Failed | State::Cancelled | State::Retried => Self::Failed,
            State::Killed => Self::Killed,
            _ => Self::Success,
        }
    }
}

impl Branch {
    /// The flow's own tasks.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The tasks below a task run.
    pub(crate) fn below(run: &str) -> Self {
        Self { parent: Some(run.to_owned()), ..Self::default() }
    }
}

impl Runner {
    /// Runs tasks one after the other, up to the first that fails.
    pub(crate) async fn run_list(&self, tasks: &[Task], branch: &Branch) -> End {
        let mut end = End::Success;
        for task in tasks {
            end = end.and(Box::pin(self.run_task(task, branch)).await);
            if !end.goes_on() {
                break;
            }
        }
        end
    }

    /// Runs one task, or goes on with it, or takes how it ended before.
    pub(crate) async fn run_task(&self, task: &Task, branch: &Branch) -> End {
        if task.flag("disabled", false) {
            return End::Success;
        }
        if self.gate().await {
            return End::Killed;
        }
        let execution = self.cell.now();
        let known = execution.run_of(&task.id, branch.parent.as_deref(), branch.value.as_deref());
        if let Some(run) = known.filter(|run| run.state.current().is_terminal()) {
            return End::of(run.state.current());
        }
        let known = known.map(|run| run.id.clone());
        self.pace().await;
        if self.gate().await {
            return End::Killed;
        }
        let run = known.unwrap_or_else(|| self.create_run(task, branch));
        match self.condition(task, &run) {
            Ok(true) => {}
            Ok(false) => {
                self.change_run(&run, |run| run.finish(State::Skipped, State::Skipped, None));
                return End::Success;
            }
            Err(message) => {
                self.log("ERROR", Some((&task.id, &run)), &message);
                self.change_run(&run, |run| run.finish(State::Failed, State::Failed, None));
                return End::Failed;
            }
        }
        if self.breakpoint(task, branch, &run).await {
            return End::Killed;
        }
        self.dispatch(task, &run).await
    }

    /// Waits while the execution is paused by hand; true if it has to stop.
    async fn gate(&self) -> bool {
        let execution = self.cell.until(|execution| execution.must_stop() || !execution.is_held()).await;
        execution.must_stop()
    }

    fn create_run(&self, task: &Task, branch: &Branch) -> String {
        let run = TaskRun {
            parent: branch.parent.clone(),
            value: branch.value.clone(),
            iteration: branch.iteration,
            ..TaskRun::new(&task.id)
        };
        let id = run.id.clone();
        self.cell.update(|execution| {
            execution.set_running();
            execution.task_runs.get_or_insert_with(Vec::new).push(run);
        });
        id
    }

    /// Whether `runIf` holds.
    fn condition(&self, task: &Task, run: &str) -> Result<bool, String> {
        let Some(condition) = task.text("runIf") else { return Ok(true) };
        let execution = self.cell.now();
        let Some(run) = execution.run(run) else { return Ok(true) };
        let scope = self.with_means(scope::of_task_run(&self.flow, &execution, task, run));
        expression::render(&condition, &scope)
            .map(|text| expression::is_true(&text))
            .map_err(|error| error.to_string())
    }

    /// Stops where a breakpoint is set, until told to go on; true if the execution has to stop.
    async fn breakpoint(&self, task: &Task, branch: &Branch, run: &str) -> bool {
        let fresh = |execution: &Execution| {
            execution
                .run(run)
                .is_some_and(|run| run.state.is(State::Created) && run.state.entries().len() == 1)
        };
        let here = |point: &Breakpoint| {
            point.id == task.id && (point.value.is_none() || point.value == branch.value)
        };
        let execution = self.cell.now();
        let set = execution.breakpoints.iter().flatten().any(here);
        if set && fresh(&execution) {
            self.cell.update(|execution| {
                if let Some(run) = execution.run_mut(run) {
                    run.state.set(State::Breakpoint);
                }
                execution.state.set(State::Breakpoint);
            });
        }
        let at_it =
            |execution: &Execution| execution.run(run).is_some_and(|run| run.state.is(State::Breakpoint));
        let execution = self.cell.until(|execution| execution.must_stop() || !at_it(execution)).await;
        execution.must_stop()
    }

    /// Changes a task run.
    pub(crate) fn change_run(&self, run: &str, change: impl FnOnce(&mut TaskRun)) {
        self.cell.update(|execution| {
            execution.set_running();
            if let Some(run) = execution.run_mut(run) {
                change(run);
            }
        });
    }

    /// The execution as it is, and a task run of it with its variables.
    pub(crate) fn look(&self, task: &Task, run: &str) -> (Arc<Execution>, expression::Scope) {
        let execution = self.cell.now();
        let scope = match execution.run(run) {
            Some(run) => scope::of_task_run(&self.flow, &execution, task, run),
            None => scope::of_execution(&self.flow, &execution),
        };
        (execution, self.with_means(scope))
    }
}
