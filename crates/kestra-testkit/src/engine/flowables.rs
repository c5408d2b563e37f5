//! Tasks that run other tasks.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use super::branch::{Branch, End};
use super::expression::{self, Scope, text_of};
use super::flow::{Task, plain_text};
use super::run::{Runner, Waited};
use super::state::State;
use super::task_types::CORE;
use super::time;
use super::worker::softened;
use crate::dialect::Dialect;

impl Runner {
    /// Runs a task by its type.
    pub(crate) async fn dispatch(&self, task: &Task, run: &str) -> End {
        match task.kind.strip_prefix(CORE).unwrap_or_default() {
            "flow.Subflow" | "flow.Flow" => self.subflow(task, run).await,
            "flow.Pause" => self.pause(task, run).await,
            "flow.Loop" => self.iterate(task, run).await,
            "flow.Sequential"
            | "flow.WorkingDirectory"
            | "flow.AllowFailure"
            | "flow.Parallel"
            | "flow.Dag"
            | "flow.If"
            | "flow.Switch"
            | "flow.ForEach"
            | "flow.EachSequential"
            | "flow.EachParallel"
            | "flow.LoopUntil"
            | "flow.WaitFor" => self.flowable(task, run).await,
            _ => self.work(task, run).await,
        }
    }

    /// Runs a task that runs others: its own errors and its own finally, like a flow.
    async fn flowable(&self, task: &Task, run: &str) -> End {
        self.begin_flowable(run);
        let branch = Branch::below(run);
        let mut end = match self.children(task, run, &branch).await {
            Ok(end) => end,
            Err(message) => {
                self.report(task, run, &message);
                End::Failed
            }
        };
        if end == End::Failed {
            end = end.and(match self.run_list(&task.children("errors"), &branch).await {
                End::Killed => End::Killed,
                _ => End::Failed,
            });
        }
        let finally = task.children("finally");
        if end != End::Killed && !finally.is_empty() {
            end = end.and(self.run_list(&finally, &branch).await);
        }
        let state = match end {
            End::Killed => return End::Killed,
            End::Exit(state) => {
                self.change_run(run, |run| run.finish(State::Success, State::Success, None));
                return End::Exit(state);
            }
            End::Failed if task.kind.ends_with(".AllowFailure") => State::Warning,
            End::Failed => State::Failed,
            End::Warning => State::Warning,
            End::Success => State::Success,
        };
        let state = softened(task, state);
        self.change_run(run, |run| run.finish(state, state, None));
        End::of(state)
    }

    /// A task that no worker runs has one attempt, and goes on with it after a restart; on 1.0 it has none.
    pub(crate) fn begin_flowable(&self, run: &str) {
        self.begin_task(run, self.app.dialect != Dialect::V1_0);
    }

    /// Begins a task that no worker runs, with an attempt unless one is open or none is wanted.
    pub(crate) fn begin_task(&self, run: &str, with_attempt: bool) {
        self.change_run(run, |run| {
            let open = !with_attempt
                || run.attempts.last().is_some_and(|attempt| !attempt.state.current().is_terminal());
            if open {
                run.state.set(State::Running);
            } else {
                run.begin(None);
            }
        });
    }

    async fn children(&self, task: &Task, run: &str, branch: &Branch) -> Result<End, String> {
        let tasks = task.children("tasks");
        let (_, scope) = self.look(task, run);
        Ok(match task.short_kind() {
            "Parallel" => self.run_parallel(&tasks, branch, limit(task, "concurrent")).await,
            "Dag" => {
                // One after the other, in an order that the dependencies allow.
                let ordered = in_order(task);
                self.run_list(&ordered, branch).await
            }
            "If" => {
                let condition = task.text("condition").unwrap_or_default();
                let holds = expression::is_true(&render(&condition, &scope)?);
                let chosen = task.children(if holds { "then" } else { "else" });
                self.run_list(&chosen, branch).await
            }
            "Switch" => {
                let value = render(&task.text("value").unwrap_or_default(), &scope)?;
                let cases = task.properties.get("cases");
                let case = cases.and_then(|cases| cases.get(&value));
                let chosen = case.map_or_else(|| task.children("defaults"), |case| Task::list(Some(case)));
                self.run_list(&chosen, branch).await
            }
            "ForEach" => {
                let values = values(task.properties.get("values"), &scope)?;
                let at_once = task.properties.get("concurrencyLimit").and_then(Value::as_u64).unwrap_or(1);
                self.run_each(&tasks, branch, &values, usize::try_from(at_once).unwrap_or(1), false).await
            }
            "EachSequential" => {
                let values = values(task.properties.get("value"), &scope)?;
                self.run_each(&tasks, branch, &values, 1, false).await
            }
            "EachParallel" => {
                let values = values(task.properties.get("value"), &scope)?;
                self.run_each(&tasks, branch, &values, 0, true).await
            }
            "LoopUntil" | "WaitFor" => self.run_until(task, run, branch).await?,
            _ => self.run_list(&tasks, branch).await,
        })
    }

