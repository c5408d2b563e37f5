//! What goes on over a restart of the server, however it goes down, and over failures of the question for its version.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::future::IntoFuture as _;
use std::time::{Duration, Instant};

use kestra::models::StateType;
use kestra::{CallOptions, Client, ErrorKind, Filter, Finished, RequestSent, TimeoutPhase, Timeouts};
use kestra_testkit::{Dialect, FalseEnd, Fault, Outcome, Shutdown, TestServer};
use serde_json::json;
use tokio::task::JoinSet;

const NAMESPACE: &str = "company.team";
const CONFIGS: &str = "/api/v1/configs";

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

const STYLES: [(Dialect, Shutdown); 3] = [
    (Dialect::V1_0, Shutdown::Unanswered),
    (Dialect::V1_3, Shutdown::DatabaseClosed),
    (Dialect::V2_0, Shutdown::HangingWrites),
];

/// A server with a flow, and a client that asks for the version before each call that depends on it.
async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    server.deploy(JOB).unwrap();
    let client = Client::builder().server(server.url()).version_ttl(Duration::ZERO).build().unwrap();
    (server, client)
}

/// Waits until so many executions of the job are there.
async fn begun(server: &TestServer, count: usize) {
    for _ in 0..3000 {
        if server.executions_of(NAMESPACE, "job").len() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no {count} executions");
}

/// Goes down, and comes back.
async fn restart(server: &mut TestServer, style: Shutdown) {
    server.shutdown(style);
    tokio::time::sleep(Duration::from_millis(400)).await;
    server.stop().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.restart().await.unwrap();
}

#[tokio::test]
async fn runs_waits_and_streams_outlast_a_restart_however_the_server_goes_down() {
    for (dialect, style) in STYLES {
        let (mut server, client) = serve(dialect).await;
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
                said.push(line.unwrap().message);
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
            begun(&server, 2).await;
            // All of them have connected by then.
            tokio::time::sleep(Duration::from_millis(500)).await;
            restart(&mut server, style).await;
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
            assert_eq!(finished.unwrap().outputs()["said"], "yes", "{style:?}");
        }
        let said: Vec<_> =
            said.iter().map(String::as_str).filter(|line| ["begun", "done"].contains(line)).collect();
        assert_eq!((said, last), (vec!["begun", "done"], Some(StateType::Success)), "{style:?}");
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), 2);
    }
}

#[tokio::test]
async fn a_creation_that_a_server_going_down_does_not_answer_is_found_and_happens_once() {
    for (dialect, style) in STYLES {
        let (mut server, client) = serve(dialect).await;
        let client = client.with_options(CallOptions::new().api_version(server_version(dialect)));
        // A creation of its own is told as what may have happened.
        if style != Shutdown::DatabaseClosed {
            server.shutdown(Shutdown::Unanswered);
            let error = client.executions().create_execution(NAMESPACE, "job").await.unwrap_err();
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Transport, RequestSent::Maybe));
            server.restart().await.unwrap();
        }
        let before = server.executions_of(NAMESPACE, "job").len();
        server.shutdown(style);
        let start = client.executions().start(NAMESPACE, "job").look_up_for(Duration::from_millis(500));
        let goes = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            restart(&mut server, style).await;
        };
        let (started, ()) = tokio::join!(start.into_future(), goes);
        let count = server.executions_of(NAMESPACE, "job").len() - before;
        match started {
            Ok(started) => assert_eq!((started.was_found(), count), (true, 1), "{style:?}"),
            // Nothing was done, which nobody can know.
            Err(error) => {
                assert_eq!((style, count), (Shutdown::DatabaseClosed, 0), "{error}");
                assert_eq!(error.kind(), ErrorKind::UnclearOutcome);
            }
        }
    }
}

fn server_version(dialect: Dialect) -> kestra::Version {
    match dialect {
        Dialect::V1_0 => kestra::Version::new(1, 0, 3),
        Dialect::V1_3 => kestra::Version::new(1, 3, 25),
        _ => kestra::Version::new(2, 0, 0),
    }
}

/// More often than a call that isn't a loop tries.
const FAILURES: usize = 6;

/// Lets the question for the version fail so often from now on.
fn fail_questions(server: &TestServer) {
    // What an earlier call left over would add up.
    server.heal();
    server.clear_requests();
    server.fail(Fault::status(503).on_path(CONFIGS).times(FAILURES));
}

/// Checks that all these failures were met.
#[track_caller]
fn assert_outlasted(server: &TestServer) {
    let asked = server.requests().iter().filter(|request| request.path == CONFIGS).count();
    assert!(asked > FAILURES, "asked {asked} times only");
}

#[tokio::test]
async fn every_loop_outlasts_failures_of_the_question_for_the_version() {
    // They mostly wait.
    let dialects: JoinSet<()> = Dialect::ALL.into_iter().map(outlast_failures_of_the_question).collect();
    dialects.join_all().await;
}

