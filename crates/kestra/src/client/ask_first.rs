//! Asking whether a server would carry out a request, before one whose early error would make the server hang.
//!
//! Such an error, sent before the server has read the body, stops the connection for good and in the end the server, from the
//! second request of a connection on whatever the size of the body. The catalogue names the operations, the question of each
//! and what its response must say. The transport sends what follows on a new connection, as the thing may vanish in between.

use http::StatusCode;
use kestra_core::{Call, CallFuture, CallOptions, Check, Error, ErrorKind, Question, RequestSent, json};
use kestra_models::StateType;
use serde_json::Value;

use super::Client;
use super::deadline::Deadline;

/// How many rows of a list are read at once.
const PAGE_SIZE: i64 = 100;

/// Whether the call needs a question.
pub(super) fn is_needed(call: &Call, defaults: &CallOptions) -> bool {
    call.info().asks_first.is_some() && !call.options().is_unchecked() && !defaults.is_unchecked()
}

/// All requests share server, options and deadline.
pub(super) fn ask_then_send(client: Client, mut call: Call) -> CallFuture {
    Box::pin(async move {
        let info = call.info();
        call.check_with(&client.options)?;
        let deadline = Deadline::of(call.options(), &client.options, Some(info));
        // Whatever became of the question, the request itself wasn't sent.
        ask(&client, &mut call, deadline)
            .await
            .map_err(|error| error.of_operation(info).sent(RequestSent::No))?;
        call.change_options(|options| deadline.limit(options));
        client.send(call).await
    })
}

// Exclusive, as a body may be one that threads can't share.
async fn ask(client: &Client, call: &mut Call, deadline: Deadline) -> Result<(), Error> {
    let Some(Question { check, .. }) = call.info().asks_first else { return Ok(()) };
    for page in 1.. {
        let Some(mut question) = call.question() else { break };
        question.change_options(|options| deadline.limit(options));
        let has_pages = set_parameter(&mut question, "page", page);
        set_parameter(&mut question, "size", PAGE_SIZE);
        let body = client.send(question).await?.into_body().into_bytes().unwrap_or_default();
        let found = match check {
            Check::Exists => return Ok(()),
            _ => json::from_slice::<Value>(&body)
                .map_err(|problem| Error::with_source(ErrorKind::Decode, problem))?,
        };
        let rows = found.get("results").and_then(Value::as_array).map_or(0, Vec::len);
        match judge(check, call, &found) {
            Err(error) if error.is_not_found() && has_pages && rows > 0 => {
                let total = found.get("total").and_then(Value::as_i64).unwrap_or(i64::MAX);
                if page.saturating_mul(PAGE_SIZE) >= total {
                    return Err(error);
                }
            }
            judged => return judged,
        }
    }
    Ok(())
}

/// Sets a parameter of the query, if the operation has it.
fn set_parameter(call: &mut Call, name: &str, value: i64) -> bool {
    let index = call.info().query_parameters.iter().position(|parameter| parameter.name == name);
    if let Some(index) = index {
        call.set_query(index, value);
    }
    index.is_some()
}

/// What the server would say to the call, given the thing that it is about, or rows among which that must be.
fn judge(check: Check, call: &Call, found: &Value) -> Result<(), Error> {
    let named = |name: &str| call.argument(name).unwrap_or_default();
    let flow = || format!("{}.{}", named("namespace"), named("flowId"));
    match check {
        Check::Ended => {
            let state = found.pointer("/state/current").and_then(Value::as_str).unwrap_or_default();
            match StateType::from(state).is_terminal() {
                true => Ok(()),
                false => {
                    Err(conflict(&format!("the execution is {state} and must have ended: wait for its end")))
                }
            }
        }
        Check::HasTaskRun => {
            let run = named("taskRunId");
            row(found, "/taskRunList", |row| text(row, "id") == run).map(drop).ok_or_else(|| {
                missing(&format!("the execution has no task run `{run}`: take an id of its `task_run_list`"))
            })
        }
        Check::HasChart => {
            let chart = named("chartId");
            row(found, "/charts", |row| text(row, "id") == chart).map(drop).ok_or_else(|| {
                missing(&format!("the dashboard has no chart `{chart}`: take an id of its `charts`"))
            })
        }
        Check::HasBackfill => {
            let trigger = named("triggerId");
            let row = row(found, "/results", |row| text(row, "triggerId") == trigger);
            match row {
                None => Err(missing(&format!("the server knows no trigger `{trigger}` of {} yet", flow()))),
                // From 2.0 on the action does nothing then, and such rows have this field.
                Some(row) if row.get("backfill").is_none() && row.get("updatedAt").is_none() => {
                    Err(conflict(&format!("the trigger `{trigger}` has no backfill: start one first")))
                }
                Some(_) => Ok(()),
            }
        }
        Check::HasLimit => {
            let (namespace, flow_id) = (named("namespace"), named("flowId"));
            let is_own = |row: &Value| text(row, "namespace") == namespace && text(row, "flowId") == flow_id;
            row(found, "/results", is_own).map(drop).ok_or_else(|| {
                missing(&format!(
                    "the server has no concurrency limit of {} yet: it has one once the flow was executed",
                    flow()
                ))
            })
        }
        // One that a later version of the catalogue may bring; the connection is a new one all the same.
        _ => Ok(()),
    }
}

fn row<'a>(found: &'a Value, list: &str, is_own: impl Fn(&Value) -> bool) -> Option<&'a Value> {
    found.pointer(list)?.as_array()?.iter().find(|row| is_own(row))
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn missing(problem: &str) -> Error {
    foreseen(StatusCode::NOT_FOUND, problem)
}

fn conflict(problem: &str) -> Error {
    foreseen(StatusCode::CONFLICT, problem)
}

fn foreseen(status: StatusCode, problem: &str) -> Error {
    Error::foreseen(status, format!("{problem}, or call `.unchecked()` to send the request anyway"))
}
