//! Following executions, their dependencies and their logs through cuts, on servers of all lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use kestra::models::{Execution, StateType};
use kestra::{Client, Error, ErrorKind, RequestSent, Timeouts};
use kestra_testkit::{Cut, Dialect, Fault, Outcome, TestServer};
use kestra_tests::eventually;

const NAMESPACE: &str = "company.team";

/// Five tasks, each of which logs a line.
fn chatty() -> String {
    let mut source = format!("id: chatty\nnamespace: {NAMESPACE}\ntasks:\n");
    for task in 0..5 {
        source.push_str(&format!(
            "  - {{id: t{task}, type: io.kestra.plugin.core.log.Log, message: [\"line {task}\", \"same\", \"same\"]}}\n"
        ));
    }
    source
}

async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder()
        .dialect(dialect)
        .pace(Duration::from_millis(10))
        .missing_execution_timeout(Duration::from_millis(200))
        .start()
        .await
        .unwrap();
    server.deploy(chatty()).unwrap();
    let client = Client::builder().server(server.url()).build().unwrap();
    (server, client)
}

async fn start(client: &Client) -> String {
    client.executions().create_execution(NAMESPACE, "chatty").await.unwrap().id
}

/// How many streams of this path were opened: each but the last was cut.
fn opened(server: &TestServer, area: &str, end: &str) -> usize {
    let area = format!("/api/v1/main/{area}/");
    server
        .requests()
        .iter()
        .filter(|request| request.path.starts_with(&area) && request.path.ends_with(end))
        .count()
}

fn is_success(execution: &Execution) -> bool {
    execution.state.as_ref().unwrap().current == StateType::Success
}

#[tokio::test]
async fn states_come_once_and_in_order_whatever_is_cut() {
    let mut reopened = 0;
    for dialect in Dialect::ALL {
        for seed in 0..6 {
            let (server, client) = serve(dialect).await;
            server.fail(Fault::cut_streams(seed).times(4));
            let id = start(&client).await;
            let states: Vec<_> = client.executions().follow_execution(&id).stream().collect().await;
            let states: Result<Vec<Execution>, Error> = states.into_iter().collect();
            let states = states.unwrap();
            let (last, before) = states.split_last().unwrap();
            assert!(is_success(last) && last.task_runs().len() == 5);
            assert!(before.windows(2).all(|pair| pair[0].progress() < pair[1].progress()));
            assert!(states.iter().all(|state| !state.flow_id.is_empty()), "a stub was given");
            reopened += opened(&server, "executions", "/follow") - 1;
        }
    }
    assert!(reopened > 0, "none was cut");
}

#[tokio::test]
async fn an_unknown_execution_is_404_not_an_endless_retry() {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let mut states = client.executions().follow_execution("nowhere").stream();
        assert!(states.next().await.unwrap().unwrap_err().is_not_found());
        assert!(states.next().await.is_none());
        let mut lines = client.logs().follow_logs_from_execution("nowhere").stream();
        assert!(lines.next().await.unwrap().unwrap_err().is_not_found());
        let mut states = client.executions().follow_execution_dependencies("nowhere").stream();
        assert!(states.next().await.unwrap().unwrap_err().is_not_found());
    }
}

/// As behind a load balancer: a server that goes down while another comes back fails one request after the other.
#[tokio::test]
async fn failures_of_the_first_requests_are_survived() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let id = start(&client).await;
        let fail = |paths: [&str; 2]| {
            server.heal();
            for path in paths {
                server.fail(Fault::status(502).on("GET", path));
            }
        };
        let execution = "/api/v1/{tenant}/executions/{id}";
        fail([&format!("{execution}/follow"), execution]);
        let states: Vec<_> = client.executions().follow_execution(&id).stream().collect().await;
        let states: Result<Vec<Execution>, Error> = states.into_iter().collect();
        assert!(is_success(states.unwrap().last().unwrap()), "{dialect:?}");

        fail([&format!("{execution}/follow"), execution]);
        let lines: Vec<_> = client.logs().follow_logs_from_execution(&id).stream().collect().await;
        assert_eq!(lines.into_iter().map(Result::unwrap).count(), 15, "{dialect:?}");

        fail([FOLLOW_DEPENDENCIES, execution]);
        let states = follow_dependencies(&client, &id).await;
        assert_eq!(states, [("chatty".to_owned(), StateType::Success)].into(), "{dialect:?}");
    }
}

#[tokio::test]
async fn an_ended_execution_gives_its_end() {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let id = start(&client).await;
        client.executions().wait(&id).await.unwrap();
        let states: Vec<_> = client.executions().follow_execution(&id).stream().collect().await;
        assert!(states.len() == 1 && is_success(states[0].as_ref().unwrap()));
    }
}

