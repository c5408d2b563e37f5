//! What an observer of the client is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kestra::models::DisableTriggerRequest;
use kestra::{CallOutcome, Client, ClientBuilder, ClientEvent, Observer, Retry};
use kestra_testkit::{Cut, Dialect, Fault, Outcome, TestServer};

const FLOW: &str = "/api/v1/{tenant}/flows/{namespace}/{id}";
const FOLLOW: &str = "/api/v1/{tenant}/executions/{id}/follow";

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn observer(&self) -> Observer {
        let told = Arc::clone(&self.0);
        Observer::new(move |event| told.lock().unwrap().push(text(event)))
    }

    /// What was told since the last time, of events whose text begins so.
    fn take(&self, start: &str) -> Vec<String> {
        let told: Vec<String> = std::mem::take(&mut *self.0.lock().unwrap());
        told.into_iter().filter(|text| text.starts_with(start)).collect()
    }
}

fn text(event: &ClientEvent<'_>) -> String {
    match event {
        ClientEvent::CallEnded { operation, outcome, attempts, .. } => {
            let outcome = match outcome {
                CallOutcome::Success => "success".to_owned(),
                CallOutcome::Failed(error) => error.kind().error_type().to_owned(),
                _ => "cancelled".to_owned(),
            };
            format!("call {} {outcome} {attempts}", operation.map_or("other", |operation| operation.name))
        }
        ClientEvent::Retry(retry) => format!("retry after {:?}", retry.attempt.status()),
        ClientEvent::RetryBudgetExhausted { operation, .. } => {
            format!("budget {}", operation.map_or("other", |operation| operation.name))
        }
        ClientEvent::UnclearOutcome(error) => format!("unclear {}", error.operation().unwrap().name),
        ClientEvent::StreamReconnect { operation, cause, .. } => {
            format!("reconnect {} {:?}", operation.name, cause.status())
        }
        ClientEvent::VersionProbe { result, .. } => format!("version {}", result.is_ok()),
        ClientEvent::PoolWait { server, .. } => format!("wait {}", server.host),
        ClientEvent::Connection { change, .. } => format!("connection {change:?}"),
        other => panic!("{other:?}"),
    }
}

async fn observed(set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> (TestServer, Client, Told) {
    let (server, told) = (TestServer::start().await.unwrap(), Told::default());
    let builder = Client::builder().server(server.url()).observe(told.observer());
    let client = set(builder).build().unwrap();
    (server, client, told)
}

#[tokio::test]
async fn calls_end_in_success_in_an_error_or_are_cancelled() {
    let (server, client, told) = observed(|builder| builder).await;
    client.flows().search_flows().await.unwrap();
    client.flows().get_flow("company.team", "missing").await.unwrap_err();
    assert_eq!(told.take("call"), ["call search_flows success 1", "call get_flow status 1"]);

    server.fail(Fault::hang().always());
    let limit = Duration::from_millis(50);
    tokio::time::timeout(limit, client.flows().search_flows().into_future()).await.unwrap_err();
    assert_eq!(told.take("call"), ["call search_flows cancelled 1"]);

    let request = http::Request::get("/api/v1/configs").body(kestra::Body::empty()).unwrap();
    server.heal();
    client.request(request).await.unwrap();
    assert_eq!(told.take("call"), ["call other success 1"]);
}

#[tokio::test]
async fn retries_and_the_end_of_their_budget_are_told() {
    let (server, client, told) = observed(|builder| builder.retry(Retry::standard().budget(14))).await;
    server.fail(Fault::status(503).on("GET", FLOW).always());
    client.flows().get_flow("company.team", "hello").await.unwrap_err();
    let mut all = told.take("");
    all.retain(|text| !text.starts_with("connection") && !text.starts_with("wait"));
    assert_eq!(all, ["retry after Some(503)", "budget get_flow", "call get_flow status 2"]);
}

#[tokio::test]
async fn connections_are_opened_reused_and_closed() {
    let (server, client, told) = observed(|builder| builder).await;
    for _ in 0..2 {
        client.flows().search_flows().await.unwrap();
    }
    assert_eq!(
        told.take("connection"),
        ["connection Opened", "connection Idle", "connection Reused", "connection Idle"]
    );
    server.fail(Fault::cut(Cut::AfterRead).always());
    let once = client.with_options(kestra::CallOptions::new().retry(Retry::none()));
    once.flows().search_flows().await.unwrap_err();
    assert_eq!(told.take("connection"), ["connection Reused", "connection Closed { was_idle: false }"]);

    server.heal();
    client.flows().search_flows().await.unwrap();
    assert_eq!(told.take("wait"), [format!("wait {}", server.address().ip())]);
    drop((client, once));
    assert_eq!(told.take("connection"), ["connection Closed { was_idle: true }"]);
}

#[tokio::test]
async fn a_detection_of_the_version_is_told_once() {
    let told = Told::default();
    let server = TestServer::builder().dialect(Dialect::V1_3).start().await.unwrap();
    let client = Client::builder().server(server.url()).observe(told.observer()).build().unwrap();
    // Only some versions have this operation.
    let request = || DisableTriggerRequest::new("company.team", "hello", "daily", true);
    let disable = || client.triggers().set_trigger_disabled(request()).into_future();
    let (first, second) = tokio::join!(disable(), disable());
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(error.kind(), kestra::ErrorKind::Unsupported);
    }
    assert_eq!(told.take("version"), ["version true"]);
}

