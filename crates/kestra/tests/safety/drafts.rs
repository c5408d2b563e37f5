use kestra::{Error, ErrorKind};
use kestra_testkit::Dialect;
use serde_json::json;

use crate::{flow, run, serve};

#[tokio::test]
async fn open_source_would_publish_a_draft() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let error = client.flows().create_flow(flow("hello")).draft(true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("open-source Kestra ignores `draft`"), "{error}");
    assert!(server.requests().iter().all(|request| request.path == "/api/v1/configs"));
    client.flows().create_flow(flow("plain")).draft(false).await?;
    // It runs, which no draft does.
    client.flows().create_flow(flow("hello")).draft(true).unchecked().await?;
    run(&client, "hello").await?;
    Ok(())
}

#[tokio::test]
async fn enterprise_keeps_it() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    server.answer("GET", "/api/v1/configs").json(&json!({"version": "2.0.0", "edition": "EE"}));
    client.flows().create_flow(flow("hello")).draft(true).await?;
    assert_eq!(server.requests().pop().unwrap().query_value("draft"), Some("true"));
    Ok(())
}
