//! A body that might arrive late goes only where it is read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::{CallOptions, Error, Timeouts};
use kestra_testkit::{Dialect, Fault, Server};
use support::{FLOW, embedded, flow_of, once, seen};

const PUT: &str = "PUT /api/v1/main/flows/company.team/hello";
const GET: &str = "GET /api/v1/main/flows/company.team/hello";

#[tokio::test]
async fn a_large_update_asks_and_a_small_one_does_not() -> Result<(), Error> {
    let (server, client) = embedded().await;
    client.flows().create_flow(FLOW).await?;
    for (source, expected) in
        [(flow_of(500), &[PUT][..]), (flow_of(2000), &[GET, PUT][..]), (flow_of(60_000), &[GET, PUT][..])]
    {
        server.clear_requests();
        let updated = client.flows().update_flow("company.team", "hello", source.clone()).await?;
        assert_eq!(updated.source.as_ref(), Some(&source));
        assert_eq!(seen(&server), expected);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_to_what_is_missing() {
    let (server, client) = embedded().await;
    server.fail(Fault::early_errors_hang());
    let error = client.flows().update_flow("company.team", "hello", flow_of(2000)).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(error.to_string().starts_with("update_flow"), "{error}");
    assert_eq!(seen(&server), [GET]);
}

#[tokio::test]
async fn nothing_is_sent_to_a_dashboard_that_is_missing() {
    let server = Server::builder().dialect(Dialect::V1_3).start().await.unwrap();
    let client = once(server.url()).build().unwrap();
    server.fail(Fault::early_errors_hang());
    let source = || format!("id: costs\ntitle: Costs\ndescription: {}\ncharts: []\n", "x".repeat(2000));
    let error = client.dashboards().update_dashboard("costs", source()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(seen(&server), ["GET /api/v1/main/dashboards/costs"]);
    // Without the question the server reads the rest of it never.
    let brief = Timeouts::default().attempt(Duration::from_secs(1));
    let update = client.dashboards().update_dashboard("costs", source()).unchecked().timeouts(brief);
    assert!(update.await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn the_question_can_be_left_out() -> Result<(), Error> {
    let (server, client) = embedded().await;
    client.flows().create_flow(FLOW).await?;
    server.clear_requests();
    client.flows().update_flow("company.team", "hello", flow_of(2000)).unchecked().await?;
    let unchecked = client.with_options(CallOptions::new().unchecked());
    unchecked.flows().update_flow("company.team", "hello", flow_of(2001)).await?;
    assert_eq!(seen(&server), [PUT, PUT]);
    Ok(())
}

#[tokio::test]
async fn both_requests_share_options_and_time() -> Result<(), Error> {
    let (server, client) = embedded().await;
    client.flows().create_flow(FLOW).await?;
    server.clear_requests();
    client.flows().update_flow("company.team", "hello", flow_of(2000)).header("x-release", "7").await?;
    assert!(server.requests().iter().all(|request| request.header("x-release") == Some("7")));

    server.fail(Fault::delay(Duration::from_millis(300)).always());
    let late = client
        .flows()
        .update_flow("company.team", "hello", flow_of(2001))
        .timeout(Duration::from_millis(450));
    let error = late.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    server.heal();
    client.flows().update_flow("company.team", "hello", flow_of(2002)).timeout(Duration::MAX).await?;
    client.flows().deploy(flow_of(2003)).timeout(Duration::MAX).await?;
    Ok(())
}
