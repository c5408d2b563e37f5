//! Create or update, whichever is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::{CallOptions, Client, Deployed, Error, ErrorKind};
use kestra_testkit::{Dialect, Fault, TestServer};
use support::{FLOW, flow_of, once, seen};

async fn all_versions() -> Vec<(TestServer, Client)> {
    let mut all = Vec::new();
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = once(server.url()).build().unwrap();
        all.push((server, client));
    }
    all
}

#[tokio::test]
async fn creates_updates_and_leaves() -> Result<(), Error> {
    for (server, client) in all_versions().await {
        let flows = client.flows();
        let (created, what) = flows.deploy(FLOW).outcome().await?;
        assert_eq!((what, created.revision), (Deployed::Created, Some(1)));

        server.clear_requests();
        let (same, what) = flows.deploy(FLOW).outcome().await?;
        assert_eq!((what, same.revision), (Deployed::Unchanged, Some(1)));
        assert!(!seen(&server).iter().any(|request| request.starts_with("PUT")));

        let (updated, what) = flows.deploy(flow_of(3000)).outcome().await?;
        assert_eq!((what, updated.revision), (Deployed::Updated, Some(2)));
        assert_eq!(updated.source, flow_of(3000));
    }
    Ok(())
}

#[tokio::test]
async fn never_sends_what_hangs_a_server() -> Result<(), Error> {
    for (server, client) in all_versions().await {
        server.fail(Fault::early_errors_hang());
        client.flows().deploy(flow_of(60_000)).timeout(Duration::from_secs(5)).await?;
        client.flows().deploy(flow_of(60_001)).timeout(Duration::from_secs(5)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_source_is_said() {
    for (server, client) in all_versions().await {
        for (source, said) in [
            (
                "id: hello\nnamespace: company.team\ntasks:\n  - id: a\n    type: io.kestra.nope\n",
                "io.kestra.nope",
            ),
            ("namespace: company.team\ntasks: []\n", "source"),
            ("", "source"),
        ] {
            let error = client.flows().deploy(source).await.expect_err(server.url());
            assert!(error.to_string().contains(said), "{:?} {source:?}: {error}", server.dialect());
        }
        let two = format!("{FLOW}---\n{}", FLOW.replace("hello", "other"));
        let error = client.flows().deploy(two).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains("exactly one"), "{error}");
        assert!(!seen(&server).contains(&"POST /api/v1/main/flows".to_owned()));
    }
}

#[tokio::test]
async fn options_hold_for_all_its_calls() -> Result<(), Error> {
    let (server, client) = support::embedded().await;
    let options = CallOptions::new().header("x-release", "7");
    client.flows().deploy(FLOW).options(options).tenant("main").await?;
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request.header("x-release") == Some("7")));
    Ok(())
}

#[tokio::test]
async fn has_one_limit_in_time() {
    let (server, client) = support::embedded().await;
    server.fail(Fault::delay(Duration::from_millis(200)).always());
    // Each of its four calls would be in time by itself.
    let error = client.flows().deploy(FLOW).timeout(Duration::from_millis(500)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(server.requests().len() < 4);
}