    async fn run_parallel(&self, tasks: &[Task], branch: &Branch, limit: usize) -> End {
        let branches = tasks.iter().map(|task| (vec![task.clone()], branch.clone())).collect();
        self.run_branches(branches, limit).await
    }

    /// Runs lists of tasks beside each other, so many at a time (0: all).
    async fn run_branches(&self, branches: Vec<(Vec<Task>, Branch)>, limit: usize) -> End {
        let limit = if limit == 0 { branches.len().max(1) } else { limit };
        let mut waiting = branches.into_iter();
        let mut running = FuturesUnordered::new();
        let mut end = End::Success;
        loop {
            while running.len() < limit {
                let Some((tasks, branch)) = waiting.next() else { break };
                running.push(async move { Box::pin(self.run_list(&tasks, &branch)).await });
            }
            match running.next().await {
                Some(one) => end = end.and(one),
                None => return end,
            }
        }
    }

    async fn run_each(
        &self,
        tasks: &[Task],
        branch: &Branch,
        values: &[Value],
        at_once: usize,
        beside: bool,
    ) -> End {
        let each = values.iter().enumerate().map(|(index, value)| {
            let value = Some(plain_text(value));
            (tasks.to_vec(), Branch { value, iteration: Some(index), ..branch.clone() })
        });
        if at_once != 1 || beside {
            return self.run_branches(each.collect(), at_once).await;
        }
        let mut end = End::Success;
        for (tasks, branch) in each {
            end = end.and(Box::pin(self.run_list(&tasks, &branch)).await);
            if !end.goes_on() {
                break;
            }
        }
        end
    }

    /// Runs the tasks again and again until a condition holds.
    async fn run_until(&self, task: &Task, run: &str, branch: &Branch) -> Result<End, String> {
        let condition = task.text("condition").unwrap_or_default();
        let check = task.properties.get("checkFrequency").cloned().unwrap_or_default();
        let pause = check.get("interval").and_then(Value::as_str).and_then(time::parse_duration);
        let pause = pause.and_then(|pause| std::time::Duration::try_from(pause).ok()).unwrap_or_default();
        let most = check.get("maxIterations").and_then(Value::as_u64).unwrap_or(100);
        let tasks = task.children("tasks");
        for round in 0..most {
            let index = usize::try_from(round).unwrap_or_default();
            let branch = Branch { value: Some(round.to_string()), iteration: Some(index), ..branch.clone() };
            let end = Box::pin(self.run_list(&tasks, &branch)).await;
            if !end.goes_on() {
                return Ok(end);
            }
            let (execution, mut scope) = self.look(task, run);
            // The outputs of the last round are read without its number.
            for known in execution.runs().iter().filter(|known| known.value == branch.value) {
                if let Some(outputs) = scope.map_mut("outputs") {
                    outputs.insert(known.task_id.clone(), json!(known.outputs));
                }
            }
            if expression::is_true(&render(&condition, &scope)?) {
                return Ok(End::Success);
            }
            if self.sleep(pause).await == Waited::Stop {
                return Ok(End::Killed);
            }
        }
        let fails = task.flag("failOnMaxReached", false);
        Ok(if fails { End::Failed } else { End::Success })
    }
}

fn render(text: &str, scope: &Scope) -> Result<String, String> {
    expression::render(text, scope).map_err(|error| error.to_string())
}

/// A number that a property has, 0 if none.
fn limit(task: &Task, property: &str) -> usize {
    let number = task.properties.get(property).and_then(Value::as_u64).unwrap_or_default();
    usize::try_from(number).unwrap_or_default()
}

/// The values of a loop: a list, or an expression that gives one.
pub(crate) fn values(value: Option<&Value>, scope: &Scope) -> Result<Vec<Value>, String> {
    let value = value.cloned().unwrap_or_default();
    let value = expression::render_value(&value, scope).map_err(|error| error.to_string())?;
    match value {
        Value::Array(list) => Ok(list),
        Value::Object(map) => {
            Ok(map.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect())
        }
        other => {
            let text = text_of(&other);
            match serde_json::from_str(&text) {
                Ok(Value::Array(list)) => Ok(list),
                _ => Err(format!("Unable to read `{text}` as a list of values")),
            }
        }
    }
}

/// The tasks of a Dag, those first that others wait for.
fn in_order(task: &Task) -> Vec<Task> {
    let entries: Vec<(Task, Vec<String>)> = task
        .properties
        .get("tasks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let inner = entry.get("task").and_then(Task::from_value)?;
            let before = entry.get("dependsOn").and_then(Value::as_array);
            Some((inner, before.map(|list| list.iter().map(plain_text).collect()).unwrap_or_default()))
        })
        .collect();
    let mut ordered: Vec<Task> = Vec::new();
    while ordered.len() < entries.len() {
        let ready = entries.iter().find(|(task, before)| {
            let done = |id: &String| ordered.iter().any(|known| known.id == *id);
            !done(&task.id) && before.iter().all(done)
        });
        match ready {
            Some((task, _)) => ordered.push(task.clone()),
            None => break,
        }
    }
    ordered
}
