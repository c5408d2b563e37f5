//! Running flows and waiting for executions, on servers of all lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kestra::models::{ExecutionKind, StateType};
use kestra::{CallOptions, Client, ErrorKind, Finished, TimeoutPhase, Timeouts};
use kestra_testkit::{Dialect, Fault, Outcome, TestServer};
use kestra_tests::eventually;
use serde::{Deserialize, Serialize};
use serde_json::json;

const NAMESPACE: &str = "company.team";

const HELLO: &str = r#"
id: hello
namespace: company.team
inputs:
  - {id: name, type: STRING, defaults: World}
  - {id: dry_run, type: BOOL, defaults: false}
  - {id: rows, type: INT, defaults: 1}
tasks:
  - {id: greet, type: io.kestra.plugin.core.debug.Return, format: "Hello, {{ inputs.name }}!"}
outputs:
  - {id: greeting, type: STRING, value: "{{ outputs.greet.value }}"}
"#;

#[derive(Deserialize)]
struct Report {
    greeting: String,
}

async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    server.deploy(HELLO).unwrap();
    let client = Client::builder().server(server.url()).build().unwrap();
    (server, client)
}

#[tokio::test]
async fn outputs_are_typed_wherever_the_version_keeps_them() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let finished =
            client.executions().run(NAMESPACE, "hello").input("name", "Ada").input("dry_run", true).await?;
        let report: Report = finished.outputs_as()?;
        assert_eq!(report.greeting, "Hello, Ada!");
        assert_eq!(finished.state(), Some(&StateType::Success));
        assert!(finished.failed_task_runs().is_empty());
        let run = &server.executions_of(NAMESPACE, "hello")[0];
        assert!(run.inputs["dry_run"] == true && run.label("system.correlationId") != Some(&run.id));
    }
    Ok(())
}

#[tokio::test]
async fn a_flow_without_outputs_has_none() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "quiet").on_run(|_| Outcome::success(json!({})));
        assert!(client.executions().run(NAMESPACE, "quiet").await?.outputs().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_start_is_waited_for_in_another_process() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        #[derive(Serialize)]
        struct Inputs {
            name: &'static str,
            rows: Option<i64>,
        }
        let inputs = Inputs { name: "Bo", rows: None };
        let started = client.executions().start(NAMESPACE, "hello").inputs(&inputs).label("a", "b").await?;
        let finished = started.wait().await?;
        assert_eq!(finished.outputs()["greeting"], "Hello, Bo!");
        // It has ended long ago for this one.
        let other = Client::builder().server(server.url()).build()?;
        let again = other.executions().wait(started.id()).await?;
        assert_eq!(again.outputs(), finished.outputs());
        assert_eq!(again.execution.labels.get("a"), Some("b"));
    }
    Ok(())
}

#[tokio::test]
async fn failures_are_errors_that_tell_the_task_and_its_log() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "bad").on_run(|_| Outcome::failed("which table?"));
        let error = client.executions().run(NAMESPACE, "bad").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailed);
        let failed = Finished::of(&error).unwrap();
        assert_eq!(error.execution_id(), Some(failed.id()));
        assert_eq!(failed.state(), Some(&StateType::Failed));
        assert_eq!(failed.failed_task_runs().len(), 1);
        assert_eq!(failed.last_log_lines().last().unwrap().message, "which table?");
        let text = error.to_string();
        assert!(
            text.contains(failed.id()) && text.contains("which table?") && text.contains("FAILED"),
            "{text}"
        );
        // Whoever wants it as a value gets it.
        let finished = client.executions().wait(failed.id()).any_end_state().await.unwrap();
        assert!(finished.is_failed());
    }
}

#[tokio::test]
async fn killed_and_cancelled_are_errors_a_warning_is_not() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        for (id, outcome, state) in [
            ("killed", Outcome::killed(), StateType::Killed),
            ("cancelled", Outcome::cancelled(), StateType::Cancelled),
        ] {
            server.flow(NAMESPACE, id).on_run(move |_| outcome.clone());
            let error = client.executions().run(NAMESPACE, id).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ExecutionFailed);
            assert_eq!(Finished::of(&error).unwrap().state(), Some(&state));
        }
        server.flow(NAMESPACE, "careful").on_run(|_| Outcome::warning(json!({"rows": 3})));
        let finished = client.executions().run(NAMESPACE, "careful").await?;
        assert_eq!((finished.state(), &finished.outputs()["rows"]), (Some(&StateType::Warning), &json!(3)));
    }
    Ok(())
}