async fn outlast_failures_of_the_question(dialect: Dialect) {
    let server =
        TestServer::builder().dialect(dialect).bulk_delay(Duration::from_secs(1)).start().await.unwrap();
    server.deploy(JOB.replace("PT2S", "PT0.1S")).unwrap();
    server.flow(NAMESPACE, "flaky").on_run(|_| Outcome::retried(Outcome::success(json!({"rows": 5}))));
    let client = Client::builder().server(server.url()).version_ttl(Duration::ZERO).build().unwrap();
    let executions = client.executions();

    // Only 2.0 keeps outputs elsewhere, for which the version is asked.
    fail_questions(&server);
    let finished = executions.run(NAMESPACE, "job").await.unwrap();
    assert_eq!(finished.outputs()["said"], "yes");
    let id = finished.id().to_owned();
    if dialect >= Dialect::V2_0 {
        assert_outlasted(&server);
    }
    fail_questions(&server);
    assert_eq!(executions.run(NAMESPACE, "flaky").await.unwrap().outputs()["rows"], 5);
    if dialect >= Dialect::V2_0 {
        assert_outlasted(&server);
    }

    fail_questions(&server);
    let logs = client.logs().follow_logs_from_execution(&id).filter(Filter::level().at_least("INFO"));
    let (mut lines, mut said) = (logs.stream(), Vec::new());
    while let Some(line) = lines.next().await {
        said.extend(Some(line.unwrap().message).filter(|line| line == "begun" || line == "done"));
    }
    assert_eq!(said, ["begun", "done"]);
    assert_outlasted(&server);
    fail_questions(&server);
    let mut states = executions.follow_execution_dependencies(&id).stream();
    while let Some(status) = states.next().await {
        status.unwrap();
    }
    assert_outlasted(&server);

    // What is the same on every version needs no question: keys, and the look for the effect of an action, which comes a second
    // later.
    fail_questions(&server);
    let keyed = executions.start(NAMESPACE, "job").idempotency_key("order-1").await.unwrap();
    let again = executions.start(NAMESPACE, "job").idempotency_key("order-1").await.unwrap();
    assert_eq!((again.id(), again.was_found()), (keyed.id(), true));
    server.heal();
    let replay = executions.replay_executions_by_ids([&id]).wait_until_visible(Duration::from_secs(30));
    let fails = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fail_questions(&server);
    };
    let (report, ()) = tokio::join!(replay.into_future(), fails);
    assert_eq!(report.unwrap().visible.len(), 1);
}

#[tokio::test]
async fn an_end_that_is_none_and_streams_that_say_nothing_new_do_not_end_a_run() {
    for dialect in Dialect::ALL {
        for fault in [
            Fault::false_end(FalseEnd::Running).times(3),
            Fault::false_end(FalseEnd::OtherExecution).times(3),
            Fault::cut_streams_after(2).times(6),
        ] {
            let (server, client) = serve(dialect).await;
            server.fail(fault);
            let finished = client.executions().run(NAMESPACE, "job").await.unwrap();
            let executed = server.executions_of(NAMESPACE, "job");
            assert_eq!((executed.len(), finished.id()), (1, executed[0].id.as_str()));
            assert_eq!(finished.state(), Some(&StateType::Success));
        }
    }
}

#[tokio::test]
async fn a_wait_for_what_nobody_knows_ends_before_the_server_s_own_patience() {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let begun = Instant::now();
        let error = client.executions().wait("nowhere").await.unwrap_err();
        assert!(error.is_not_found() && error.execution_id() == Some("nowhere"), "{error}");
        assert!(begun.elapsed() >= Duration::from_secs(2));
        let error = client.executions().wait("nowhere").wait_until_visible(Duration::ZERO).await.unwrap_err();
        assert!(error.is_not_found());
    }
}

#[tokio::test]
async fn what_was_accepted_may_be_missing_for_a_while() {
    let (server, client) = serve(Dialect::V1_3).await;
    let started = client.executions().start(NAMESPACE, "job").await.unwrap();
    // As after a restart that lost what was accepted last; it shows again before the patience is over.
    let path = format!("/api/v1/main/executions/{}", started.id());
    server.fail(Fault::status(404).on("GET", format!("{path}/follow")).times(4));
    server.fail(Fault::status(404).on("GET", path).times(4));
    assert_eq!(started.wait().await.unwrap().outputs()["said"], "yes");
}

#[tokio::test]
async fn the_error_of_a_timeout_has_the_execution_as_it_was_seen_last() {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let error =
            client.executions().run(NAMESPACE, "job").timeout(Duration::from_millis(900)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Total));
        let last = Finished::of(&error).unwrap();
        assert_eq!(error.execution_id(), Some(last.id()));
        let state = last.state().unwrap();
        assert!(!state.is_terminal() && error.to_string().contains(state.as_str()), "{error}");
    }
}

#[tokio::test]
async fn a_client_s_limit_of_an_attempt_does_not_cut_a_creation_that_waits() {
    for dialect in Dialect::ALL {
        let (server, _) = serve(dialect).await;
        let limits = Timeouts::default().attempt(Duration::from_millis(500)).idle(Duration::from_millis(500));
        let of_builder = Client::builder().server(server.url()).timeouts(limits).build().unwrap();
        let plain = Client::builder().server(server.url()).build().unwrap();
        let of_options = plain.with_options(CallOptions::new().timeouts(limits));
        for client in [of_builder, of_options] {
            let create = || client.executions().create_execution(NAMESPACE, "job").wait(true);
            let execution = create().timeout(Duration::from_secs(30)).await.unwrap();
            assert!(execution.is_success(), "{:?}", execution.state);
            // What the call says itself holds.
            let own = Timeouts::default().attempt(Duration::from_millis(300));
            assert!(create().timeouts(own).await.unwrap_err().is_timeout());
            assert!(create().timeout(Duration::from_millis(300)).await.unwrap_err().is_timeout());
        }
    }
}
