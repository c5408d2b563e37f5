//! Executions that do what a script says.

use serde_json::{Map, Value};

use super::execution::{Execution, TaskRun};
use super::run::{Runner, Waited, close_runs};
use super::script::{End, Outcome};
use super::state::State;
use super::{retry, time};
use crate::dialect::Dialect;

/// What the script of the flow says about this execution, if there is one.
pub(crate) fn outcome_of(runner: &Runner) -> Option<Outcome> {
    let execution = runner.cell.now();
    if let Some(promised) = runner.app.engine.scripts(|scripts| scripts.promised(&execution.id)) {
        return Some(promised);
    }
    let script =
        runner.app.engine.scripts(|scripts| scripts.get(&execution.namespace, &execution.flow_id))?;
    let inputs = execution.inputs.as_ref().map(super::input_convert::unveil_map).unwrap_or_default();
    Some((script.run)(Value::Object(inputs)))
}

/// Plays an outcome to its end.
pub(crate) async fn play(runner: &Runner, mut outcome: Outcome) {
    loop {
        let runs = show_tasks(runner, &outcome);
        for (level, message) in &outcome.logs {
            let run = runs.last().map(|(task, id)| (task.as_str(), id.as_str()));
            runner.log(level, run, message);
        }
        let pauses = matches!(outcome.end, End::Paused(_));
        if !pauses && runner.sleep(outcome.after).await == Waited::Stop {
            runner.kill().await;
            return;
        }
        match outcome.end {
            End::State(state, outputs) => {
                finish(runner, &outcome.tasks, &runs, state, outputs);
                return;
            }
            End::Retried(next) => {
                runner.cell.update(|execution| close_runs(execution, State::Failed));
                let id = retry::continue_anew(runner, runner.app.engine.timing().pace);
                runner.app.engine.scripts(|scripts| scripts.promise(&id, *next));
                return;
            }
            End::Paused(next) => {
                runner.cell.update(|execution| {
                    if let Some(run) = runs.last().and_then(|(_, id)| execution.run_mut(id)) {
                        run.outputs = Some(Map::new());
                        run.state.set(State::Paused);
                    }
                    execution.state.set(State::Paused);
                });
                let paused = |execution: &Execution| execution.state.is(State::Paused);
                let execution =
                    runner.cell.until(|execution| execution.must_stop() || !paused(execution)).await;
                if execution.must_stop() {
                    runner.kill().await;
                    return;
                }
                outcome = *next;
                if outcome.tasks.is_empty() {
                    outcome.tasks.push(("resumed".to_owned(), Map::new()));
                }
            }
        }
    }
}

/// Shows the task runs of an outcome, running.
fn show_tasks(runner: &Runner, outcome: &Outcome) -> Vec<(String, String)> {
    let first = runner.flow.tasks.first().map_or_else(|| "run".to_owned(), |task| task.id.clone());
    let ids: Vec<String> = match outcome.tasks.as_slice() {
        [] => vec![first],
        tasks => tasks.iter().map(|(id, _)| id.clone()).collect(),
    };
    let worker = runner.app.engine.worker_id.clone();
    let old = runner.app.dialect == Dialect::V1_0;
    runner
        .cell
        .update(|execution| {
            execution.set_running();
            let list = execution.task_runs.get_or_insert_with(Vec::new);
            let mut runs = Vec::new();
            for id in ids {
                // A restarted execution goes on with the task runs that it has.
                let restarted = |run: &&mut TaskRun| run.task_id == id && run.state.is(State::Restarted);
                if let Some(run) = list.iter_mut().find(restarted) {
                    run.begin(Some(worker.clone()));
                    runs.push((id, run.id.clone()));
                    continue;
                }
                let mut run = TaskRun::new(&id);
                if !old {
                    run.state.set(State::Submitted);
                }
                run.begin(Some(worker.clone()));
                runs.push((id, run.id.clone()));
                list.push(run);
            }
            runs
        })
        .unwrap_or_default()
}

fn finish(
    runner: &Runner,
    tasks: &[(String, Map<String, Value>)],
    runs: &[(String, String)],
    state: State,
    outputs: Map<String, Value>,
) {
    let last = runs.last().map(|(_, id)| id.as_str());
    runner.cell.update(|execution| {
        if execution.must_stop() {
            close_runs(execution, State::Killed);
            execution.state.set(State::Killed);
            return;
        }
        for (task, id) in runs {
            // Only the last task has the end of the execution.
            let end = if last == Some(id) { state } else { State::Success };
            let outputs = tasks.iter().find(|(known, _)| known == task).map(|(_, outputs)| outputs.clone());
            if let Some(run) = execution.run_mut(id) {
                run.finish(end, end, outputs);
            }
        }
        if state == State::Killed {
            execution.state.set(State::Killing);
        }
        if !outputs.is_empty() {
            execution.outputs = Some(outputs);
        }
        execution.created = time::truncate(execution.created);
        execution.state.set(state);
    });
}
