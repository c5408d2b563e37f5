//! One execution a key, whatever happens to the request, on servers of all lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use kestra::models::ExecutionKind;
use kestra::{CallOptions, Client, ErrorKind, RequestSent, Resolved, Retry};
use kestra_testkit::{Cut, Dialect, Fault, Outcome, TestServer};
use serde_json::json;

const NAMESPACE: &str = "company.team";
const CREATE: &str = "/api/v1/{tenant}/executions/{namespace}/{id}";

async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({"rows": 1})));
    let client = Client::builder().server(server.url()).build().unwrap();
    (server, client)
}

fn count(server: &TestServer) -> usize {
    server.executions_of(NAMESPACE, "job").len()
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_by_a_fresh_key() {
    for dialect in Dialect::ALL {
        for cut in [Cut::AfterProcessing, Cut::WithinBody] {
            let (server, client) = serve(dialect).await;
            server.fail(Fault::cut(cut).on("POST", CREATE));
            let started = client.executions().start(NAMESPACE, "job").await.unwrap();
            assert!(started.was_found() && started.key().is_some());
            assert_eq!(started.wait().await.unwrap().outputs()["rows"], 1);
            assert_eq!(count(&server), 1);
        }
    }
}

#[tokio::test]
async fn a_request_that_is_lost_is_unclear_and_never_repeated() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::cut(Cut::AfterRead).on("POST", CREATE).always());
        let start = client.executions().start(NAMESPACE, "job").look_up_for(Duration::from_millis(300));
        let error = start.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnclearOutcome);
        assert_eq!(error.request_sent(), RequestSent::Maybe);
        let resolved = client.executions().resolve(error.idempotency_key().unwrap()).await.unwrap();
        assert!(matches!(resolved, Resolved::None));
        assert_eq!(count(&server), 0);

        // Without a key it is the plain error, which says as much.
        let error = client.executions().start(NAMESPACE, "job").no_key().await.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Transport, RequestSent::Maybe));
        let creations = server.requests().iter().filter(|request| request.method == "POST").count();
        assert_eq!(creations, 2);
    }
}

#[tokio::test]
async fn what_starts_later_is_resolved_later() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        // Far later than a look-up ends, however busy the machine is.
        server.fail(Fault::late(Duration::from_secs(4)).on("POST", CREATE).times(5));
        let mut keys = Vec::new();
        for _ in 0..5 {
            let start = client.executions().start(NAMESPACE, "job").look_up_for(Duration::from_millis(50));
            let error = start.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnclearOutcome);
            keys.push(error.idempotency_key().unwrap().to_owned());
        }
        for key in keys {
            let found = async {
                while !matches!(client.executions().resolve(&key).await.unwrap(), Resolved::One(_)) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), found).await.unwrap_or_else(|_| panic!("no {key}"));
        }
        assert_eq!(count(&server), 5);
    }
}

#[tokio::test]
async fn a_start_waits_for_what_comes_a_moment_later() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::late(Duration::from_millis(300)).on("POST", CREATE));
        assert!(client.executions().start(NAMESPACE, "job").await.unwrap().was_found());
        assert_eq!(count(&server), 1);
    }
}

#[tokio::test]
async fn a_key_of_ones_own_gives_the_same_execution() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let start = || client.executions().start(NAMESPACE, "job").idempotency_key("order-17");
        let first = start().await.unwrap();
        let second = start().await.unwrap();
        assert!(!first.was_found() && second.was_found());
        assert_eq!(first.id(), second.id());
        let run = client.executions().run(NAMESPACE, "job").idempotency_key("order-17").await.unwrap();
        assert_eq!(run.id(), first.id());
        assert_eq!(count(&server), 1);

        // One that is older than the look-back is another matter, as said in the documentation.
        server.age_executions(Duration::from_hours(9 * 24));
        assert!(!start().await.unwrap().was_found());
        let found = start().key_look_back(Duration::from_hours(10 * 24)).await.unwrap_err();
        assert_eq!(found.kind(), ErrorKind::UnclearOutcome);
        let all =
            client.executions().resolve("order-17").look_back(Duration::from_hours(10 * 24)).await.unwrap();
        assert!(matches!(all, Resolved::Many(executions) if executions.len() == 2));
    }
}