#[tokio::test]
async fn silence_opens_another_connection() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "gate").on_run(|_| Outcome::paused());
        let id = client.executions().create_execution(NAMESPACE, "gate").await.unwrap().id;
        let timeouts = Timeouts::default().idle(Duration::from_millis(100));
        let follow = client.executions().follow_execution(&id).timeouts(timeouts).stream().collect();
        let end = async {
            eventually("a stream after a silent one", async || {
                (opened(&server, "executions", "/follow") > 1).then_some(())
            })
            .await;
            client.executions().resume_execution(&id).await.unwrap();
        };
        let (states, ()): (Vec<_>, _) = tokio::join!(follow, end);
        assert!(is_success(states.last().unwrap().as_ref().unwrap()));
    }
}

#[tokio::test]
async fn a_stream_may_be_left_and_a_single_connection_tells_its_cut() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "gate").on_run(|_| Outcome::paused());
        let id = client.executions().create_execution(NAMESPACE, "gate").await.unwrap().id;
        let mut states = client.executions().follow_execution(&id).stream();
        assert!(states.next().await.unwrap().is_ok());
        drop(states);

        server.fail(Fault::cut(Cut::WithinBody).on_path("/api/v1/{tenant}/executions/{id}/follow"));
        let events: Vec<_> = client.executions().follow_execution(&id).events().collect().await;
        assert_eq!(events.last().unwrap().as_ref().unwrap_err().kind(), ErrorKind::Transport);
    }
}

#[tokio::test]
async fn lines_are_neither_lost_nor_doubled() {
    let mut reopened = 0;
    for dialect in Dialect::ALL {
        for seed in 0..4 {
            let (server, client) = serve(dialect).await;
            server.fail(Fault::cut_streams(seed).times(6));
            let id = start(&client).await;
            let mut lines = client.logs().follow_logs_from_execution(&id).stream();
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            while let Some(line) = lines.next().await {
                *counts.entry(line.unwrap().message).or_default() += 1;
            }
            let mut stored: BTreeMap<String, usize> = BTreeMap::new();
            for line in client.logs().list_logs_from_execution(&id).await.unwrap() {
                *stored.entry(line.message).or_default() += 1;
            }
            assert_eq!(counts, stored);
            assert_eq!((counts["same"], counts["line 4"]), (10, 1));
            reopened += opened(&server, "logs", "/follow") - 1;
        }
    }
    assert!(reopened > 0, "none was cut");
}

/// A flow that runs `child`, and waits for it or not.
fn parent(waits: bool) -> String {
    format!(
        "id: parent\nnamespace: {NAMESPACE}\ntasks:\n  - {{id: sub, type: io.kestra.plugin.core.flow.Subflow, \
         namespace: {NAMESPACE}, flowId: child, wait: {waits}}}\n"
    )
}

fn slow_child(duration: &str) -> String {
    format!(
        "id: child\nnamespace: {NAMESPACE}\ntasks: [{{id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: \
         {duration}}}]\n"
    )
}

const FOLLOW_DEPENDENCIES: &str = "/api/v1/{tenant}/executions/{id}/follow-dependencies";

/// Follows to the end what has begun; gives the last state of each flow.
async fn follow_dependencies(client: &Client, id: &str) -> BTreeMap<String, StateType> {
    let mut states = client.executions().follow_execution_dependencies(id).stream();
    let mut last: BTreeMap<String, (usize, StateType)> = BTreeMap::new();
    while let Some(status) = states.next().await {
        let status = status.unwrap();
        let state = status.state.unwrap();
        let seen = last.insert(status.flow_id, (state.histories.len(), state.current));
        assert!(seen.is_none_or(|(states, _)| states < state.histories.len()));
    }
    last.into_iter().map(|(flow, (_, state))| (flow, state)).collect()
}

fn both_succeeded() -> BTreeMap<String, StateType> {
    ["child", "parent"].map(|flow| (flow.to_owned(), StateType::Success)).into()
}

#[tokio::test]
async fn dependencies_are_followed_until_all_have_ended() {
    let mut reopened = 0;
    for dialect in Dialect::ALL {
        for seed in 0..2 {
            let (server, client) = serve(dialect).await;
            server.deploy(chatty().replace("id: chatty", "id: child")).unwrap();
            server.deploy(parent(true)).unwrap();
            server.fail(Fault::cut_streams(seed).times(3));
            let id = client.executions().create_execution(NAMESPACE, "parent").await.unwrap().id;
            assert_eq!(follow_dependencies(&client, &id).await, both_succeeded());
            let opened = opened(&server, "executions", "/follow-dependencies");
            assert_eq!(opened == 0, dialect >= Dialect::V2_0, "it could stop a server of 2.0");
            reopened += opened.saturating_sub(1);
        }
    }
    assert!(reopened > 0, "none was cut");
}