#[tokio::test]
async fn an_execution_that_is_retried_is_followed_to_its_successor() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "flaky").on_run(|_| Outcome::retried(Outcome::success(json!({"rows": 5}))));
        let started = client.executions().start(NAMESPACE, "flaky").await?;
        let finished = started.wait().await?;
        assert_eq!(finished.outputs()["rows"], 5);
        assert_ne!(finished.id(), started.id());
        assert_eq!(finished.execution.parent_id.as_deref(), Some(started.id()));

        // A search finds one of another kind only when it asks for that; 1.0 can't.
        if dialect > Dialect::V1_0 {
            let run = client.executions().run(NAMESPACE, "flaky").kind(ExecutionKind::Test);
            assert_eq!(run.await?.outputs()["rows"], 5);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_pause_is_told_once_and_may_end_the_wait() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server
            .flow(NAMESPACE, "gate")
            .on_run(|_| Outcome::paused().then(Outcome::success(json!({"gate": "open"}))));
        let paused = client.executions().run(NAMESPACE, "gate").stop_on_pause(true).await?;
        assert!(paused.is_paused() && paused.outputs().is_empty());

        let told = Arc::new(Mutex::new(Vec::new()));
        let observer = Arc::clone(&told);
        let executions = client.executions();
        let wait = executions
            .wait(paused.id())
            .poll_interval(Duration::from_millis(10))
            .on_pause(move |execution| observer.lock().unwrap().push(execution.progress().0));
        let resume = async {
            eventually("it is told", async || (!told.lock().unwrap().is_empty()).then_some(())).await;
            // Time to be told again.
            tokio::time::sleep(Duration::from_millis(100)).await;
            client.executions().resume_execution(paused.id()).await
        };
        let (finished, resumed) = tokio::join!(wait.into_future(), resume);
        resumed?;
        assert_eq!(finished?.outputs()["gate"], "open");
        assert_eq!(told.lock().unwrap().len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn time_that_is_over_leaves_the_execution_or_kills_it() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "slow").on_run(|_| Outcome::success(json!({})).after(Duration::from_secs(20)));
        let run = || client.executions().run(NAMESPACE, "slow").timeout(Duration::from_millis(150));
        let error = run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Total));
        assert!(error.to_string().contains("within 150ms"), "{error}");
        let left = client.executions().get_execution(error.execution_id().unwrap()).await.unwrap();
        assert!(!left.is_over());

        let error = run().kill_on_timeout(true).await.unwrap_err();
        assert!(error.is_timeout());
        let killed = client.executions().wait(error.execution_id().unwrap()).any_end_state().await.unwrap();
        assert_eq!(killed.state(), Some(&StateType::Killed));
    }
}

#[tokio::test]
async fn typos_and_loose_booleans_are_refused_before_anything_is_started() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let run = || client.executions().run(NAMESPACE, "hello");
        for refused in
            [run().input("dry-run", true), run().input("dry_run", "yes"), run().input("rows", "many")]
        {
            let error = refused.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        }
        assert!(server.executions_of(NAMESPACE, "hello").is_empty());
        // The harm that is refused: a dry run goes live.
        run().input("dry_run", "yes").unchecked().await.unwrap();
        assert_eq!(server.executions_of(NAMESPACE, "hello")[0].inputs["dry_run"], false);
    }
}

#[tokio::test]
async fn an_execution_that_is_not_there_is_an_error() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder()
            .dialect(dialect)
            .missing_execution_timeout(Duration::from_millis(100))
            .start()
            .await
            .unwrap();
        let client = Client::builder().server(server.url()).build().unwrap();
        let error = client.executions().wait("nowhere").await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert_eq!(error.execution_id(), Some("nowhere"));
    }
}

#[tokio::test]
async fn where_events_are_kept_back_the_execution_is_read() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server
            .flow(NAMESPACE, "job")
            .on_run(|_| Outcome::success(json!({"rows": 1})).after(Duration::from_millis(50)));
        server.fail(Fault::hang().on_path("/api/v1/{tenant}/executions/{id}/follow").always());
        let run = client.executions().run(NAMESPACE, "job").poll_interval(Duration::from_millis(50));
        let finished = tokio::time::timeout(Duration::from_secs(10), run.into_future()).await.unwrap()?;
        assert_eq!(finished.outputs()["rows"], 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_wait_without_end_is_one() -> Result<(), kestra::Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let flow = server.flow(NAMESPACE, "job");
        flow.on_run(|_| Outcome::success(json!({"rows": 1})).after(Duration::from_millis(50)));
        let timeouts = Timeouts::default().connect(Duration::MAX).total(Duration::MAX).idle(Duration::MAX);
        let client = client.with_options(CallOptions::new().timeouts(timeouts.attempt(Duration::MAX)));
        let run = client.executions().run(NAMESPACE, "job").poll_interval(Duration::MAX);
        let finished = run.outage_limit(Duration::MAX).timeout(Duration::MAX).await?;
        assert_eq!(finished.outputs()["rows"], 1);
    }
    Ok(())
}
