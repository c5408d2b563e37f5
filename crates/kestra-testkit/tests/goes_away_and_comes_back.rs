//! Servers that stop, are late, and cut streams.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::time::Duration;

use kestra_testkit::{Dialect, FalseEnd, Fault, Shutdown, TestServer};
use raw::{Answer, ask, create_flow, request, send};
use serde_json::json;
use tokio::net::TcpStream;

const FLOW: &str = "id: hello\nnamespace: company.team\ntasks:\n  - id: nap\n    type: io.kestra.plugin.core.flow.Sleep\n    duration: PT0.05S\n";
const CREATE: &str = "/api/v1/main/executions/company.team/hello";

async fn json(server: &TestServer, method: &str, path: &str, body: &str) -> Answer {
    let request = request(method, path, &[("content-type", "application/json")], body);
    send(server.address(), &request).await.expect("an answer")
}

#[tokio::test]
async fn a_stopped_server_refuses_connections_and_comes_back_as_it_was() {
    let mut server = TestServer::start().await.expect("a server");
    create_flow(server.address(), FLOW).await;
    let mut open = TcpStream::connect(server.address()).await.expect("a connection");
    server.stop().await;
    assert!(raw::read(&mut open).await.is_none(), "the connection is cut");
    assert!(TcpStream::connect(server.address()).await.is_err());
    server.restart().await.expect("the port");
    let found =
        ask(server.address(), "GET", "/api/v1/main/flows/company.team/hello").await.expect("an answer");
    assert_eq!(found.status, 200);
}

#[tokio::test]
async fn what_is_late_happens_after_a_504() {
    let server = TestServer::start().await.expect("a server");
    create_flow(server.address(), FLOW).await;
    server.fail(Fault::late(Duration::from_millis(80)).on("POST", CREATE));
    assert_eq!(ask(server.address(), "POST", CREATE).await.expect("an answer").status, 504);
    assert!(server.executions_of("company.team", "hello").is_empty());
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(server.executions_of("company.team", "hello").len(), 1);
}

#[tokio::test]
async fn streams_break_at_the_same_places_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = TestServer::start().await.expect("a server");
        create_flow(server.address(), FLOW).await;
        let created = ask(server.address(), "POST", CREATE).await.expect("an answer").json();
        let id = created["id"].as_str().expect("an id");
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.fail(Fault::cut_streams(7));
        let path = format!("/api/v1/main/executions/{id}/follow");
        let mut cuts = Vec::new();
        for _ in 0..12 {
            let asked = request("GET", &path, &[("connection", "close")], "");
            cuts.push(send(server.address(), &asked).await.expect("a head").cut);
        }
        // Other answers aren't cut.
        assert_eq!(ask(server.address(), "GET", "/api/v1/main/flows/search").await.expect("one").status, 200);
        runs.push(cuts);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&true) && runs[0].contains(&false), "{:?}", runs[0]);
}

#[tokio::test]
async fn old_executions_are_only_found_by_date() {
    let server = TestServer::start().await.expect("a server");
    create_flow(server.address(), FLOW).await;
    ask(server.address(), "POST", CREATE).await.expect("an answer");
    server.age_executions(Duration::from_secs(9 * 24 * 60 * 60));
    let total = async |query: &str| {
        let path = format!("/api/v1/main/executions/search{query}");
        ask(server.address(), "GET", &path).await.expect("an answer").json()["total"].clone()
    };
    assert_eq!(total("").await, json!(0));
    assert_eq!(total("?filters[startDate][GREATER_THAN]=2000-01-01T00:00:00Z").await, json!(1));
}

#[tokio::test]
async fn a_backfill_runs_to_its_end() {
    let schedule = format!(
        "{FLOW}triggers:\n  - id: yearly\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: \"0 0 1 1 *\"\n"
    );
    let backfill = json!({"start": "2020-01-01T00:00:00Z", "end": "2022-06-01T00:00:00Z",
        "labels": [{"key": "backfill", "value": "yes"}]});
    let body =
        json!({"namespace": "company.team", "flowId": "hello", "triggerId": "yearly", "backfill": backfill});
    // 1.x leaves out a time that is the start itself.
    for (dialect, path, runs) in [
        (Dialect::V2_0, "/api/v1/main/triggers/backfill/create", 3),
        (Dialect::V1_3, "/api/v1/main/triggers", 2),
    ] {
        let interval = Duration::from_millis(5);
        let server =
            TestServer::builder().dialect(dialect).backfill_interval(interval).start().await.expect("one");
        create_flow(server.address(), &schedule).await;
        assert_eq!(json(&server, "PUT", path, &body.to_string()).await.status, 200);
        let mut state = json!({"backfill": {}});
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let found = ask(server.address(), "GET", "/api/v1/main/triggers/company.team/hello").await;
            state = found.expect("an answer").json()["results"][0].clone();
            if state.get("backfill").is_none() {
                break;
            }
        }
        assert!(state.get("backfill").is_none(), "{state}");
        let executions = server.executions_of("company.team", "hello");
        assert_eq!(executions.len(), runs, "{dialect:?}");
        assert!(executions.iter().all(|one| one.state == "SUCCESS" && one.label("backfill") == Some("yes")));
    }
}

