//! The search in sources of 2.0, and what replacing in them does to flows.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::net::SocketAddr;

use kestra_testkit::{Dialect, TestServer};
use raw::{Answer, ask, create_flow, request, send};
use serde_json::{Value, json};

fn source(id: &str, more: &str) -> String {
    format!(
        "id: {id}\nnamespace: company.team\n{more}tasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: Old log\n"
    )
}

async fn server() -> (TestServer, SocketAddr) {
    let server = TestServer::builder().dialect(Dialect::V2_0).start().await.unwrap();
    let address = server.address();
    for source in [source("b", ""), source("a", ""), source("fixed", "labels: {system.readOnly: true}\n")] {
        let created = create_flow(address, &source).await;
        assert_eq!(created.status, 200, "{}", created.body);
    }
    (server, address)
}

async fn search(address: SocketAddr, query: &str) -> Answer {
    ask(address, "GET", &format!("/api/v1/main/flows/source?{query}")).await.unwrap()
}

async fn replace(address: SocketAddr, how: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/main/flows/source/replace/{how}");
    let json = [("content-type", "application/json")];
    send(address, &request("POST", &path, &json, &body.to_string())).await.unwrap()
}

async fn stored(address: SocketAddr, id: &str) -> Value {
    let path = format!("/api/v1/main/flows/company.team/{id}?source=true");
    ask(address, "GET", &path).await.unwrap().json()
}

fn reasons(outcome: &Value) -> Vec<&str> {
    outcome["skipped"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect()
}

fn named(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"namespace": "company.team", "id": id})).collect()
}

#[tokio::test]
async fn a_search_tells_lines_and_columns() {
    let (_server, address) = server().await;
    let found = search(address, "q=old&wholeWord=true&scope=TASKS").await.json();
    assert_eq!(found["total"], 3);
    let first = json!({
        "namespace": "company.team",
        "id": "a",
        "editable": true,
        "matches": [{"line": 6, "column": 13, "snippet": "    message: [mark]Old[/mark] log"}],
    });
    assert_eq!(found["results"][0], first);
    assert_eq!(found["results"][2]["editable"], false);
    for (query, total) in [
        ("q=old&caseSensitive=true", 0),
        ("q=ol&wholeWord=true", 0),
        ("q=o.d", 0),
        ("q=o.d&regex=true", 3),
        ("q=old&scope=INPUTS", 0),
        ("q=old&namespace=company", 3),
        ("q=old&namespace=comp", 0),
        ("q=", 0),
        ("", 3),
    ] {
        assert_eq!(search(address, query).await.json()["total"], total, "{query}");
    }
    assert_eq!(search(address, "q=(&regex=true").await.status, 400);
    assert_eq!(search(address, "q=old&scope=tasks").await.status, 422);
}

#[tokio::test]
async fn a_preview_changes_nothing() {
    let (_server, address) = server().await;
    let body = json!({"query": "old", "replacement": "new"});
    let preview = replace(address, "preview", &body).await.json();
    assert_eq!(
        (&preview["totalMatches"], &preview["totalFlows"], &preview["editableFlowCount"]),
        (&json!(3), &json!(3), &json!(2))
    );
    let line = json!([{"line": 6, "before": "    message: Old log", "after": "    message: new log"}]);
    assert_eq!(preview["flows"][0]["matches"], line);
    assert_eq!(stored(address, "a").await["revision"], 1);
    for wrong in [json!({"query": " ", "replacement": ""}), json!({"query": "a"})] {
        assert_eq!(replace(address, "preview", &wrong).await.status, 422, "{wrong}");
    }
    let group = json!({"query": "old", "regex": true, "replacement": "$1"});
    assert_eq!(replace(address, "preview", &group).await.status, 400);
}

#[tokio::test]
async fn a_replacement_makes_revisions_or_says_why_not() {
    let (_server, address) = server().await;
    let flows = named(&["a", "fixed", "gone"]);
    let body = json!({"query": "(old)", "regex": true, "replacement": "<$1>", "flows": flows});
    let outcome = replace(address, "apply", &body).await.json();
    assert_eq!(outcome["updated"][0]["revision"], 2);
    assert_eq!(reasons(&outcome), ["READ_ONLY", "NOT_FOUND"]);
    assert_eq!(stored(address, "a").await["source"], source("a", "").replace("Old", "<Old>"));
    assert_eq!(stored(address, "b").await["revision"], 1, "it wasn't named");

    let again = json!({"query": "nothing", "replacement": "x", "flows": named(&["a"])});
    assert_eq!(reasons(&replace(address, "apply", &again).await.json()), ["NO_CHANGE"]);
    let broken = json!({"query": "tasks:", "replacement": "nothing:", "flows": named(&["a"])});
    let outcome = replace(address, "apply", &broken).await.json();
    assert_eq!(reasons(&outcome), ["INVALID_FLOW"]);
    assert!(outcome["skipped"][0]["message"].is_string());
    let moved = json!({"query": "id: b", "replacement": "id: c", "flows": named(&["b"])});
    assert_eq!(reasons(&replace(address, "apply", &moved).await.json()), ["INVALID_FLOW"]);
}

#[tokio::test]
async fn one_match_is_replaced_by_line_and_column() {
    let (_server, address) = server().await;
    let body = |line: i64, column: i64| json!({"namespace": "company.team", "id": "a", "query": "log", "replacement": "text", "line": line, "column": column});
    for (line, column) in [(6, 16), (0, 17), (99, 17), (6, -1)] {
        let outcome = replace(address, "line", &body(line, column)).await.json();
        assert_eq!(reasons(&outcome), ["NO_MATCH"], "{line}:{column}");
    }
    let outcome = replace(address, "line", &body(6, 17)).await.json();
    assert_eq!((&outcome["updated"][0]["revision"], &outcome["skipped"]), (&json!(2), &json!([])));
    assert_eq!(stored(address, "a").await["source"], source("a", "").replace("Old log", "Old text"));
}

#[tokio::test]
async fn a_replacement_with_deleted_deletes() {
    let (_server, address) = server().await;
    let body = json!({"query": "tasks:", "replacement": "deleted: true\ntasks:", "flows": named(&["a"])});
    let outcome = replace(address, "apply", &body).await.json();
    assert_eq!(outcome["updated"][0]["deleted"], true);
    assert_eq!(ask(address, "GET", "/api/v1/main/flows/company.team/a").await.unwrap().status, 404);
    assert_eq!(stored(address, "b").await["revision"], 1);
}

#[tokio::test]
async fn servers_before_2_0_have_no_replacing() {
    let server = TestServer::builder().dialect(Dialect::V1_3).start().await.unwrap();
    let body = json!({"query": "a", "replacement": "b"});
    assert!(matches!(replace(server.address(), "preview", &body).await.status, 404 | 405));
}
