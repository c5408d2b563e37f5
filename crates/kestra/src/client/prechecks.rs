//! Requests that are sent before a call whose own request could do harm, and after a failed one.
//!
//! Open source ignores some parameters and then does more than was requested, so a call with one of them requests the
//! server's edition first. Servers ignore breakpoints at unknown tasks, so a call with breakpoints requests the flow first. Some
//! errors that a server sends before it has read the body block the connection and in the end
//! the server, so an operation that has such errors requests its resource first. The catalogue names these parameters and
//! operations. The transport sends the call itself on a new connection, as the resource may be deleted in between.

use http::StatusCode;
use kestra_core::internal::json;
use kestra_core::{Call, CallOptions, Check, Edition, Error, ErrorKind, Precheck, RequestSent};
use kestra_models::StateType;
use serde_json::Value;

use super::Client;
use super::deadline::Deadline;
use crate::executions::{check_breakpoints, revision};

/// The edition that Enterprise servers report.
const ENTERPRISE: &str = "EE";

/// The page size of lists.
const PAGE_SIZE: i64 = 100;

/// Returns whether a request has to be sent before the call.
pub(super) fn are_needed(call: &Call, defaults: &CallOptions) -> bool {
    !call.options().is_unchecked()
        && !defaults.is_unchecked()
        && (call.depends_on_edition()
            || call.info().precheck.is_some()
            || call.has_parameter(|parameter| parameter.names_tasks))
}

/// Sends the requests that the call needs first, and refuses the call if they show that it would do harm. An error means
/// that the call itself wasn't sent.
pub(super) async fn run(client: &Client, call: &mut Call, deadline: Deadline) -> Result<(), Error> {
    let info = call.info();
    if call.depends_on_edition() {
        let asking = client.with_options(deadline.limit(call.options().clone()));
        let configs = asking.configs().await.map_err(|error| error.with_operation(info))?;
        if configs.edition.as_deref() == Some(ENTERPRISE) {
            call.set_enterprise();
        }
    }
    if !call.named_tasks().is_empty() || info.precheck.is_some() {
        call.check_with(&client.options)?;
        let checked = async {
            has_tasks(client, call, deadline).await?;
            ask(client, call, deadline).await
        };
        checked.await.map_err(|error| error.with_operation(info).with_request_sent(RequestSent::No))?;
    }
    call.change_options(|options| deadline.limit(options));
    Ok(())
}

/// Checks the tasks against the flow that the path names, or against the flow of the execution that the path names.
async fn has_tasks(client: &Client, call: &Call, deadline: Deadline) -> Result<(), Error> {
    let tasks = call.named_tasks();
    if tasks.is_empty() {
        return Ok(());
    }
    let client = client.with_options(deadline.limit(call.options().clone()));
    let mut revision = revision(call)?;
    let first = call.path_value(0).unwrap_or_default();
    let is_of_execution = call.info().path_parameters.first() == Some(&"executionId");
    let (namespace, flow) = if is_of_execution {
        let execution = client.executions().get_execution(first).await.map_err(of_check)?;
        revision = revision.or(execution.flow_revision);
        (execution.namespace, execution.flow_id)
    } else {
        (first, call.path_value(1).unwrap_or_default())
    };
    let mut read = client.flows().get_flow(&namespace, &flow).source(false);
    if is_of_execution {
        // An execution outlives its flow.
        read = read.allow_deleted(true);
    }
    if let Some(revision) = revision {
        read = read.revision(revision);
    }
    check_breakpoints(&tasks, &read.await.map_err(of_check)?, &format!("{namespace}.{flow}"))
}

/// Adds why the request was sent to its error.
fn of_check(error: Error) -> Error {
    error.with_note("breakpoints are checked against the flow first; call `.unchecked()` to send the call without the check")
}

