//! A wait for a state that isn't the end, and what a key does with an execution that failed, on servers of all lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod on_server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kestra::models::StateType;
use kestra::{ErrorKind, Finished, FoundFailed, Resolved};
use kestra_testkit::{Cut, Dialect, Fault, Outcome, TestServer};
use on_server::{NAMESPACE, ended, failing, flow, server};
use serde_json::json;

const PAUSED: &str =
    "id: paused\nnamespace: company.team\ntasks:\n  - {id: pause, type: io.kestra.plugin.core.flow.Pause}\n";

/// Puts a flow there that fails at first, and counts its runs.
fn flaky(server: &TestServer, failures: usize) -> Arc<AtomicUsize> {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    server.flow(NAMESPACE, "flaky").on_run(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        run if run < failures => Outcome::failed("not yet"),
        run => Outcome::success(json!({"run": run})),
    });
    runs
}

#[tokio::test]
async fn a_wait_ends_at_a_state() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(PAUSED).unwrap();
        server.deploy(flow("done", "hi")).unwrap();
        let executions = client.executions();

        let error = executions.run(NAMESPACE, "paused").until("paused").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{error}");

        let run = executions.run(NAMESPACE, "paused").until(StateType::Paused).await.unwrap();
        assert!(run.is_paused(), "{dialect:?}");
        // A state that it has left already, by its name on the wire.
        let running = executions.wait(run.id()).until("RUNNING").await.unwrap();
        assert!(running.is_paused());
        // It doesn't come to this one.
        let wait = executions.wait(run.id()).until(StateType::Success).timeout(Duration::from_millis(300));
        let error = wait.await.unwrap_err();
        assert!(
            error.is_timeout() && error.to_string().contains("has not been in SUCCESS within"),
            "{error}"
        );

        let started = executions.start(NAMESPACE, "done").await.unwrap();
        ended(&client, started.id()).await;
        assert!(started.wait().until(StateType::Running).await.unwrap().is_success());
        assert!(started.wait().until(StateType::Success).await.unwrap().is_success());
        let error = started.wait().until(StateType::Paused).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailed);
        assert!(error.to_string().contains("ended in SUCCESS, and was never in PAUSED"), "{error}");
        assert!(Finished::of(&error).unwrap().is_success());
        assert!(started.wait().until(StateType::Paused).any_end_state().await.unwrap().is_success());
    }
}

#[tokio::test]
async fn a_failure_may_be_what_is_waited_for() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(failing("stop")).unwrap();
        let executions = client.executions();
        assert!(executions.run(NAMESPACE, "stop").until(StateType::Failed).await.unwrap().is_failed());
        let error = executions.run(NAMESPACE, "stop").until(StateType::Paused).await.unwrap_err();
        assert!(error.to_string().contains("ended in FAILED, task `stop`"), "{error}");
    }
}

#[tokio::test]
async fn a_state_before_a_restart_does_not_count() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        flaky(&server, 1);
        let executions = client.executions();
        let failed = executions.run(NAMESPACE, "flaky").any_end_state().await.unwrap();
        executions.restart_execution(failed.id()).await.unwrap();
        let again = executions.wait(failed.id()).after(&failed.execution).until(StateType::Success).await;
        assert!(again.unwrap().is_success(), "{dialect:?}");
    }
}

#[tokio::test]
async fn an_execution_that_failed_is_returned() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let runs = flaky(&server, usize::MAX);
        let run = || client.executions().run(NAMESPACE, "flaky").idempotency_key("order-17");
        let first = run().await.unwrap_err();
        let again = run().await.unwrap_err();
        assert_eq!(first.execution_id(), again.execution_id(), "{dialect:?}");
        for error in [first, again] {
            assert_eq!(error.kind(), ErrorKind::ExecutionFailed);
            assert_eq!(error.idempotency_key(), Some("order-17"));
        }
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn an_execution_that_failed_is_restarted() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let runs = flaky(&server, 2);
        let executions = client.executions();
        let limit = Duration::from_secs(5);
        let run = || {
            let run = executions.run(NAMESPACE, "flaky").idempotency_key("k").timeout(limit);
            run.if_found_failed(FoundFailed::Restart)
        };
        let first = run().await.unwrap_err();
        // The second failure is the one that is reported, not that of before the restart.
        let second = run().await.unwrap_err();
        assert_eq!(runs.load(Ordering::Relaxed), 2, "{dialect:?}");
        assert_eq!(first.execution_id(), second.execution_id());

        let start = executions.start(NAMESPACE, "flaky").idempotency_key("k");
        let started = start.if_found_failed(FoundFailed::Restart).await.unwrap();
        assert!(started.was_found() && started.was_restarted());
        assert_eq!(started.wait().await.unwrap().outputs()["run"], 2);
        // What has succeeded is not executed again.
        assert!(run().await.unwrap().is_success());
        assert_eq!(runs.load(Ordering::Relaxed), 3);
        assert_eq!(server.executions_of(NAMESPACE, "flaky").len(), 1);
    }
}

