//! Each fault, seen from the other end of the wire.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::time::{Duration, Instant};

use kestra_testkit::{Cut, Fault, TestServer};
use raw::{ask, create_flow, read, request, send};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

const SEARCH: &str = "/api/v1/main/flows/search";
const FLOW: &str = "id: hello\nnamespace: company.team\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n";

#[tokio::test]
async fn a_status_comes_as_often_as_asked_with_retry_after_and_body() {
    let server = TestServer::start().await.expect("a server");
    server.fail(
        Fault::status(503).retry_after(1).body("busy").times(2).on("GET", "/api/v1/{tenant}/flows/search"),
    );
    for _ in 0..2 {
        let answer = ask(server.address(), "GET", SEARCH).await.expect("an answer");
        assert_eq!((answer.status, answer.body.as_str()), (503, "busy"));
        assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    }
    assert_eq!(ask(server.address(), "GET", SEARCH).await.expect("an answer").status, 200);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_delay_takes_its_time() {
    let server = TestServer::start().await.expect("a server");
    server.fail(Fault::delay(Duration::from_millis(80)));
    let begin = Instant::now();
    assert_eq!(ask(server.address(), "GET", SEARCH).await.expect("an answer").status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_cut_before_or_after_reading_does_nothing() {
    let server = TestServer::start().await.expect("a server");
    for cut in [Cut::BeforeRead, Cut::AfterRead] {
        server.fail(Fault::cut(cut).on("POST", "/api/v1/main/flows"));
        let yaml = [("content-type", "application/x-yaml")];
        let answer = send(server.address(), &request("POST", "/api/v1/main/flows", &yaml, FLOW)).await;
        assert!(answer.is_none(), "{cut:?}: {answer:?}");
    }
    let found =
        ask(server.address(), "GET", "/api/v1/main/flows/company.team/hello").await.expect("an answer");
    assert_eq!(found.status, 404);
}

#[tokio::test]
async fn a_cut_after_processing_has_done_what_was_asked() {
    let server = TestServer::start().await.expect("a server");
    server.fail(Fault::cut(Cut::AfterProcessing));
    let yaml = [("content-type", "application/x-yaml")];
    assert!(send(server.address(), &request("POST", "/api/v1/main/flows", &yaml, FLOW)).await.is_none());
    let found =
        ask(server.address(), "GET", "/api/v1/main/flows/company.team/hello").await.expect("an answer");
    assert_eq!(found.status, 200);
}

#[tokio::test]
async fn a_cut_connection_answers_nothing_at_all() {
    let server = TestServer::start().await.expect("a server");
    server.fail(Fault::cut(Cut::Connection));
    assert!(ask(server.address(), "GET", SEARCH).await.is_none());
    assert_eq!(ask(server.address(), "GET", SEARCH).await.expect("an answer").status, 200);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_body_breaks_off_half_way() {
    let server = TestServer::start().await.expect("a server");
    server.fail(Fault::cut(Cut::WithinBody));
    let answer = ask(server.address(), "GET", SEARCH).await.expect("a head");
    assert_eq!(answer.status, 200);
    assert!(answer.cut);
    let length: usize = answer.header("content-length").expect("a length").parse().expect("a number");
    assert!(answer.body.len() < length);
}

#[tokio::test]
async fn a_malformed_body_is_complete_and_no_json() {
    let server = TestServer::start().await.expect("a server");
    server.fail(Fault::malformed());
    let answer = ask(server.address(), "GET", SEARCH).await.expect("an answer");
    assert!(!answer.cut);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_err(), "{}", answer.body);
}

#[tokio::test]
async fn an_early_error_hangs_when_the_body_comes_later() {
    let server = TestServer::start().await.expect("a server");
    create_flow(server.address(), FLOW).await;
    let path = "/api/v1/main/flows/company.team/missing";
    let source = FLOW.replace("hello", "missing");
    let whole = request("PUT", path, &[("content-type", "application/x-yaml")], &source);
    let (head, body) = whole.split_once("\r\n\r\n").expect("a head");

    // Without the fault it makes no difference, nor with it in one write.
    assert_eq!(apart(&server, head, body).await, Some(404));
    server.fail(Fault::early_errors_hang());
    assert_eq!(send(server.address(), &whole).await.expect("an answer").status, 404);
    assert_eq!(apart(&server, head, body).await, None);

    // More than the first read takes is as bad as two writes.
    let long = request(
        "PUT",
        path,
        &[("content-type", "application/x-yaml")],
        &format!("{source}{}", "#".repeat(3000)),
    );
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    stream.write_all(long.as_bytes()).await.expect("a write");
    assert!(timeout(Duration::from_millis(200), read(&mut stream)).await.is_err());

    // A connection that was used before hangs with a small body in one write as well.
    let mut used = TcpStream::connect(server.address()).await.expect("a connection");
    let search = request("GET", SEARCH, &[], "");
    used.write_all(search.as_bytes()).await.expect("a write");
    assert_eq!(read(&mut used).await.expect("an answer").status, 200);
    used.write_all(request("PUT", path, &[("content-type", "application/x-yaml")], &source).as_bytes())
        .await
        .expect("a write");
    assert!(timeout(Duration::from_millis(200), read(&mut used)).await.is_err());

    // What succeeds doesn't hang.
    let path = "/api/v1/main/flows/company.team/hello";
    let whole = request("PUT", path, &[("content-type", "application/x-yaml")], FLOW);
    let (head, body) = whole.split_once("\r\n\r\n").expect("a head");
    assert_eq!(apart(&server, head, body).await, Some(200));
    server.heal();
}

/// The status of a request whose body comes after its head; nothing if it isn't answered.
async fn apart(server: &TestServer, head: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.expect("a write");
    tokio::time::sleep(Duration::from_millis(30)).await;
    stream.write_all(body.as_bytes()).await.expect("a write");
    let answer = timeout(Duration::from_millis(300), read(&mut stream)).await.ok()??;
    Some(answer.status)
}

#[tokio::test]
async fn what_comes_in_one_write_is_read_at_once() {
    let server = TestServer::start().await.expect("a server");
    create_flow(server.address(), FLOW).await;
    let reads: Vec<usize> = server.requests().iter().map(|request| request.reads).collect();
    assert_eq!(reads, [1]);
}

#[tokio::test]
async fn a_hanging_server_never_answers() {
    let server = TestServer::start().await.expect("a server");
    server.fail(Fault::hang());
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    stream.write_all(request("GET", SEARCH, &[], "").as_bytes()).await.expect("a write");
    assert!(timeout(Duration::from_millis(150), read(&mut stream)).await.is_err());
}