/// Explains an error of an operation that only Enterprise Edition has: open source responds as if an id were wrong.
pub(super) async fn explain(
    client: &Client,
    options: CallOptions,
    error: Error,
    deadline: Deadline,
) -> Error {
    let is_without_route = error.is_missing() || error.status() == Some(StatusCode::METHOD_NOT_ALLOWED);
    let Some(operation) =
        error.operation().filter(|it| is_without_route && it.edition == Edition::Enterprise)
    else {
        return error;
    };
    match client.with_options(deadline.limit(options)).configs().await {
        Ok(configs) if configs.edition.as_deref().is_some_and(|edition| edition != ENTERPRISE) => {
            let problem = format!(
                "requires Kestra Enterprise Edition, the server is open source ({}) and responded with {}",
                configs.version,
                error.status().map_or(0, |status| status.as_u16()),
            );
            let explained = Error::new(ErrorKind::Unsupported, problem)
                .with_hint("send it to a server of the Enterprise Edition")
                .with_request_sent(RequestSent::Yes);
            explained.with_source(error).with_operation(operation)
        }
        _ => error,
    }
}

/// Requests the resource of the call, and checks it as the server would.
async fn ask(client: &Client, call: &Call, deadline: Deadline) -> Result<(), Error> {
    let Some(Precheck { check, .. }) = call.info().precheck else { return Ok(()) };
    for page in 1.. {
        let Some(mut precheck) = call.precheck() else { break };
        precheck.change_options(|options| deadline.limit(options));
        let has_pages = set_parameter(&mut precheck, "page", page);
        set_parameter(&mut precheck, "size", PAGE_SIZE);
        let body = client.send(precheck).await?.into_body().into_bytes().unwrap_or_default();
        let found = match check {
            Check::Exists => return Ok(()),
            _ => json::from_slice::<Value>(&body)
                .map_err(|problem| Error::from_source(ErrorKind::Decode, problem))?,
        };
        let rows = found.get("results").and_then(Value::as_array).map_or(0, Vec::len);
        match judge(check, call, &found) {
            Err(error) if error.is_missing() && has_pages && rows > 0 => {
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

/// Sets a parameter of the query, and returns whether the operation has it.
fn set_parameter(call: &mut Call, name: &str, value: i64) -> bool {
    let index = call.info().query_parameters.iter().position(|parameter| parameter.name == name);
    if let Some(index) = index {
        call.set_query(index, value);
    }
    index.is_some()
}

/// Returns the error that the server would respond with, given the resource of the call or the rows that must contain it.
fn judge(check: Check, call: &Call, found: &Value) -> Result<(), Error> {
    let named = |name: &str| call.argument(name).unwrap_or_default();
    let flow = || format!("{}.{}", named("namespace"), named("flowId"));
    match check {
        Check::Ended => {
            let state = found.pointer("/state/current").and_then(Value::as_str).unwrap_or_default();
            match StateType::from(state).is_terminal() {
                true => Ok(()),
                false => Err(conflict(&format!(
                    "the execution is {state} and must have ended: wait until it has ended"
                ))),
            }
        }
        Check::HasTaskRun => {
            let run = named("taskRunId");
            row(found, "/taskRunList", |row| text(row, "id") == run).map(drop).ok_or_else(|| {
                missing(&format!("the execution has no task run `{run}`: use an id from its `task_run_list`"))
            })
        }
        Check::HasChart => {
            let chart = named("chartId");
            row(found, "/charts", |row| text(row, "id") == chart).map(drop).ok_or_else(|| {
                missing(&format!("the dashboard has no chart `{chart}`: use an id from its `charts`"))
            })
        }
        Check::HasBackfill => {
            let trigger = named("triggerId");
            let row = row(found, "/results", |row| text(row, "triggerId") == trigger);
            match row {
                None => Err(missing(&format!("the server has no trigger `{trigger}` of {} yet", flow()))),
                // From 2.0 on, whose rows have `updatedAt`, the action does nothing without a backfill.
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
                    "the server has no concurrency limit of {} yet: execute the flow first",
                    flow()
                ))
            })
        }
        // A check that a later version of the catalogue may add; the connection is a new one anyway.
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
