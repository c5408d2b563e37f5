//! One program for every server: it lists, creates, runs, kills, restarts, searches and deletes, and is refused the same
//! mistakes, whatever version responds. Between 1.3 and 2.0 half of the routes, parameters and responses of this changed.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use kestra::models::{State, StateType};
use kestra::{BoxError, Client, Error, ErrorKind, FilePart, Filter};
use kestra_examples::{NAMESPACE, Server, wait_until};
use kestra_testkit::Dialect;

const FLOWS: [(&str, &str); 3] = [
    ("works", "{id: greet, type: io.kestra.plugin.core.debug.Return, format: hello}"),
    ("fails", "{id: end, type: io.kestra.plugin.core.execution.Fail}"),
    ("waits", "{id: pause, type: io.kestra.plugin.core.flow.Pause}"),
];

/// What came of it; equal for equal work.
#[derive(Debug, PartialEq, Eq)]
struct Report {
    listed: Vec<String>,
    ran: StateType,
    restarted: Vec<StateType>,
    killed: StateType,
    found: Option<i64>,
    deleted: Option<i64>,
    left: Option<i64>,
    refused: Vec<(&'static str, ErrorKind)>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let report = work(&server.client()?.build()?).await?;
    println!("{report:#?}");
    // Without `KESTRA_URL`, the responses of embedded servers of two versions are compared.
    if std::env::var_os("KESTRA_URL").is_none() {
        for dialect in [Dialect::V1_3, Dialect::V2_0] {
            let same = on_embedded_server(dialect).await? == report;
            println!("Kestra {}: {}", dialect.version(), if same { "the same" } else { "another result" });
        }
    }
    Ok(())
}

async fn on_embedded_server(dialect: Dialect) -> Result<Report, BoxError> {
    let server = kestra_testkit::TestServer::builder().dialect(dialect).start().await?;
    work(&Client::builder().server(server.url()).build()?).await
}

async fn work(client: &Client) -> Result<Report, BoxError> {
    let (flows, executions) = (client.flows(), client.executions());
    let ours = || Filter::namespace().equals(NAMESPACE);
    for (id, task) in FLOWS {
        flows.deploy(format!("id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - {task}\n")).await?;
    }
    let page = flows.search_flows().filter(ours()).sort(["id:asc"]).await?;
    let listed = page.results.into_iter().map(|flow| flow.id).collect();

    let (_, ran) = start(client, "works", State::is_terminal).await?;
    let (failed, _) = start(client, "fails", State::is_terminal).await?;
    executions.restart_execution(&failed).await?;
    let restarted = wait_until(client, &failed, |state| {
        state.is_terminal() && states(state).contains(&StateType::Restarted)
    })
    .await?;
    let (waiting, _) = start(client, "waits", State::is_paused).await?;
    // 1.x responds with nothing here, 2.0 with the execution: reading the execution works on both.
    executions.kill_execution(&waiting).await?;
    let killed = wait_until(client, &waiting, State::is_terminal).await?;

    let unsuccessful = || [ours(), Filter::state().is_in([StateType::Failed, StateType::Killed])];
    let found = executions.search_executions().filters(unsuccessful()).look_back("P1D").await?.total;
    let refused = mistakes(client).await;
    // By ids or by query, done at once or queued: the total is how many.
    let deleted = executions.delete_executions_by_query().filter(ours()).await?.total();
    let left = executions.search_executions().filter(ours()).await?.total;
    flows.delete_flows_by_query().filter(ours()).await?;

    Ok(Report {
        listed,
        ran,
        restarted: states(&restarted.state.unwrap_or_default()),
        killed: killed.state.map(|state| state.current).ok_or("it has no state")?,
        found,
        deleted,
        left,
        refused,
    })
}

/// Starts an execution, and waits for it to be in such a state.
async fn start(
    client: &Client,
    flow: &str,
    wanted: impl Fn(&State) -> bool,
) -> Result<(String, StateType), BoxError> {
    let started = client.executions().create_execution(NAMESPACE, flow).label("team", "data").await?;
    let id = started.id;
    let execution = wait_until(client, &id, wanted).await?;
    let state = execution.state.map(|state| state.current).ok_or("it has no state")?;
    Ok((id, state))
}

fn states(state: &State) -> Vec<StateType> {
    state.histories.iter().filter_map(|entry| entry.state.clone()).collect()
}

/// Each would do harm on some version, without a word.
async fn mistakes(client: &Client) -> Vec<(&'static str, ErrorKind)> {
    let (flows, executions) = (client.flows(), client.executions());
    let hour = Duration::from_hours(1);
    let script = format!("id: works\nnamespace: {NAMESPACE}\ndescription: a --- b\ntasks: []\n");
    let file = FilePart::bytes("flow.yml", "id: stray");
    vec![
        ("deletion of everything", kind(executions.delete_executions_by_query().await)),
        ("empty filter", kind(flows.delete_flows_by_query().filter(Filter::namespace().prefix("")).await)),
        (
            "unknown field",
            kind(executions.search_executions().filter(Filter::field("flow").equals("a")).await),
        ),
        (
            "two times",
            kind(executions.search_executions().look_back(hour).since(jiff::Timestamp::now()).await),
        ),
        ("split source", kind(flows.bulk_update_flows(script).await)),
        (
            "file that becomes a flow",
            kind(client.files().create_namespace_file(NAMESPACE, "/_flows/a.yml", file).await),
        ),
        ("flow that isn't there", kind(flows.get_flow(NAMESPACE, "missing").await)),
    ]
}

fn kind<T>(result: Result<T, Error>) -> ErrorKind {
    // A call that went through is no error of any kind that these should be.
    result.err().map_or(ErrorKind::UnclearOutcome, |error| error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_ends_well() -> Result<(), BoxError> {
        main()
    }

    #[tokio::test]
    async fn every_version_gives_the_same() -> Result<(), BoxError> {
        let old = on_embedded_server(Dialect::V1_3).await?;
        assert_eq!(old.listed, ["fails", "waits", "works"]);
        assert_eq!((&old.ran, &old.killed), (&StateType::Success, &StateType::Killed));
        assert_eq!((old.found, old.deleted, old.left), (Some(2), Some(3), Some(0)));
        assert!(old.refused.iter().all(|(_, kind)| *kind != ErrorKind::UnclearOutcome), "{:?}", old.refused);
        assert_eq!(old, on_embedded_server(Dialect::V2_0).await?);
        Ok(())
    }
}
