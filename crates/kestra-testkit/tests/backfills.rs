//! Backfills of schedules: what each version answers in the right and in the wrong state, and what comes of it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::net::SocketAddr;
use std::time::Duration;

use kestra_testkit::{Dialect, TestServer};
use raw::{Answer, ask, create_flow, request, send};
use serde_json::{Value, json};

const RANGE: [&str; 2] = ["2026-01-01T00:00:00Z", "2026-01-03T12:00:00Z"];

/// A server whose backfills start an execution each `interval`, with the flows `a` and `b`.
async fn server(dialect: Dialect, interval: Duration) -> (TestServer, SocketAddr) {
    let server = TestServer::builder().dialect(dialect).backfill_interval(interval).start().await.unwrap();
    let address = server.address();
    for id in ["a", "b"] {
        let source = format!(
            "id: {id}\nnamespace: company.team\ninputs: [{{id: day, type: STRING}}]\n\
             tasks: [{{id: say, type: io.kestra.plugin.core.debug.Return, format: said}}]\n\
             triggers: [{{id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 0 * * *', inputs: {{day: any}}}}]\n"
        );
        assert_eq!(create_flow(address, &source).await.status, 200);
    }
    (server, address)
}

fn trigger(flow: &str) -> Value {
    json!({"tenantId": "main", "namespace": "company.team", "flowId": flow, "triggerId": "daily"})
}

async fn call(address: SocketAddr, method: &str, route: &str, body: &Value) -> Answer {
    let (path, json) = (format!("/api/v1/main/triggers{route}"), [("content-type", "application/json")]);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(address, &request(method, &path, &json, &body)).await.expect("an answer")
}

async fn start(address: SocketAddr, dialect: Dialect, flow: &str, backfill: Value) -> Answer {
    let mut body = trigger(flow);
    body["backfill"] = backfill;
    let route = if dialect == Dialect::V2_0 { "/backfill/create" } else { "" };
    call(address, "PUT", route, &body).await
}

fn range() -> Value {
    json!({"start": RANGE[0], "end": RANGE[1]})
}

#[tokio::test]
async fn a_backfill_without_inputs_takes_those_of_the_schedule() {
    for dialect in Dialect::ALL {
        let (server, address) = server(dialect, Duration::from_millis(5)).await;
        let started = start(address, dialect, "a", range()).await;
        assert_eq!(started.status, 200, "{}", started.body);
        assert_eq!(started.json()["backfill"].get("inputs"), None);
        let flow = server.flow("company.team", "a");
        let state = "/api/v1/main/triggers/company.team/a";
        for _ in 0..1000 {
            if ask(address, "GET", state).await.unwrap().json()["results"][0].get("backfill").is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let ran = flow.executions();
        // Before 2.0 the start itself is left out.
        assert_eq!(ran.len(), if dialect == Dialect::V2_0 { 3 } else { 2 }, "{dialect:?}");
        assert!(ran.iter().all(|execution| execution.inputs["day"] == "any"));
        assert!(server.flow("company.team", "b").executions().is_empty());
    }
}

#[tokio::test]
async fn one_backfill_is_paused_resumed_and_deleted() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect, Duration::from_secs(600)).await;
        assert_eq!(start(address, dialect, "a", range()).await.status, 200);
        let routes = [("PUT", "pause", true), ("PUT", "pause", true), ("PUT", "unpause", false)];
        for (method, action, paused) in routes {
            let answer = call(address, method, &format!("/backfill/{action}"), &trigger("a")).await;
            assert_eq!(
                (answer.status, &answer.json()["backfill"]["paused"]),
                (200, &json!(paused)),
                "{action}"
            );
        }
        let second = start(address, dialect, "a", range()).await;
        let taken = dialect != Dialect::V2_0;
        assert_eq!(second.status, if taken { 200 } else { 409 }, "before 2.0 the second replaces the first");

        let deleted = call(address, "POST", "/backfill/delete", &trigger("a")).await;
        assert_eq!((deleted.status, deleted.json().get("backfill")), (200, None));
        for (method, action) in [("PUT", "pause"), ("PUT", "unpause"), ("POST", "delete")] {
            let route = format!("/backfill/{action}");
            let without = call(address, method, &route, &trigger("a")).await;
            assert_eq!(
                without.status,
                if taken { 400 } else { 200 },
                "{dialect:?} {action}: there is no backfill"
            );
            let mut missing = trigger("a");
            missing["triggerId"] = json!("nope");
            assert_eq!(call(address, method, &route, &missing).await.status, 404);
        }
    }
}

#[tokio::test]
async fn an_action_on_many_counts_triggers_without_a_backfill_on_2_0_only() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect, Duration::from_secs(600)).await;
        assert_eq!(start(address, dialect, "a", range()).await.status, 200);
        let (status, name, all) =
            if dialect == Dialect::V2_0 { (202, "totalItems", 2) } else { (200, "count", 1) };
        let both = json!([trigger("a"), trigger("b")]);
        for (action, of) in [("pause", &both), ("unpause", &both), ("delete", &both)] {
            let named = call(address, "POST", &format!("/backfill/{action}/by-triggers"), of).await;
            assert_eq!((named.status, &named.json()[name]), (status, &json!(all)), "{dialect:?} {action}");
        }
        assert_eq!(start(address, dialect, "a", range()).await.status, 200, "the first one is deleted");
        let filter = "by-query?filters[namespace][EQUALS]=company.team";
        for action in ["pause", "unpause", "delete"] {
            let found = call(address, "POST", &format!("/backfill/{action}/{filter}"), &Value::Null).await;
            assert_eq!((found.status, &found.json()[name]), (status, &json!(all)), "{dialect:?} {action}");
        }
        let again = call(address, "POST", &format!("/backfill/delete/{filter}"), &Value::Null).await;
        assert_eq!(again.json()[name], if dialect == Dialect::V2_0 { 2 } else { 0 });
    }
}

#[tokio::test]
async fn a_range_is_checked_in_the_way_of_each_version() {
    for dialect in Dialect::ALL {
        let (server, address) = server(dialect, Duration::from_millis(5)).await;
        let unstarted = start(address, dialect, "a", json!({"end": RANGE[1]})).await;
        assert_eq!(unstarted.status, if dialect == Dialect::V2_0 { 409 } else { 400 });
        let reversed = start(address, dialect, "a", json!({"start": RANGE[1], "end": RANGE[0]})).await;
        assert_eq!(reversed.status, 200);
        // 2.0 leaves an empty range away, 1.x shows it until its scheduler looks.
        assert_eq!(reversed.json().get("backfill").is_some(), dialect != Dialect::V2_0);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(server.flow("company.team", "a").executions().is_empty());
    }
}
