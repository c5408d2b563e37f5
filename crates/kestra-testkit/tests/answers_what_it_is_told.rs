//! Stub answers, the log of requests, credentials, and what isn't served.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use kestra_core::{OperationInfo, Route, Version, Versions};
use kestra_testkit::{Dialect, TestServer};
use raw::{ask, request, send};
use serde_json::json;

#[tokio::test]
async fn a_stubbed_response_goes_before_the_route() {
    let server = TestServer::start().await.expect("a server");
    let path = "/api/v1/{tenant}/kv";
    server.stub("GET", path).status(201).header("x-own", "yes").json(&json!({"results": [], "total": 0}));
    let answer = ask(server.address(), "GET", "/api/v1/main/kv").await.expect("an answer");
    assert_eq!((answer.status, answer.json()["total"].clone()), (201, json!(0)));
    assert_eq!(answer.header("x-own").as_deref(), Some("yes"));

    server.stub("GET", path).body("text/plain", "twice").times(2);
    let mut bodies = Vec::new();
    for _ in 0..3 {
        bodies.push(ask(server.address(), "GET", "/api/v1/main/kv").await.expect("an answer").body);
    }
    assert_eq!(bodies[..2], ["twice", "twice"]);
    assert!(bodies[2].starts_with('{'));
}

const OLD: Versions = Versions::until(Version::new(2, 0, 0));
const NEW: Versions = Versions::since(Version::new(2, 0, 0));
static MOVED: OperationInfo = OperationInfo::new(
    "create_backfill",
    "triggers",
    &[
        Route::put("/api/v1/{tenant}/triggers/backfill/create", NEW),
        Route::put("/api/v1/{tenant}/triggers", OLD),
    ],
);

#[tokio::test]
async fn an_operation_is_answered_where_the_version_has_it() {
    let paths =
        [(Dialect::V1_3, "/api/v1/main/triggers"), (Dialect::V2_0, "/api/v1/main/triggers/backfill/create")];
    for (dialect, path) in paths {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        server.stub_operation(&MOVED).json(&json!({"disabled": false}));
        assert_eq!(ask(server.address(), "PUT", path).await.expect("an answer").json()["disabled"], false);
    }
}

#[tokio::test]
async fn what_is_not_served_is_501_and_what_is_nowhere_404() {
    let server = TestServer::start().await.expect("a server");
    let answer = ask(server.address(), "GET", "/api/v1/main/cluster/services/x").await.expect("an answer");
    assert_eq!(answer.status, 501);
    assert!(answer.json()["message"].as_str().expect("a message").contains("testkit"), "{}", answer.body);
    assert_eq!(ask(server.address(), "GET", "/api/v1/main/nothing").await.expect("an answer").status, 404);
    assert_eq!(ask(server.address(), "GET", "/nothing").await.expect("an answer").status, 404);
}

#[tokio::test]
async fn requests_are_remembered_as_they_came() {
    let server = TestServer::start().await.expect("a server");
    let sent = request(
        "POST",
        "/api/v1/main/flows/validate?x=a%20b&x=c",
        &[("content-type", "application/x-yaml")],
        "id: a",
    );
    send(server.address(), &sent).await.expect("an answer");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/v1/main/flows/validate"));
    assert_eq!(request.query_value("x"), Some("a b"));
    assert_eq!(request.query.len(), 2);
    assert_eq!(request.header("content-type"), Some("application/x-yaml"));
    assert_eq!(request.text(), "id: a");
    server.clear_requests();
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn credentials_are_asked_for_but_not_everywhere() {
    let server = TestServer::builder()
        .basic_auth("ada@example.com", "Secret123")
        .token("tok")
        .start()
        .await
        .expect("a server");
    let status = async |authorization: &str, path: &str| {
        let headers = [("authorization", authorization)];
        let sent = request("GET", path, if authorization.is_empty() { &[] } else { &headers }, "");
        send(server.address(), &sent).await.expect("an answer").status
    };
    let search = "/api/v1/main/flows/search";
    // ada@example.com:Secret123
    assert_eq!(status("Basic YWRhQGV4YW1wbGUuY29tOlNlY3JldDEyMw==", search).await, 200);
    assert_eq!(status("Bearer tok", search).await, 200);
    assert_eq!(status("Bearer other", search).await, 401);
    assert_eq!(status("Basic %%%", search).await, 401);
    assert_eq!(status("", search).await, 401);
    assert_eq!(status("", "/api/v1/configs").await, 200);
    assert_eq!(status("", "/ping").await, 200);

    let refused = ask(server.address(), "GET", search).await.expect("an answer");
    assert_eq!(refused.header("www-authenticate").as_deref(), Some("Basic"));
    assert!(refused.body.is_empty());
}

#[tokio::test]
async fn the_version_is_the_dialects_or_ones_own() {
    for (dialect, version) in [(Dialect::V1_0, "1.0.3"), (Dialect::V1_3, "1.3.25"), (Dialect::V2_0, "2.0.0")]
    {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        let configs = ask(server.address(), "GET", "/api/v1/configs").await.expect("an answer").json();
        assert_eq!(configs["version"], version);
    }
    let server = TestServer::builder().version("2.1.0-SNAPSHOT").start().await.expect("a server");
    let configs = ask(server.address(), "GET", "/api/v1/configs").await.expect("an answer").json();
    assert_eq!(configs["version"], "2.1.0-SNAPSHOT");
}

#[tokio::test]
async fn a_long_request_line_is_413_and_another_tenant_400() {
    let server = TestServer::start().await.expect("a server");
    let long = format!("/api/v1/main/flows/search?x={}", "x".repeat(4096));
    assert_eq!(ask(server.address(), "GET", &long).await.expect("an answer").status, 413);
    assert_eq!(
        ask(server.address(), "GET", "/api/v1/other/flows/search").await.expect("an answer").status,
        400
    );
    let wrong = ask(server.address(), "PATCH", "/api/v1/main/flows/search").await.expect("an answer");
    assert_eq!(wrong.status, 405);
    assert!(wrong.header("allow").expect("a header").contains("GET"));
}

#[tokio::test]
async fn a_connection_is_kept_and_ends_with_the_server() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = TestServer::start().await.expect("a server");
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.expect("a connection");
    for _ in 0..2 {
        stream.write_all(request("GET", "/ping", &[], "").as_bytes()).await.expect("a write");
        assert_eq!(raw::read(&mut stream).await.expect("an answer").body, "pong");
    }
    drop(server);
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(raw::PATIENCE, stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok());
}
