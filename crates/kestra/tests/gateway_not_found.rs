//! A proxy, a load balancer or an API gateway responds with a 404 of its own while it doesn't find the server: that is never
//! taken for Kestra's 404.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

#[path = "gateway/mod.rs"]
mod gateway;

use std::future::IntoFuture as _;
use std::time::{Duration, Instant};

use gateway::{Gateway, PAGES};
use kestra::models::StateType;
use kestra::{Client, Error, ErrorKind, Filter, RequestSent, Retry};
use kestra_testkit::{Dialect, Fault, TestServer};
use tokio::task::JoinSet;

const NAMESPACE: &str = "company.team";
const CREATE: &str = "/api/v1/{tenant}/executions/{namespace}/{id}";
const EXECUTION: &str = "/api/v1/{tenant}/executions/{id}";

const JOB: &str = r#"
id: job
namespace: company.team
tasks:
  - {id: first, type: io.kestra.plugin.core.log.Log, message: "begun"}
  - {id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: PT2S}
  - {id: last, type: io.kestra.plugin.core.log.Log, message: "done"}
outputs:
  - {id: said, type: STRING, value: "yes"}
"#;

/// A server behind a gateway that gives a page, and a client that goes through it.
async fn behind(dialect: Dialect, page: &'static str) -> (TestServer, Gateway, Client) {
    let server =
        TestServer::builder().dialect(dialect).bulk_delay(Duration::from_millis(1500)).start().await.unwrap();
    server.deploy(JOB).unwrap();
    let gateway = Gateway::before(server.address(), page).await;
    let client = Client::builder().server(gateway.url()).build().unwrap();
    (server, gateway, client)
}

