use kestra::models::StateType;
use kestra::{Error, ErrorKind, RequestSent};
use kestra_testkit::{Dialect, TestServer};

use crate::{NAMESPACE, serve};

const TWO_TASKS: &str = "\
id: two
namespace: company.team
inputs:
  - id: at
    type: DATETIME
    required: false
tasks:
  - id: a
    type: io.kestra.plugin.core.debug.Return
    format: a
  - id: both
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - id: b
        type: io.kestra.plugin.core.debug.Return
        format: b
";

fn assert_refused(error: &Error, part: &str) {
    assert!(matches!(error.kind(), ErrorKind::Refused | ErrorKind::Build), "{error}");
    assert_eq!(error.request_sent(), RequestSent::No);
    let text = error.to_string();
    assert!(text.contains(part) && text.contains("unchecked()"), "{text}");
}

#[tokio::test]
async fn a_test_of_a_misspelt_kind_would_run_for_real() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(TWO_TASKS).unwrap();
        let executions = client.executions();
        server.clear_requests();
        assert_refused(&executions.run(NAMESPACE, "two").kind("TSET").await.unwrap_err(), "TSET");
        let own = executions.start(NAMESPACE, "two").kind("TSET").idempotency_key("k");
        assert_refused(&own.await.unwrap_err(), "TSET");
        let create = || executions.create_execution(NAMESPACE, "two").kind("TSET");
        assert_refused(&create().await.unwrap_err(), "NORMAL, PLAYGROUND, TEST");
        assert!(server.requests().iter().all(|request| request.method == "GET"));
        // It is one as any other.
        let real = create().unchecked().await?;
        assert_eq!(real.kind, None);
        assert_eq!(executions.run(NAMESPACE, "two").kind("TSET").unchecked().await?.execution.kind, None);
        let test = executions.run(NAMESPACE, "two").kind("TEST").await?.execution;
        assert_eq!(test.kind.map(|kind| kind.as_str().to_owned()).as_deref(), Some("TEST"));
    }
    Ok(())
}

#[tokio::test]
async fn a_breakpoint_at_no_task_would_be_passed() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(TWO_TASKS).unwrap();
        let run = |task: &'static str| client.executions().run(NAMESPACE, "two").breakpoints([task]);
        assert_refused(&run("bb").await.unwrap_err(), "no task `bb`");
        // It runs straight through.
        assert_eq!(run("bb").unchecked().await?.execution.state.unwrap().current, StateType::Success);
        let stopped = client.executions().start(NAMESPACE, "two").breakpoints(["b"]).await?;
        assert!(!stopped.id().is_empty());
    }
    Ok(())
}

/// Returns the routes of the requests that change something.
fn changes(server: &TestServer) -> Vec<String> {
    let requests = server.requests();
    requests.iter().filter(|request| request.method != "GET").map(|request| request.path.clone()).collect()
}

#[tokio::test]
async fn replays_with_breakpoints_look_for_their_tasks_first() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(TWO_TASKS).unwrap();
        let executions = client.executions();
        let first = executions.run(NAMESPACE, "two").await?.id().to_owned();
        // The newest revision has another task; the execution keeps the first.
        server.deploy(TWO_TASKS.replace("id: b\n", "id: c\n")).unwrap();
        server.clear_requests();

        let replay = |task: &'static str| executions.replay_execution(&first).breakpoints([task]);
        assert_refused(&replay("c").await.unwrap_err(), "no task `c`");
        assert_refused(&replay("b").revision(2).await.unwrap_err(), "no task `b`");
        let with_inputs = executions.replay_execution_with_inputs(&first).breakpoints(["a", "c.1"]);
        assert_refused(&with_inputs.await.unwrap_err(), "no task `c`");
        let resume = executions.resume_execution_from_breakpoint(&first).breakpoints(["c"]);
        assert_refused(&resume.await.unwrap_err(), "no task `c`");
        assert_eq!(changes(&server), [""; 0]);

        replay("b").await?;
        replay("c").unchecked().await?;
        executions.create_execution(NAMESPACE, "two").breakpoints(["nowhere"]).await?;
        assert_eq!(changes(&server).len(), 3);
    }
    Ok(())
}

#[tokio::test]
async fn a_call_without_breakpoints_reads_no_flow() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    server.deploy(TWO_TASKS).unwrap();
    server.clear_requests();
    client.executions().create_execution(NAMESPACE, "two").breakpoints([""; 0]).await?;
    assert!(server.requests().iter().all(|request| !request.path.contains("/flows/")));
    Ok(())
}

#[tokio::test]
async fn what_is_no_revision_and_no_time_is_not_sent() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V1_3).await;
    server.deploy(TWO_TASKS).unwrap();
    let run = || client.executions().run(NAMESPACE, "two");
    for revision in [-3, 0] {
        assert_refused(&run().revision(revision).await.unwrap_err(), "revision");
    }
    assert_refused(&run().input("at", "now").await.unwrap_err(), "DATETIME");
    run().revision(1).input("at", "2026-01-31T09:00:00+01:00").await?;
    assert_eq!(server.requests().iter().filter(|request| request.method == "POST").count(), 1);
    Ok(())
}
