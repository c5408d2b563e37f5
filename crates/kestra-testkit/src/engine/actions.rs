//! What can be done to an execution from outside, apart from resuming it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::execution::{Breakpoint, Execution, TaskRun};
use super::flow::{FlowDefinition, Task};
use super::ids::new_id;
use super::state::{State, StateLog};

/// Why an execution can't go on from somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoTask;

impl NoTask {
    /// The server's words.
    pub(crate) const MESSAGE: &str = "No task found to restart execution from!";
}

/// Starts the failed tasks of an execution again, in place.
pub(crate) fn restart(execution: &mut Execution, flow: &FlowDefinition) -> Result<(), NoTask> {
    drop_handlers(execution, flow);
    let restartable = |run: &TaskRun| {
        matches!(
            run.state.current(),
            State::Failed | State::Killed | State::Paused | State::Cancelled | State::Retried
        )
    };
    let failed: Vec<String> =
        execution.runs().iter().filter(|run| restartable(run)).map(|run| run.id.clone()).collect();
    if failed.is_empty() {
        return Err(NoTask);
    }
    mark_restarted(execution, &failed);
    mark_execution(execution);
    Ok(())
}

/// Starts the failed tasks again without looking at the flow.
pub(crate) fn restart_failed(execution: &mut Execution) {
    let failed: Vec<String> =
        execution.runs().iter().filter(|run| run.state.is(State::Failed)).map(|run| run.id.clone()).collect();
    mark_restarted(execution, &failed);
    execution.attempt += 1;
    execution.state.set(State::Restarted);
}

fn mark_restarted(execution: &mut Execution, ids: &[String]) {
    let above: HashSet<String> = ids.iter().flat_map(|id| ancestors(execution, id)).collect();
    for run in execution.task_runs.iter_mut().flatten() {
        if ids.contains(&run.id) && !above.contains(&run.id) {
            run.state.set(State::Restarted);
        } else if above.contains(&run.id) {
            run.state.set(State::Running);
        }
    }
}

fn mark_execution(execution: &mut Execution) {
    execution.set_label("system.restarted", "true");
    execution.attempt += 1;
    execution.outputs = None;
    execution.state.set(State::Restarted);
}

fn ancestors(execution: &Execution, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut above = execution.run(id).and_then(|run| run.parent.clone());
    while let Some(parent) = above {
        above = execution.run(&parent).and_then(|run| run.parent.clone());
        found.push(parent);
    }
    found
}

/// Forgets the runs of tasks that only ran because something failed or ended.
fn drop_handlers(execution: &mut Execution, flow: &FlowDefinition) {
    let mut handlers = HashSet::new();
    for task in flow.errors.iter().chain(&flow.finally).chain(&flow.after_execution) {
        collect(task, &mut handlers);
    }
    for task in &flow.tasks {
        collect_handlers(task, &mut handlers);
    }
    if let Some(runs) = execution.task_runs.as_mut() {
        runs.retain(|run| !handlers.contains(&run.task_id));
    }
}

fn collect(task: &Task, ids: &mut HashSet<String>) {
    ids.insert(task.id.clone());
    task.all_children().iter().for_each(|child| collect(child, ids));
}

fn collect_handlers(task: &Task, ids: &mut HashSet<String>) {
    for property in ["errors", "finally"] {
        task.children(property).iter().for_each(|child| collect(child, ids));
    }
    task.all_children().iter().for_each(|child| collect_handlers(child, ids));
}

/// Sets the state of a task run; the execution goes on from there.
pub(crate) fn set_task_state(
    execution: &mut Execution,
    flow: &FlowDefinition,
    id: &str,
    state: State,
) -> Result<(), NoTask> {
    if execution.run(id).is_none() {
        return Err(NoTask);
    }
    drop_handlers(execution, flow);
    let above = ancestors(execution, id);
    for run in execution.task_runs.iter_mut().flatten() {
        if above.contains(&run.id) {
            run.state.set(State::Running);
        } else if run.id == id {
            if let Some(last) = run.attempts.last_mut() {
                last.state.set(state);
            }
            run.state.set(state);
        }
    }
    mark_execution(execution);
    Ok(())
}

/// What a replay changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replay {
    pub(crate) task_run: Option<String>,
    pub(crate) revision: Option<u64>,
    pub(crate) breakpoints: Option<Vec<Breakpoint>>,
    pub(crate) inputs: Option<Map<String, Value>>,
}

/// A new execution like an old one, from its start or from one of its task runs.
pub(crate) fn replay(old: &Execution, replay: Replay) -> Result<Execution, NoTask> {
    let mut new = Execution {
        id: new_id(),
        parent_id: Some(old.id.clone()),
        attempt: old.attempt + 1,
        revision: replay.revision.unwrap_or(old.revision),
        task_runs: Some(Vec::new()),
        state: StateLog::created_at(jiff::Timestamp::now()),
        schedule_date: None,
        breakpoints: replay.breakpoints,
        deleted: false,
        ..old.clone()
    };
    new.set_label("system.replay", "true");
    if let Some(inputs) = replay.inputs {
        new.inputs = Some(inputs);
    }
    if let Some(from) = replay.task_run {
        let target = old.run(&from).ok_or(NoTask)?;
        let above = ancestors(old, &target.id);
        let before = old.runs().iter().take_while(|run| run.id != from);
        let runs: Vec<TaskRun> = before.chain([target]).cloned().collect();
        new.task_runs = Some(renamed(runs));
        let ids: HashMap<usize, bool> = old
            .runs()
            .iter()
            .take_while(|run| run.id != from)
            .enumerate()
            .map(|(index, run)| (index, above.contains(&run.id)))
            .collect();
        let count = ids.len();
        for (index, run) in new.task_runs.iter_mut().flatten().enumerate() {
            if index == count {
                run.state.set(State::Restarted);
            } else if ids.get(&index) == Some(&true) {
                run.state.set(State::Running);
            }
        }
        new.state = old.state.clone();
        new.state.set(State::Restarted);
    }
    Ok(new)
}

/// A copy of an execution that is restarted under another revision.
pub(crate) fn copy(old: &Execution, revision: u64) -> Execution {
    Execution {
        id: new_id(),
        parent_id: Some(old.id.clone()),
        revision,
        task_runs: old.task_runs.clone().map(renamed),
        ..old.clone()
    }
}

/// Task runs with ids of their own.
fn renamed(mut runs: Vec<TaskRun>) -> Vec<TaskRun> {
    let ids: HashMap<String, String> = runs.iter().map(|run| (run.id.clone(), new_id())).collect();
    for run in &mut runs {
        if let Some(id) = ids.get(&run.id) {
            run.id.clone_from(id);
        }
        if let Some(parent) = run.parent.as_mut()
            && let Some(id) = ids.get(parent.as_str())
        {
            parent.clone_from(id);
        }
    }
    runs
}

/// Goes on from a breakpoint; those that are still set are replaced, by none if none are given.
pub(crate) fn leave_breakpoint(execution: &mut Execution, breakpoints: Option<Vec<Breakpoint>>) {
    for run in execution.task_runs.iter_mut().flatten().filter(|run| run.state.is(State::Breakpoint)) {
        run.state.set(State::Created);
    }
    execution.breakpoints = breakpoints;
    execution.state.set(State::Running);
}

/// Replaces all labels but the system's.
pub(crate) fn set_labels(execution: &mut Execution, labels: &[(String, String)]) {
    execution.labels.retain(|(key, _)| key.starts_with("system."));
    for (key, value) in labels {
        execution.set_label(key, value);
    }
}
