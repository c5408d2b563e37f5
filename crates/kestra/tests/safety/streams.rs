use std::time::Duration;

use http::Request;
use http_body_util::BodyExt as _;
use kestra::{Client, Error, ErrorKind};
use kestra_testkit::{Cut, Dialect, Fault, Outcome, TestServer};
use serde_json::json;

use crate::{NAMESPACE, support};

async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let patience = Duration::from_millis(100);
    let server =
        TestServer::builder().dialect(dialect).missing_execution_timeout(patience).start().await.unwrap();
    let client = support::once(server.url()).build().unwrap();
    (server, client)
}

/// What the server itself sends when an execution is followed: the status, the text, and whether it was cut off.
async fn raw(client: &Client, id: &str) -> Result<(u16, String, bool), Error> {
    let follow = Request::get(format!("/api/v1/main/executions/{id}/follow"))
        .header("accept", "text/event-stream")
        .body("")
        .unwrap();
    let response = client.request(follow).await?;
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut text = String::new();
    loop {
        match body.frame().await {
            Some(Ok(frame)) => text.push_str(&String::from_utf8_lossy(&frame.into_data().unwrap())),
            end => return Ok((status, text, end.is_some())),
        }
    }
}

#[tokio::test]
async fn an_execution_that_is_not_there_is_a_success_of_the_server_and_an_error_of_ours() -> Result<(), Error>
{
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (_server, client) = serve(dialect).await;
        let (status, text, cut) = raw(&client, "nowhere").await?;
        assert_eq!((status, cut), (200, true));
        assert!(text.contains("id: start") && !text.contains("id: end"), "{text}");

        let mut states = client.executions().follow_execution("nowhere").stream();
        assert!(states.next().await.unwrap().unwrap_err().is_not_found());
    }
    Ok(())
}

#[tokio::test]
async fn the_first_event_is_a_stub_that_is_not_given_out() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({})));
        let id = client.executions().run(NAMESPACE, "job").await?.id().to_owned();
        let (_, text, _) = raw(&client, &id).await?;
        let first = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        assert!(first.contains(&id) && !first.contains("\"state\""), "{first}");

        let mut states = client.executions().follow_execution(&id).stream();
        while let Some(execution) = states.next().await {
            assert!(execution?.state.is_some());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_cut_is_no_end() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server
            .flow(NAMESPACE, "job")
            .on_run(|_| Outcome::success(json!({})).after(Duration::from_millis(100)));
        let id = client.executions().create_execution(NAMESPACE, "job").await?.id;
        let follow = "/api/v1/{tenant}/executions/{id}/follow";
        server.fail(Fault::cut(Cut::WithinBody).on_path(follow));
        let mut events = client.executions().follow_execution(&id).events();
        let mut last = None;
        while let Some(event) = events.next().await {
            last = Some(event);
        }
        assert_eq!(last.unwrap().unwrap_err().kind(), ErrorKind::Transport);

        // The stream goes on in another connection, to the end.
        server.fail(Fault::cut(Cut::WithinBody).on_path(follow));
        let mut states = client.executions().follow_execution(&id).stream();
        let mut last = None;
        while let Some(execution) = states.next().await {
            last = Some(execution?);
        }
        assert!(last.unwrap().state.unwrap().is_terminal());
    }
    Ok(())
}
