//! The error of an execution that didn't do its work.

use kestra_core::{Error, ErrorKind, Filter, RequestSent};
use kestra_models::{LogEntry, TaskRun};

use super::Finished;
use crate::Client;

/// How many lines of the log an error has.
const LINES: usize = 20;

/// How much of a line the message shows, in characters.
const SHOWN: usize = 200;

/// What went wrong, as far as it can be found out.
pub(super) async fn of(client: &Client, mut finished: Finished) -> Error {
    let run = finished.failed_task_runs().first().map(|run| (*run).clone());
    finished.log_lines = last_lines(client, finished.id(), run.as_ref()).await;
    let message = message(&finished, run.as_ref());
    let id = finished.id().to_owned();
    Error::new(ErrorKind::ExecutionFailed, message)
        .with_request_sent(RequestSent::Yes)
        .with_execution_id(id)
        .with_payload(finished)
}

fn message(finished: &Finished, run: Option<&TaskRun>) -> String {
    let execution = &finished.execution;
    let mut text = format!(
        "execution {} of {}.{} ended in {}",
        finished.id(),
        execution.namespace,
        execution.flow_id,
        finished.state().map_or("no state", |state| state.as_str()),
    );
    if let Some(run) = run {
        text.push_str(&format!(", task `{}`", run.task_id));
        if let Some(value) = &run.value {
            text.push_str(&format!(" for `{value}`"));
        }
        if run.attempts.len() > 1 {
            text.push_str(&format!(" in attempt {}", run.attempts.len()));
        }
    }
    let last = finished.log_lines.iter().rev().map(|line| &line.message).find(|text| !text.is_empty());
    if let Some(line) = last.and_then(|text| text.lines().find(|line| !line.trim().is_empty())) {
        text.push_str(": ");
        text.extend(line.trim().chars().take(SHOWN));
    }
    text
}

/// The last warnings and errors of a task run, or of the whole execution. None of them is worth another error.
async fn last_lines(client: &Client, id: &str, run: Option<&TaskRun>) -> Vec<LogEntry> {
    let mut call = client.logs().list_logs_from_execution(id).filter(Filter::level().at_least("WARN"));
    if let Some(run) = run.map(|run| &run.id).filter(|id| !id.is_empty()) {
        call = call.filter(Filter::task_run_id().equals(run));
    }
    let mut lines = call.await.unwrap_or_default();
    let surplus = lines.len().saturating_sub(LINES);
    lines.drain(..surplus);
    lines
}