#[tokio::test]
async fn a_stream_that_is_opened_again_is_told() {
    let (server, client, told) = observed(|builder| builder.retry(Retry::none())).await;
    server.flow("company.team", "gate").on_run(|_| Outcome::paused());
    server.fail(Fault::status(503).on_path(FOLLOW));
    let execution = client.executions().create_execution("company.team", "gate").await.unwrap();
    let mut states = client.executions().follow_execution(&execution.id).stream();
    let follow = async {
        while let Some(state) = states.next().await {
            state.unwrap();
        }
    };
    // The stream is silent once it is open again.
    let resume = async {
        loop {
            let reconnects = told.take("reconnect");
            if !reconnects.is_empty() {
                client.executions().resume_execution(&execution.id).await.unwrap();
                break reconnects;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let both = async { tokio::join!(follow, resume) };
    let ((), reconnects) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert_eq!(reconnects, ["reconnect follow_execution Some(503)"]);
}

#[tokio::test]
async fn a_creation_that_stays_unclear_is_told() {
    let (server, client, told) = observed(|builder| builder.retry(Retry::none())).await;
    server.flow("company.team", "gate").on_run(|_| Outcome::success(serde_json::json!({})));
    let create = "/api/v1/{tenant}/executions/{namespace}/{id}";
    server.fail(Fault::cut(Cut::AfterRead).on("POST", create).always());
    let start = client.executions().start("company.team", "gate").look_up_for(Duration::from_millis(100));
    let error = start.await.unwrap_err();
    assert_eq!(error.kind(), kestra::ErrorKind::UnclearOutcome);
    assert_eq!(told.take("unclear"), ["unclear create_execution"]);
}

#[tokio::test]
async fn all_observers_are_told() {
    let second = Told::default();
    let (_server, client, first) = observed(|builder| builder.observe(second.observer())).await;
    client.flows().search_flows().await.unwrap();
    assert!(!first.take("call").is_empty() && !second.take("call").is_empty());
}

#[tokio::test]
async fn a_panic_of_an_observer_ends_with_the_event() {
    let server = TestServer::start().await.unwrap();
    let observer = Observer::new(|_| panic!("on purpose"));
    let client = Client::builder().server(server.url()).observe(observer).build().unwrap();
    for _ in 0..3 {
        client.misc().get_configuration().await.unwrap();
    }
    drop(client);
}
