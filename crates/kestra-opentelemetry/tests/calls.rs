//! The metrics of the client, on a server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::layers::HedgeLayer;
use kestra::models::DisableTriggerRequest;
use kestra::{Client, ClientBuilder, ErrorKind, Retry, Servers};
use kestra_testkit::{Cut, Dialect, Fault, Outcome, TestServer};
use opentelemetry_semantic_conventions::{attribute, metric};
use support::Recorded;

const FLOW: &str = "/api/v1/{tenant}/flows/{namespace}/{id}";
const FOLLOW: &str = "/api/v1/{tenant}/executions/{id}/follow";
const SEARCH: &str = "/api/v1/{tenant}/flows/search";
const CREATE: &str = "/api/v1/{tenant}/executions/{namespace}/{id}";

async fn recorded(set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> (TestServer, Client, Recorded) {
    let (server, recorded) = (TestServer::start().await.unwrap(), Recorded::new());
    server.flow("company.team", "gate").on_run(|_| Outcome::success(Default::default()));
    let builder = Client::builder()
        .server(server.url())
        .observe(recorded.layer.observer())
        .attempt_layer(recorded.layer.clone());
    let client = set(builder).build().unwrap();
    (server, client, recorded)
}

#[tokio::test]
async fn calls_are_counted_by_operation_and_outcome() {
    let (server, client, recorded) = recorded(|builder| builder.retry(Retry::standard().budget(14))).await;
    for _ in 0..2 {
        client.flows().search_flows().await.unwrap();
    }
    server.fail(Fault::status(503).on("GET", FLOW).always());
    client.flows().get_flow("company.team", "gate").await.unwrap_err();

    let mut calls = recorded.of("kestra.client.call.duration");
    calls.sort_by_key(|series| series.get("kestra.outcome").to_owned());
    let told: Vec<_> = calls
        .iter()
        .map(|series| {
            let get = |key: &str| series.get(key).to_owned();
            (get("kestra.operation"), get("kestra.outcome"), get(attribute::ERROR_TYPE), series.count)
        })
        .collect();
    let row = |operation: &str, outcome: &str, error: &str, count| {
        (operation.to_owned(), outcome.to_owned(), error.to_owned(), count)
    };
    assert_eq!(told, [row("get_flow", "error", "503", 1), row("search_flows", "success", "", 2)]);
    assert!(calls.iter().all(|series| series.unit == "s"));

    let attempts = recorded.of("kestra.client.attempts");
    assert_eq!(attempts.iter().map(|series| series.sum).sum::<f64>(), 4.0);
    let retries = recorded.only("kestra.client.retries");
    assert_eq!(
        (retries.sum, retries.get("kestra.operation"), retries.get("error.type")),
        (1.0, "get_flow", "503")
    );
    assert_eq!(recorded.only("kestra.client.retry_budget.exhausted").sum, 1.0);
    let waits = recorded.only("kestra.client.pool.wait_duration");
    assert_eq!((waits.unit.as_str(), waits.count), ("s", 4));
    assert_eq!(waits.get(attribute::SERVER_PORT), server.address().port().to_string());
}

#[tokio::test]
async fn open_connections_are_active_or_idle() {
    let (_server, client, recorded) = recorded(|builder| builder).await;
    client.flows().search_flows().await.unwrap();
    let count = |state: &str| {
        let all = recorded.of(metric::HTTP_CLIENT_OPEN_CONNECTIONS);
        assert!(all.iter().all(|series| series.unit == "{connection}"));
        let of_state = |series: &&support::Series| series.get(attribute::HTTP_CONNECTION_STATE) == state;
        all.iter().find(of_state).map_or(0.0, |series| series.sum)
    };
    assert_eq!((count("active"), count("idle")), (0.0, 1.0));
    drop(client);
    assert_eq!((count("active"), count("idle")), (0.0, 0.0));
}

#[tokio::test]
async fn streams_and_unclear_outcomes_are_counted() {
    let (server, client, recorded) = recorded(|builder| builder.retry(Retry::none())).await;
    server.flow("company.team", "paused").on_run(|_| Outcome::paused());
    server.fail(Fault::status(503).on_path(FOLLOW));
    let execution = client.executions().create_execution("company.team", "paused").await.unwrap();
    let mut states = client.executions().follow_execution(&execution.id).stream();
    // The stream is silent once it is open again.
    let reconnected = async {
        while recorded.of("kestra.client.stream.reconnects").is_empty() {
            let _ = tokio::time::timeout(Duration::from_millis(50), states.next()).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reconnected).await.unwrap();
    let reconnects = recorded.only("kestra.client.stream.reconnects");
    assert_eq!((reconnects.sum, reconnects.get("error.type")), (1.0, "503"));
    assert_eq!(reconnects.get("kestra.operation"), "follow_execution");

    server.fail(Fault::cut(Cut::AfterRead).on("POST", CREATE).always());
    let start = client.executions().start("company.team", "gate").look_up_for(Duration::from_millis(100));
    assert_eq!(start.await.unwrap_err().kind(), ErrorKind::UnclearOutcome);
    let unclear = recorded.only("kestra.client.unclear_outcomes");
    assert_eq!((unclear.sum, unclear.get("kestra.operation")), (1.0, "create_execution"));
}

#[tokio::test]
async fn members_that_fail_and_come_back_are_counted() {
    let recorded = Recorded::new();
    let mut first = TestServer::start().await.unwrap();
    let second = TestServer::builder().beside(&first).start().await.unwrap();
    let time = Duration::from_millis(20);
    let servers = Servers::cluster([first.url(), second.url()]).eject_for(time, time);
    let client = Client::builder().servers(servers).observe(recorded.layer.observer()).build().unwrap();
    let port = first.address().port().to_string();
    first.stop().await;
    client.flows().list_distinct_namespaces().await.unwrap();
    let ejected = recorded.only("kestra.client.server.ejections");
    assert_eq!((ejected.sum, ejected.get("server.port")), (1.0, &*port));
    first.restart().await.unwrap();
    tokio::time::sleep(time * 2).await;
    client.flows().list_distinct_namespaces().await.unwrap();
    let returned = recorded.only("kestra.client.server.returns");
    assert_eq!((returned.sum, returned.get("server.port")), (1.0, &*port));
}

#[tokio::test]
async fn reads_that_are_sent_twice_are_counted_by_what_came_of_it() {
    let (server, client, recorded) = recorded(|builder| builder.hedge(HedgeLayer::new())).await;
    for _ in 0..30 {
        client.flows().search_flows().await.unwrap();
    }
    assert!(recorded.of("kestra.client.hedges").is_empty());
    // The second request gets a response while the first waits for its own.
    server.fail(Fault::delay(Duration::from_secs(60)).on("GET", SEARCH));
    client.flows().search_flows().await.unwrap();
    let hedge = recorded.only("kestra.client.hedges");
    assert_eq!((hedge.sum, hedge.unit.as_str()), (1.0, "{hedge}"));
    assert_eq!((hedge.get("kestra.operation"), hedge.get("kestra.hedge.winner")), ("search_flows", "second"));
    assert!(recorded.of("kestra.client.hedge_budget.exhausted").is_empty());
    // The next is due after twenty calls.
    server.fail(Fault::delay(Duration::from_secs(2)).on("GET", SEARCH));
    client.flows().search_flows().await.unwrap();
    let exhausted = recorded.only("kestra.client.hedge_budget.exhausted");
    assert_eq!((exhausted.sum, exhausted.get("kestra.operation")), (1.0, "search_flows"));
}

#[tokio::test]
async fn detections_of_the_version_are_counted() {
    let recorded = Recorded::new();
    let server = TestServer::builder().dialect(Dialect::V1_3).start().await.unwrap();
    server.fail(Fault::status(500).on("GET", "/api/v1/configs"));
    let builder = Client::builder().server(server.url()).retry(Retry::none());
    let client = builder.observe(recorded.layer.observer()).build().unwrap();
    // Only some versions have this operation.
    for _ in 0..2 {
        let request = DisableTriggerRequest::new("company.team", "hello", "daily", true);
        client.triggers().set_trigger_disabled(request).await.unwrap_err();
    }
    let probes = recorded.of("kestra.client.version_probes");
    assert!(probes.iter().all(|series| series.sum == 1.0), "{probes:?}");
    let mut errors: Vec<_> = probes.iter().map(|series| series.get("error.type")).collect();
    errors.sort_unstable();
    assert_eq!(errors, ["", "500"]);
}