#[tokio::test]
async fn what_inherits_a_key_does_not_count() {
    const PARENT: &str = "
id: parent
namespace: company.team
tasks:
  - {id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: company.team, flowId: child, wait: true}
";
    const CHILD: &str = "
id: child
namespace: company.team
tasks:
  - {id: t, type: io.kestra.plugin.core.debug.Return, format: x}
";
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(CHILD).unwrap();
        server.deploy(PARENT).unwrap();
        let key = "with-children";
        let run = client.executions().run(NAMESPACE, "parent").idempotency_key(key).await.unwrap();
        client.executions().replay_execution(run.id()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let labelled = |flow| {
            let runs = server.executions_of(NAMESPACE, flow);
            runs.iter().filter(|run| run.label("system.correlationId") == Some(key)).count()
        };
        assert!(labelled("parent") + labelled("child") >= 3);
        match client.executions().resolve(key).await.unwrap() {
            Resolved::One(execution) => assert_eq!(Some(execution.id.as_str()), Some(run.id())),
            other => panic!("{other:?}"),
        }

        // A retry of the flow inherits it too.
        server.flow(NAMESPACE, "flaky").on_run(|_| Outcome::retried(Outcome::success(json!({}))));
        let run = client.executions().run(NAMESPACE, "flaky").idempotency_key("retried").await.unwrap();
        match client.executions().resolve("retried").await.unwrap() {
            Resolved::One(execution) => assert_ne!(Some(execution.id.as_str()), Some(run.id())),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_key_is_found_whatever_the_kind() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let executions = client.executions();
        let start =
            || executions.start(NAMESPACE, "job").kind(ExecutionKind::Test).idempotency_key("tried-out");
        let first = start().await;
        if dialect == Dialect::V1_0 {
            // It can't be searched for kinds: nothing is started that couldn't be found again.
            assert_eq!(first.unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(count(&server), 0);
            assert!(matches!(executions.resolve("tried-out").await.unwrap(), Resolved::None));
            continue;
        }
        let first = first.unwrap();
        assert!(start().await.unwrap().was_found());
        let creation = executions.create_execution(NAMESPACE, "job").kind(ExecutionKind::Test);
        let again = creation.idempotency_key("tried-out").await.unwrap();
        assert_eq!(Some(again.id.as_str()), Some(first.id()));
        let resolved = executions.resolve("tried-out").await.unwrap();
        assert!(matches!(resolved, Resolved::One(found) if found.id == first.id()));
        assert_eq!(count(&server), 1);
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_no_riddle() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let error = client.executions().start(NAMESPACE, "nowhere").await.unwrap_err();
        assert!(error.is_not_found() && error.kind() == ErrorKind::Status);
        assert!(!server.requests().iter().any(|request| request.path.ends_with("/search")));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_as_good_as_lost() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::malformed().on("POST", CREATE).times(3));
        let started = client.executions().start(NAMESPACE, "job").await.unwrap();
        assert!(started.was_found() && started.id() == server.executions_of(NAMESPACE, "job")[0].id);
        let create = client.executions().create_execution(NAMESPACE, "job").idempotency_key("order-1");
        assert!(!create.await.unwrap().id.is_empty());
        let error = client.executions().start(NAMESPACE, "job").no_key().await.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Decode, RequestSent::Yes));
        assert_eq!(count(&server), 3);

        // Something on the way answers in the server's place.
        let page = "<html>Please sign in</html>";
        server.fail(Fault::status(200).body(page).on("POST", CREATE).times(2));
        server.fail(Fault::status(200).body("{}").on("POST", CREATE));
        let look_up_for = Duration::from_millis(100);
        let start = || client.executions().start(NAMESPACE, "job").look_up_for(look_up_for);
        let run = client.executions().run(NAMESPACE, "job").look_up_for(look_up_for);
        for error in [start().await.unwrap_err(), run.await.unwrap_err(), start().await.unwrap_err()] {
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::UnclearOutcome, RequestSent::Yes));
            assert!(error.idempotency_key().is_some(), "{error}");
        }
        assert_eq!(count(&server), 3);
    }
}

#[tokio::test]
async fn a_look_up_without_end_is_one() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::cut(Cut::AfterProcessing).on("POST", CREATE));
        let start = client.executions().start(NAMESPACE, "job").look_up_for(Duration::MAX);
        assert!(start.await.unwrap().was_found());
    }
}

#[tokio::test]
async fn nobody_waits_for_a_server_without_retries() {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = || Client::builder().server(format!("http://{dead}"));
    let once = CallOptions::new().retry(Retry::none());
    for client in [
        builder().retry(Retry::none()).build().unwrap(),
        builder().retry(Retry::standard().max_attempts(1)).build().unwrap(),
        builder().options(once.clone()).build().unwrap(),
        builder().build().unwrap().with_options(once),
    ] {
        let executions = client.executions();
        let start = async || executions.start(NAMESPACE, "job").await.map(drop);
        let keyed =
            async || executions.create_execution(NAMESPACE, "job").idempotency_key("k").await.map(drop);
        let begun = std::time::Instant::now();
        for result in [start().await, keyed().await] {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Connect, RequestSent::No));
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "a server is tried for 30 s otherwise");
    }
}
