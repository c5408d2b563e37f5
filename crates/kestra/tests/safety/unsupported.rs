use http::Request;
use kestra::{Error, ErrorKind};
use kestra_testkit::{Dialect, TestServer};

use crate::{NAMESPACE, flow, run, serve};

#[tokio::test]
async fn a_route_that_a_version_lacks_is_not_tried() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V1_0).await;
    let error = client.flows().list_deprecated_flows().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("1.3.8") && error.to_string().contains("1.0.3"), "{error}");
    assert!(server.requests().iter().all(|request| request.path == "/api/v1/configs"));
    // The server takes it for the flows of a namespace `deprecated`.
    assert!(client.flows().list_deprecated_flows().any_version().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_action_goes_where_its_version_has_it() -> Result<(), Error> {
    for (dialect, path) in [(Dialect::V1_3, "restart"), (Dialect::V2_0, "actions/restart")] {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        let id = run(&client, "hello").await?;
        let _ = client.executions().restart_execution(&id).await;
        assert_eq!(server.requests().pop().unwrap().path, format!("/api/v1/main/executions/{id}/{path}"));
        if dialect == Dialect::V2_0 {
            // The route of 1.x is the creation of an execution of a flow `restart`.
            let old = Request::post(format!("/api/v1/main/executions/{id}/restart"));
            let error = client.request(old.body("").unwrap()).await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_operation_asks_for_its_own_type_first() {
    let (server, client) = serve(Dialect::V2_0).await;
    let _ = client.executions().kill_execution("none").await;
    let _ = client.files().get_file_content(NAMESPACE, "/a.txt").await;
    let accepted: Vec<String> = server
        .requests()
        .iter()
        .filter(|request| request.path != "/api/v1/configs")
        .map(|request| request.header("accept").unwrap().to_owned())
        .collect();
    assert!(accepted[0].starts_with("text/json"), "{accepted:?}");
    assert!(accepted[1].starts_with("application/octet-stream"), "{accepted:?}");
    assert!(accepted.iter().all(|accept| accept.ends_with("*/*;q=0.1")), "{accepted:?}");
}

#[tokio::test]
async fn a_type_that_a_route_does_not_answer_selects_none() -> Result<(), Error> {
    let (_server, client) = serve(Dialect::V2_0).await;
    client.flows().create_flow(flow("hello")).await?;
    let export = "/api/v1/main/flows/export/by-query?filters[namespace][PREFIX]=company".replace('[', "%5B");
    let export = export.replace(']', "%5D");
    let request = Request::get(&export).header("accept", "application/json").body("").unwrap();
    // The server looks for a flow `by-query` in a namespace `export`.
    assert!(client.request(request).await.unwrap_err().is_not_found());
    let filter = kestra::Filter::namespace().prefix("company");
    let archive = client.flows().export_flows_by_query().filter(filter).await?.bytes().await?;
    assert!(archive.starts_with(b"PK"));
    Ok(())
}

#[tokio::test]
async fn a_patch_may_move_a_route() -> Result<(), Error> {
    for (version, path) in
        [("2.0.0", "mcp/servers"), ("2.0.1", "mcp-servers"), ("2.1.0-SNAPSHOT", "mcp-servers")]
    {
        let server = TestServer::builder().dialect(Dialect::V2_0).version(version).start().await.unwrap();
        let client = crate::support::once(server.url()).build()?;
        client.mcp().list_mcp_servers().await?;
        assert_eq!(server.requests().pop().unwrap().path, format!("/api/v1/main/{path}"));
    }
    Ok(())
}
