//! Runs `tests/interop/kestrapy_operations.py` against one embedded server, the same operations with our client against
//! another, and compares what both servers got: method, path, query, content type and body.
//!
//! `cargo run -p kestra-tests --example compare_with_kestrapy -- PYTHON`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use kestra::models::{Execution, StateType};
use kestra::{Auth, Client, Filter, Proxy};
use kestra_testkit::{Dialect, RecordedRequest, Server};
use kestra_tests::recorded::parts;

type Failure = Box<dyn Error + Send + Sync>;

const USER: &str = "user@example.com";
const PASSWORD: &str = "Password1";
const NAMESPACE: &str = "company.team";

/// Where the requests differ, and why theirs is not what should be sent. None is known.
const DIFFERENCES: [(&str, &str); 0] = [];

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let python = std::env::args().nth(1).ok_or("usage: compare_with_kestrapy PYTHON")?;
    let (theirs, ours) = (server().await?, server().await?);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/kestrapy_operations.py");
    let url = theirs.url().to_owned();
    let ran =
        tokio::task::spawn_blocking(move || Command::new(python).arg(script).arg(url).status()).await??;
    if !ran.success() {
        return Err(format!("kestrapy's operations ended with {ran}").into());
    }
    operate(ours.url(), Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").as_path()).await?;

    let (theirs, ours) = (normal(&theirs.requests()), normal(&ours.requests()));
    let mut differences = 0;
    for place in 0..theirs.len().max(ours.len()) {
        let (a, b) = (theirs.get(place), ours.get(place));
        let known = a.is_some_and(|a| DIFFERENCES.iter().any(|(start, _)| a.starts_with(start)));
        if a != b && !known {
            differences += 1;
            println!("request {place} differs\n  kestrapy: {}\n  ours:     {}", text(a), text(b));
        }
    }
    println!("{} requests compared, {} differ", theirs.len(), differences);
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn server() -> Result<Server, Failure> {
    Ok(Server::builder().dialect(Dialect::V2_0).basic_auth(USER, PASSWORD).start().await?)
}

/// The operations of the script, in its order.
async fn operate(url: &str, folder: &Path) -> Result<(), Failure> {
    let client = Client::builder()
        .server(url)
        .auth(Auth::basic(USER, PASSWORD))
        .proxy(Proxy::none())
        .api_version("2.0.0".parse()?)
        .build()?;
    let source = |name: &str| std::fs::read_to_string(folder.join(name));
    let (hello, pausing) = (source("hello.yaml")?, source("pausing.yaml")?);
    let (flows, executions, logs) = (client.flows(), client.executions(), client.logs());
    let namespace = || Filter::namespace().equals(NAMESPACE);

    flows.create_flow(&hello).await?;
    flows.create_flow(&pausing).await?;
    flows.get_flow(NAMESPACE, "hello").await?;
    flows.update_flow(NAMESPACE, "hello", hello.replace("hello {{", "hi {{")).await?;
    flows.validate_flows(&hello).await?;
    flows.search_flows().page(1).size(10).filter(namespace()).await?;
    flows.list_flow_revisions(NAMESPACE, "hello").await?;

    let execution = executions
        .create_execution(NAMESPACE, "hello")
        .wait(true)
        .label("cost", "12")
        .label("team", "data")
        .revision(2)
        .input("name", "you")
        .await?;
    let finished = id(&execution)?;
    executions.get_execution(&finished).await?;
    executions.search_executions().page(1).size(10).filter(namespace()).await?;

    let started = id(&executions.create_execution(NAMESPACE, "hello").await?)?;
    let mut events = executions.follow_execution(&started).stream();
    while let Some(event) = events.next().await {
        event?;
    }
    logs.list_logs_from_execution(&started).await?;

    let paused = id(&executions.create_execution(NAMESPACE, "pausing").await?)?;
    wait_for(&client, &paused, StateType::Paused).await?;
    executions.resume_execution(&paused).await?;
    wait_for(&client, &paused, StateType::Success).await?;
    let killed = id(&executions.create_execution(NAMESPACE, "pausing").await?)?;
    wait_for(&client, &killed, StateType::Paused).await?;
    executions.kill_execution(&killed).await?;
    wait_for(&client, &killed, StateType::Killed).await?;
    let replayed = executions.replay_execution(&finished).await?;
    wait_for(&client, &id(&replayed)?, StateType::Success).await?;

    executions.delete_execution(&started).await?;
    flows.delete_flow(NAMESPACE, "pausing").await?;
    flows.delete_flow(NAMESPACE, "hello").await?;
    flows.search_flows().page(1).size(10).filter(namespace()).await?;
    Ok(())
}

fn id(execution: &Execution) -> Result<String, Failure> {
    Ok(execution.id.clone().ok_or("the execution has no id")?)
}

async fn wait_for(client: &Client, id: &str, wanted: StateType) -> Result<(), Failure> {
    for _ in 0..600 {
        let execution = client.executions().get_execution(id).await?;
        if execution.state.and_then(|state| state.current).as_ref() == Some(&wanted) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("{id} is not {wanted}").into())
}

/// Requests as text, ids of executions by their order, repeated ones once.
fn normal(requests: &[RecordedRequest]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut lines: Vec<String> = requests.iter().map(|request| line(request, &mut ids)).collect();
    lines.dedup();
    lines
}

fn line(request: &RecordedRequest, ids: &mut Vec<String>) -> String {
    let path: Vec<String> = request.path.split('/').map(|segment| segment_text(segment, ids)).collect();
    let mut query = request.query.clone();
    query.sort();
    let content_type = request.header("content-type").unwrap_or_default();
    let (kind, _) = content_type.split_once(';').unwrap_or((content_type, ""));
    let body = match parts(content_type, &request.body) {
        Some(parts) => format!("{parts:?}"),
        None => request.text(),
    };
    format!("{} {} {query:?} {kind:?} {body:?}", request.method, path.join("/"))
}

fn segment_text(segment: &str, ids: &mut Vec<String>) -> String {
    let is_id =
        (20..=22).contains(&segment.len()) && segment.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_id {
        return segment.to_owned();
    }
    let place = ids.iter().position(|known| known == segment).unwrap_or_else(|| {
        ids.push(segment.to_owned());
        ids.len() - 1
    });
    format!("execution-{place}")
}

fn text(line: Option<&String>) -> &str {
    line.map_or("none", String::as_str)
}