#[tokio::test]
async fn a_first_start_wants_credentials_to_be_set() {
    let server = TestServer::builder().first_start().start().await.expect("a server");
    let search = "/api/v1/main/flows/search";
    assert_eq!(ask(server.address(), "GET", search).await.expect("an answer").status, 401);
    let body = json!({"username": "ada@example.com", "password": "Secret123"}).to_string();
    assert_eq!(json(&server, "POST", "/api/v1/main/basicAuth", &body).await.status, 204);
    let basic = [("authorization", "Basic YWRhQGV4YW1wbGUuY29tOlNlY3JldDEyMw==")];
    let answer = send(server.address(), &request("GET", search, &basic, "")).await.expect("an answer");
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn keys_and_files_are_kept() {
    let server = TestServer::start().await.expect("a server");
    let key = "/api/v1/main/namespaces/company/kv/answer";
    let put = request("PUT", key, &[("content-type", "text/plain")], "{\"a\": 42}");
    assert_eq!(send(server.address(), &put).await.expect("an answer").status, 200);
    let found = ask(server.address(), "GET", key).await.expect("an answer").json();
    assert_eq!((&found["type"], &found["value"]), (&json!("JSON"), &json!({"a": 42})));
    let folder = "/api/v1/main/namespaces/company/files/directory?path=/docs";
    assert_eq!(ask(server.address(), "POST", folder).await.expect("an answer").status, 200);
    let list = ask(server.address(), "GET", "/api/v1/main/namespaces/company/files/directory?path=/").await;
    assert_eq!(list.expect("an answer").json()[0]["fileName"], json!("docs"));
}

#[tokio::test]
async fn flows_read_secrets_and_lists_name_them() {
    let server = TestServer::builder().secret("TOKEN", "hush").start().await.expect("a server");
    let source = FLOW.replace("io.kestra.plugin.core.flow.Sleep", "io.kestra.plugin.core.debug.Return");
    let source = source.replace("duration: PT0.05S", "format: \"{{ secret('TOKEN') }}\"")
        + "outputs:\n  - id: told\n    type: STRING\n    value: \"{{ outputs.nap.value }}\"\n";
    create_flow(server.address(), &source).await;
    ask(server.address(), "POST", &format!("{CREATE}?wait=true")).await.expect("an answer");
    let executions = server.executions_of("company.team", "hello");
    assert_eq!(executions[0].outputs["told"], json!("hush"));
    let secrets = ask(server.address(), "GET", "/api/v1/main/secrets").await.expect("an answer").json();
    assert_eq!(secrets["results"], json!([{"key": "TOKEN"}]));
}

#[tokio::test]
async fn it_goes_down_as_real_servers_do() {
    let search = "/api/v1/main/flows/search";
    for style in [Shutdown::Unanswered, Shutdown::DatabaseClosed, Shutdown::HangingWrites] {
        let mut server = TestServer::start().await.expect("a server");
        create_flow(server.address(), &FLOW.replace("PT0.05S", "PT30S")).await;
        let created = ask(server.address(), "POST", CREATE).await.expect("an answer").json();
        let path = format!("/api/v1/main/executions/{}/follow", created["id"].as_str().expect("an id"));
        let asked = request("GET", &path, &[], "");
        let address = server.address();
        let follow = tokio::spawn(async move { send(address, &asked).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.shutdown(style);
        assert!(follow.await.expect("a task").expect("a head").cut, "{style:?}: streams break off");

        let creation = ask_for(&server, "POST", CREATE).await;
        let read = ask_for(&server, "GET", search).await;
        let done = server.executions_of("company.team", "hello").len();
        match style {
            Shutdown::Unanswered => assert_eq!((creation, read, done), (Some(None), Some(None), 2)),
            Shutdown::DatabaseClosed => {
                assert_eq!((creation, read, done), (Some(Some(500)), Some(Some(500)), 1));
                assert_eq!(ask_for(&server, "GET", "/api/v1/configs").await, Some(Some(200)));
            }
            _ => assert_eq!((creation, read, done), (None, Some(Some(200)), 2)),
        }
        server.restart().await.expect("the port");
        assert_eq!(ask_for(&server, "GET", search).await, Some(Some(200)), "{style:?}");
    }
}

#[tokio::test]
async fn a_2_0_server_goes_down_when_dependencies_are_followed_after_a_deletion() {
    let child = FLOW.replace("PT0.05S", "PT30S").replace("id: hello", "id: child");
    let parent = "id: hello\nnamespace: company.team\ntasks:\n  - {id: sub, type: io.kestra.plugin.core.flow.Subflow, \
                  namespace: company.team, flowId: child, wait: true}\n";
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        create_flow(server.address(), &child).await;
        create_flow(server.address(), parent).await;
        let create = async || {
            let created = ask(server.address(), "POST", CREATE).await.expect("an answer").json();
            format!("/api/v1/main/executions/{}", created["id"].as_str().expect("an id"))
        };
        let follow = async |path: String| {
            let asked = request("GET", &format!("{path}/follow-dependencies"), &[], "");
            let cut = tokio::time::timeout(Duration::from_secs(1), send(server.address(), &asked)).await;
            cut.ok().map(|answer| answer.expect("a head").cut)
        };
        assert_eq!(follow(create().await).await, None, "it goes on");
        let deleted = ask(server.address(), "DELETE", &create().await).await.expect("an answer");
        assert_eq!(deleted.status, 204);
        let goes_down = dialect >= Dialect::V2_0;
        let path = create().await;
        assert_eq!(follow(path).await, goes_down.then_some(true), "{dialect:?}");
        assert_eq!(ask_for(&server, "POST", CREATE).await.is_none(), goes_down);
    }
}

/// The status; nothing within if the connection was closed, nothing at all if no answer comes.
async fn ask_for(server: &TestServer, method: &str, path: &str) -> Option<Option<u16>> {
    let answer = tokio::time::timeout(Duration::from_secs(2), ask(server.address(), method, path)).await;
    answer.ok().map(|answer| answer.map(|answer| answer.status))
}

#[tokio::test]
async fn a_stream_may_end_with_what_is_no_end_or_break_off_after_what_was_seen() {
    let server = TestServer::start().await.expect("a server");
    create_flow(server.address(), &FLOW.replace("PT0.05S", "PT30S")).await;
    let created = ask(server.address(), "POST", CREATE).await.expect("an answer").json();
    let id = created["id"].as_str().expect("an id");
    let path = format!("/api/v1/main/executions/{id}/follow");
    let follow = || request("GET", &path, &[("connection", "close")], "");
    for (lie, own, state) in
        [(FalseEnd::Running, true, "RUNNING"), (FalseEnd::OtherExecution, false, "SUCCESS")]
    {
        server.fail(Fault::false_end(lie));
        let answer = send(server.address(), &follow()).await.expect("a head");
        let end = answer.body.lines().skip_while(|line| *line != "id: end").nth(1).expect("an end");
        let end: serde_json::Value =
            serde_json::from_str(end.strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!((end["id"] == id, &end["state"]["current"], answer.cut), (own, &json!(state), false));
    }
    server.fail(Fault::cut_streams_after(2));
    let answer = send(server.address(), &follow()).await.expect("a head");
    assert!(answer.cut && answer.body.matches("\nid: ").count() == 2, "{}", answer.body);
}

#[tokio::test]
async fn a_2_0_server_gives_the_first_line_of_a_log_twice() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        let source =
            FLOW.replace("tasks:", "tasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}");
        create_flow(server.address(), &source.replace("PT0.05S", "PT30S")).await;
        let created = ask(server.address(), "POST", CREATE).await.expect("an answer").json();
        let id = created["id"].as_str().expect("an id").to_owned();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.fail(Fault::cut_streams_after(9).or_after_silence(Duration::from_millis(500)));
        let path = format!("/api/v1/main/logs/{id}/follow");
        let answer = send(server.address(), &request("GET", &path, &[], "")).await.expect("a head");
        let times = answer.body.matches("\"message\":\"hi\"").count();
        assert_eq!(times, if dialect == Dialect::V2_0 { 2 } else { 1 }, "{}", answer.body);
    }
}
