//! Compression between a client and a server that compresses as Kestra does.

#![cfg(feature = "gzip")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use http::Request;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use kestra::Client;
use kestra_testkit::TestServer;

const FLOW: &str = "id: hello\nnamespace: company.team\ntasks:\n  - id: a\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n";

/// What the last request to a path with this end said of compression.
fn asked(server: &TestServer, end: &str) -> String {
    let requests = server.requests();
    let last = requests.iter().rev().find(|request| request.path.ends_with(end)).unwrap();
    last.header("accept-encoding").unwrap().to_owned()
}

#[tokio::test]
async fn json_and_logs_are_compressed_and_files_and_events_are_not() {
    let server = TestServer::start().await.unwrap();
    let client = Client::builder().server(server.url()).build().unwrap();
    for number in 0..60 {
        server.deploy(FLOW.replace("hello", &format!("flow-{number}"))).unwrap();
    }
    let flows = client.flows().search_flows().size(100).await.unwrap();
    assert_eq!(flows.results.len(), 60);
    assert_eq!(asked(&server, "/flows/search"), "gzip");

    // A whole run: created, followed, and read.
    let finished = client.executions().run("company.team", "flow-1").await.unwrap();
    assert_eq!(asked(&server, "/follow"), "identity");
    let _ = client.logs().download_logs_from_execution(finished.execution.id).await.unwrap();
    assert_eq!(asked(&server, "/download"), "gzip");

    let content = "x,y\n".repeat(5_000);
    client
        .files()
        .create_namespace_file("company.team", "/a.csv", kestra::FilePart::bytes("a.csv", content.clone()))
        .await
        .unwrap();
    let read =
        client.files().get_file_content("company.team", "/a.csv").await.unwrap().bytes().await.unwrap();
    assert_eq!(read, content);
    assert_eq!(asked(&server, "/files"), "identity");
}

#[tokio::test]
async fn the_server_compresses_what_is_asked_for_and_nothing_else() {
    let server = TestServer::start().await.unwrap();
    let client = Client::builder().server(server.url()).build().unwrap();
    for number in 0..60 {
        server.deploy(FLOW.replace("hello", &format!("flow-{number}"))).unwrap();
    }
    let flows = "/api/v1/main/flows/search?size=100";
    let read = |path: &'static str, coding: &'static str| {
        let request = Request::get(path).header(ACCEPT_ENCODING, coding).body("").unwrap();
        let client = client.clone();
        async move { client.request(request).await.unwrap() }
    };
    let compressed = read(flows, "deflate;q=0.5, gzip").await;
    assert_eq!(compressed.headers()[CONTENT_ENCODING], "gzip");
    let plain = read(flows, "gzip;q=0").await;
    assert!(!plain.headers().contains_key(CONTENT_ENCODING));
    let length = |response: &http::Response<kestra::Body>| -> usize {
        response.headers()[CONTENT_LENGTH].to_str().unwrap().parse().unwrap()
    };
    assert!(length(&compressed) * 5 < length(&plain));
    // What is short isn't worth it.
    let short = read("/api/v1/main/flows/search?size=1", "gzip").await;
    assert!(!short.headers().contains_key(CONTENT_ENCODING));
}