#[tokio::test]
async fn an_execution_that_failed_is_started_again() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let runs = flaky(&server, 1);
        let executions = client.executions();
        let run = || {
            let run = executions.run(NAMESPACE, "flaky").idempotency_key("k");
            run.if_found_failed(FoundFailed::StartAgain)
        };
        let failed = run().await.unwrap_err();
        // The response is lost, and the failed execution isn't taken for the new one.
        server.fail(
            Fault::cut(Cut::AfterProcessing).on("POST", "/api/v1/{tenant}/executions/{namespace}/{id}"),
        );
        let again = run().await.unwrap();
        assert_ne!(failed.execution_id(), Some(again.id()), "{dialect:?}");
        assert_eq!(run().await.unwrap().id(), again.id());
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        let resolved = executions.resolve("k").await.unwrap();
        assert!(matches!(resolved, Resolved::Many(both) if both.len() == 2));
    }
}

#[tokio::test]
async fn every_error_of_a_keyed_start_has_the_key() {
    for dialect in Dialect::ALL {
        let (mut server, client) = server(dialect).await;
        server.deploy(PAUSED).unwrap();
        let executions = client.executions();
        let start = |id: &str| executions.start(NAMESPACE, id).idempotency_key("k");
        let of_start = [
            start("missing").await.unwrap_err(),
            start("paused").input("nothing", 1).await.unwrap_err(),
            start("paused").kind("TSET").await.unwrap_err(),
            start("paused").label("", "x").await.unwrap_err(),
        ];
        let started = start("paused").await.unwrap();
        let soon = Duration::from_millis(100);
        let of_wait = [
            started.wait().timeout(soon).await.unwrap_err(),
            executions.run(NAMESPACE, "paused").idempotency_key("k").timeout(soon).await.unwrap_err(),
        ];
        let plain = executions.create_execution(NAMESPACE, "missing").idempotency_key("k").await.unwrap_err();
        for error in of_start.into_iter().chain(of_wait).chain([plain]) {
            assert_eq!(error.idempotency_key(), Some("k"), "{error} on {dialect:?}");
        }
        // A generated key as well.
        let error = executions.run(NAMESPACE, "paused").timeout(soon).await.unwrap_err();
        assert!(error.idempotency_key().is_some());

        server.stop().await;
        let error = started.wait().outage_limit(soon).await.unwrap_err();
        assert_eq!(error.idempotency_key(), Some("k"), "{error}");
    }
}

#[tokio::test]
async fn an_input_without_a_value_is_not_sent() {
    let source = "inputs:\n  - {id: name, type: STRING, defaults: world}\n  - {id: rows, type: INT, required: false}\n";
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(format!("{}{source}", flow("greet", "hi"))).unwrap();
        let run = client.executions().run(NAMESPACE, "greet").input("name", None::<&str>);
        let run = run.input("rows", Some(3_usize)).await.unwrap();
        assert_eq!(run.execution.inputs["name"], "world", "{dialect:?}");
        assert_eq!(run.execution.inputs["rows"], 3);
        // Sizes and revisions take any integer.
        let search = client.executions().search_executions().size(10_usize).page(1_u64);
        assert_eq!(search.await.unwrap().results.len(), 1);
        assert_eq!(client.executions().search_executions().size(10).await.unwrap().results.len(), 1);
    }
}