#[tokio::test]
async fn a_silent_stream_of_dependencies_is_closed_for_good() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(slow_child("PT1.5S")).unwrap();
        server.deploy(parent(true)).unwrap();
        let id = client.executions().create_execution(NAMESPACE, "parent").await.unwrap().id;
        let follow = client.executions().follow_execution_dependencies(&id);
        let mut states =
            follow.timeouts(kestra::Timeouts::default().idle(Duration::from_millis(300))).stream();
        let mut last = BTreeMap::new();
        while let Some(status) = states.next().await {
            let status = status.unwrap();
            last.insert(status.flow_id, status.state.unwrap().current);
        }
        assert_eq!(last, both_succeeded());
        let opened = opened(&server, "executions", "/follow-dependencies");
        assert_eq!(opened, usize::from(dialect < Dialect::V2_0));
    }
}

#[tokio::test]
async fn a_flow_that_nobody_executes_keeps_no_follow_open() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(chatty().replace("id: chatty", "id: child")).unwrap();
        // It is executed by itself, so nothing ever comes of the flow that could have started it.
        server.deploy(parent(true)).unwrap();
        let id = client.executions().create_execution(NAMESPACE, "child").await.unwrap().id;
        let follow = client.executions().follow_execution_dependencies(&id);
        let mut states =
            follow.timeouts(kestra::Timeouts::default().idle(Duration::from_millis(300))).stream();
        let mut last = None;
        while let Some(status) = states.next().await {
            let status = status.unwrap();
            assert_eq!(status.execution_id, id);
            last = Some(status.state.unwrap().current);
        }
        assert_eq!(last, Some(StateType::Success));
    }
}

#[tokio::test]
async fn a_server_that_a_stream_of_dependencies_would_stop_is_not_asked_for_one() {
    for dialect in Dialect::ALL {
        let (mut server, client) = serve(dialect).await;
        server.deploy(slow_child("PT0.7S")).unwrap();
        server.deploy(parent(true)).unwrap();
        let executions = client.executions();
        let create = async || executions.create_execution(NAMESPACE, "parent").await.unwrap().id;
        // Whoever deletes whatever execution.
        let deleted = start(&client).await;
        executions.wait(&deleted).await.unwrap();
        executions.delete_execution(&deleted).await.unwrap();

        let id = create().await;
        assert_eq!(follow_dependencies(&client, &id).await, both_succeeded());
        let id = create().await;
        let may_stop = dialect >= Dialect::V2_0;
        let mut events = executions.follow_execution_dependencies(&id).events();
        match events.next().await.unwrap() {
            Err(error) if may_stop => {
                assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No));
                assert!(error.to_string().contains("stream()"), "{error}");
            }
            event => assert!(event.is_ok() && !may_stop, "{event:?}"),
        }
        executions.wait(create().await).await.unwrap();

        // Who insists has it.
        let deleted = create().await;
        executions.delete_execution(&deleted).await.unwrap();
        let id = create().await;
        let insisting = executions.follow_execution_dependencies(&id).unchecked().events();
        let cut = insisting.filter_map(|event| std::future::ready(event.err())).next().await;
        assert_eq!(cut.is_some(), may_stop);
        let created = executions.create_execution(NAMESPACE, "parent").timeout(Duration::from_millis(500));
        assert_eq!(created.await.is_err(), may_stop, "{dialect:?}");
        server.restart().await.unwrap();
        create().await;
    }
}

#[tokio::test]
async fn a_dependency_that_began_and_ended_in_a_cut_is_told() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(chatty().replace("id: chatty", "id: child")).unwrap();
        server.deploy(parent(true)).unwrap();
        // Nothing but the stub comes until all is over.
        server.fail(Fault::cut(Cut::WithinBody).on_path(FOLLOW_DEPENDENCIES));
        server.fail(Fault::status(503).on_path(FOLLOW_DEPENDENCIES).always());
        let id = client.executions().create_execution(NAMESPACE, "parent").await.unwrap().id;
        let follow = follow_dependencies(&client, &id);
        let heal = async {
            client.executions().wait(&id).await.unwrap();
            server.heal();
        };
        assert_eq!(tokio::join!(follow, heal).0, both_succeeded());

        // What a single connection tells then.
        let events: Vec<_> =
            client.executions().follow_execution_dependencies(&id).unchecked().events().collect().await;
        assert!(events.is_empty());
    }
}

#[tokio::test]
async fn a_dependency_outlives_the_execution_that_started_it() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(slow_child("PT0.7S")).unwrap();
        server.deploy(parent(false)).unwrap();
        let id = client.executions().create_execution(NAMESPACE, "parent").await.unwrap().id;
        client.executions().wait(&id).await.unwrap();
        // Others have the same correlation id, and are none of its dependencies.
        let key = client.executions().get_execution(&id).await.unwrap();
        let key = key.labels.get("system.correlationId").unwrap().to_owned();
        let other =
            client.executions().create_execution(NAMESPACE, "chatty").label("system.correlationId", key);
        other.await.unwrap();
        assert_eq!(follow_dependencies(&client, &id).await, both_succeeded());
    }
}