/// Checks that an error names the gateway and isn't about a missing resource.
#[track_caller]
fn assert_of_gateway(error: &Error) {
    assert!(!error.is_missing(), "{error}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404), "{error}");
    assert!(error.to_string().contains("a proxy or another web server responded"), "{error}");
}

/// Runs a case on every version with every page at once, as they mostly wait.
async fn everywhere<F>(case: fn(Dialect, &'static str) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let cases = Dialect::ALL.into_iter().flat_map(|dialect| PAGES.map(|page| case(dialect, page)));
    cases.collect::<JoinSet<()>>().join_all().await;
}

#[tokio::test]
async fn runs_waits_and_streams_outlast_it() {
    everywhere(|dialect, page| async move {
        let (server, gateway, client) = behind(dialect, page).await;
        let executions = client.executions();
        let started = executions.start(NAMESPACE, "job").await.unwrap();
        let id = started.id().to_owned();
        let wait = started.wait().poll_interval(Duration::from_millis(100));
        let attached = executions.wait(&id);
        let run = executions.run(NAMESPACE, "job");
        let logs = client.logs();
        let lines = async {
            let follow = logs.follow_logs_from_execution(&id).filter(Filter::level().at_least("INFO"));
            let (mut lines, mut said) = (follow.stream(), Vec::new());
            while let Some(line) = lines.next().await {
                said.extend(Some(line.unwrap().message).filter(|line| line == "begun" || line == "done"));
            }
            said
        };
        let dependencies = async {
            let mut states = executions.follow_execution_dependencies(&id).stream();
            let mut last = None;
            while let Some(status) = states.next().await {
                last = status.unwrap().state.map(|state| state.current);
            }
            last
        };
        let goes = async {
            while server.executions_of(NAMESPACE, "job").len() < 2 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            // All of them have connected by then.
            tokio::time::sleep(Duration::from_millis(500)).await;
            gateway.lose_server();
            tokio::time::sleep(Duration::from_secs(3)).await;
            gateway.find_server();
        };
        let (wait, attached, run, said, last, ()) = tokio::join!(
            wait.into_future(),
            attached.into_future(),
            run.into_future(),
            lines,
            dependencies,
            goes
        );
        for finished in [wait, attached, run] {
            assert_eq!(finished.unwrap().outputs()["said"], "yes", "{dialect:?} {page}");
        }
        assert_eq!((said.len(), last), (2, Some(StateType::Success)), "{dialect:?} {page}");
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn outputs_are_not_taken_for_none() {
    everywhere(|dialect, page| async move {
        let (server, _gateway, client) = behind(dialect, page).await;
        server.fail(Fault::status(404).body(page).on("GET", "/api/v1/{tenant}/outputs/executions/{id}"));
        let finished = client.executions().run(NAMESPACE, "job").await.unwrap();
        assert_eq!(finished.outputs()["said"], "yes", "{dialect:?} {page}");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_created_for_a_key_that_could_not_be_looked_up() {
    everywhere(|dialect, page| async move {
        let (server, gateway, client) = behind(dialect, page).await;
        let start = || client.executions().start(NAMESPACE, "job").idempotency_key("order-1");
        let create = || client.executions().create_execution(NAMESPACE, "job").idempotency_key("order-1");
        let first = start().await.unwrap();
        gateway.lose_server();
        assert_of_gateway(&start().await.unwrap_err());
        assert_of_gateway(&create().await.unwrap_err());
        assert_of_gateway(&client.executions().resolve("order-1").await.unwrap_err());
        gateway.find_server();
        let again = start().await.unwrap();
        assert_eq!((again.id(), again.was_found()), (first.id(), true));
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_creation_that_the_gateway_answers_is_looked_up() {
    everywhere(|dialect, page| async move {
        let (server, _gateway, client) = behind(dialect, page).await;
        let passed_on = || Fault::status(404).body(page).carried_out_after(Duration::from_millis(300));
        server.fail(passed_on().on("POST", CREATE));
        let started = client.executions().start(NAMESPACE, "job").await.unwrap();
        assert!(started.was_found());
        server.fail(passed_on().on("POST", CREATE));
        client.executions().create_execution(NAMESPACE, "job").idempotency_key("order-1").await.unwrap();
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), 2, "{dialect:?} {page}");

        // One that didn't arrive may have been started for all that anybody knows.
        server.fail(Fault::status(404).body(page).on("POST", CREATE));
        let start = client.executions().start(NAMESPACE, "job").look_up_for(Duration::from_millis(300));
        let error = start.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnclearOutcome, "{error}");
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), 2, "{dialect:?} {page}");
    })
    .await;
}

#[tokio::test]
async fn questions_before_changes_are_not_answered_by_it() {
    everywhere(|dialect, page| async move {
        let (server, gateway, client) = behind(dialect, page).await;
        // Detects the version, which the calls need.
        client.flows().get_flow(NAMESPACE, "job").await.unwrap();
        gateway.lose_server();
        let flows = client.flows();
        assert_of_gateway(&flows.get_flow(NAMESPACE, "job").await.unwrap_err());
        let error = flows.update_flow(NAMESPACE, "job", JOB).await.unwrap_err();
        assert_of_gateway(&error);
        assert_eq!(error.request_sent(), RequestSent::No);
        let error = client.executions().start(NAMESPACE, "job").await.unwrap_err();
        assert_of_gateway(&error);
        assert!(!error.to_string().contains("no flow"), "{error}");
        assert_of_gateway(&client.executions().wait("nowhere").await.unwrap_err());
        gateway.find_server();

        // The look of a deployment whose validation still came through.
        server.clear_requests();
        server.fail(Fault::status(404).body(page).on("GET", "/api/v1/{tenant}/flows/{namespace}/{id}"));
        assert_of_gateway(&flows.deploy(JOB.replace("begun", "changed")).await.unwrap_err());
        let changes = server.requests().into_iter().filter(|request| request.method != "GET");
        assert!(changes.into_iter().all(|request| request.path.ends_with("/validate")));
    })
    .await;
}

#[tokio::test]
async fn an_action_counts_no_item_as_gone() {
    everywhere(|dialect, page| async move {
        let (server, gateway, client) = behind(dialect, page).await;
        let executions = client.executions();
        let id = executions.run(NAMESPACE, "job").await.unwrap().id().to_owned();
        let deletion = executions.delete_executions_by_ids([&id]).wait_until_visible(Duration::from_secs(60));
        let begun = Instant::now();
        let goes = async {
            while !server.requests().iter().any(|request| request.method == "DELETE") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            gateway.lose_server();
            tokio::time::sleep(Duration::from_millis(800)).await;
            gateway.find_server();
        };
        let (report, ()) = tokio::join!(deletion.into_future(), goes);
        assert_eq!(report.unwrap().visible, [id], "{dialect:?} {page}");
        assert!(server.executions_of(NAMESPACE, "job").is_empty(), "{dialect:?} {page}");
        assert!(begun.elapsed() >= Duration::from_millis(1000));

        server.fail(Fault::status(404).body(page).on("GET", "/api/v1/{tenant}/flows/{namespace}/{id}"));
        let disabled =
            client.flows().disable_flows_by_ids([(NAMESPACE, "job")]).retry(Retry::none()).skipping_invalid();
        assert_of_gateway(&disabled.await.unwrap_err());
    })
    .await;
}

#[tokio::test]
async fn an_execution_is_not_gone_before_kestra_says_so() {
    everywhere(|dialect, page| async move {
        let (server, _gateway, client) = behind(dialect, page).await;
        let started = client.executions().start(NAMESPACE, "job").await.unwrap();
        // Only the route of executions is lost.
        server.fail(Fault::status(404).body(page).on("GET", EXECUTION).times(6));
        server.fail(Fault::cut_streams_after(1).times(4));
        let finished = started.wait().poll_interval(Duration::from_millis(50)).await.unwrap();
        assert_eq!(finished.outputs()["said"], "yes", "{dialect:?} {page}");
    })
    .await;
}
