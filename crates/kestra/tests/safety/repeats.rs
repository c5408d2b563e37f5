use std::time::Duration;

use kestra::operations::DeleteFlowRevisions;
use kestra::{Client, Error, Filter, RequestSent, Retry};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{NAMESPACE, flow, serve};

fn eager(server: &TestServer) -> Client {
    let retry = Retry::standard().backoff(Duration::from_millis(1), Duration::from_millis(5));
    Client::builder().server(server.url()).retry(retry).build().unwrap()
}

fn creations(server: &TestServer) -> usize {
    server.requests().iter().filter(|request| request.method == "POST").count()
}

#[tokio::test]
async fn a_queued_creation_is_not_repeated() -> Result<(), Error> {
    let server = TestServer::builder()
        .without_executor()
        .wait_timeout(Duration::from_millis(20))
        .start()
        .await
        .unwrap();
    server.deploy(flow("hello")).unwrap();
    let client = eager(&server);
    let error = client.executions().create_execution(NAMESPACE, "hello").await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(504));
    assert_eq!((error.attempts(), error.request_sent()), (1, RequestSent::Yes));
    assert!(error.hint().is_some_and(|hint| hint.contains("queued")), "{error:#}");
    assert_eq!(creations(&server), 1);
    // Said to be harmless, it is repeated, and each is queued.
    let again = client.executions().create_execution(NAMESPACE, "hello").idempotent(true).await;
    assert!(again.unwrap_err().attempts() > 1);
    assert!(creations(&server) > 2);
    Ok(())
}

#[tokio::test]
async fn a_webhook_starts_work_even_by_get() {
    let server = TestServer::start().await.unwrap();
    server.fail(Fault::status(503).on("GET", "/api/v1/{tenant}/executions/webhook/**").always());
    server.fail(Fault::status(503).on("GET", "/api/v1/{tenant}/flows/search").always());
    let client = eager(&server);
    let hook = client.executions().trigger_execution_by_get_webhook(NAMESPACE, "hello", "key").await;
    assert_eq!(hook.unwrap_err().attempts(), 1);
    // Another GET is repeated.
    assert!(client.flows().search_flows().await.unwrap_err().attempts() > 1);
}

#[tokio::test]
async fn a_webhook_that_is_repeated_starts_another_execution() -> Result<(), Error> {
    for (idempotent, executions) in [(false, 1), (true, 2)] {
        let server = TestServer::start().await.unwrap();
        server.deploy(crate::HOOK).unwrap();
        server.fail(Fault::cut(Cut::AfterProcessing).on("GET", "/api/v1/{tenant}/executions/webhook/**"));
        let client = eager(&server);
        let call = client.executions().trigger_execution_by_get_webhook(NAMESPACE, "hook", "opens");
        let answer = call.idempotent(idempotent).await;
        assert_eq!(answer.is_ok(), idempotent);
        assert_eq!(crate::executions(&client).await?, Some(executions));
    }
    Ok(())
}

#[tokio::test]
async fn a_request_line_that_is_too_long_names_the_limit() {
    let (server, client) = serve(Dialect::V2_0).await;
    let ids = (0..400).map(|number| format!("execution-{number}"));
    let error =
        client.executions().search_executions().filter(Filter::flow_id().is_in(ids)).await.unwrap_err();
    assert_eq!(error.request_sent(), RequestSent::No);
    assert!(error.to_string().contains("4096"), "{error}");
    assert!(server.requests().iter().all(|request| request.path == "/api/v1/configs"));

    // The server's own answer names neither the request nor the limit.
    let line = format!("GET /api/v1/main/flows/search?q={} HTTP/1.1", "x".repeat(4100));
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    let request = format!("{line}\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("/bad-request") && !answer.contains("4096"), "{answer}");
}

#[tokio::test]
async fn revisions_that_one_line_does_not_hold_are_deleted_in_turn() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    for number in 0..400 {
        let source = flow("hello").replace("tasks:", &format!("description: number {number}\ntasks:"));
        server.deploy(&source).unwrap();
    }
    let at_once = DeleteFlowRevisions::new(NAMESPACE, "hello", 1..400).into_request().unwrap_err();
    assert!(at_once.to_string().contains("4096"), "{at_once}");
    client.flows().delete_flow_revisions(NAMESPACE, "hello", 1..400).timeout(Duration::MAX).await?;
    let deletions = server.requests().iter().filter(|request| request.method == "DELETE").count();
    assert_eq!(deletions, 2);
    assert_eq!(client.flows().list_flow_revisions(NAMESPACE, "hello").await?.len(), 1);
    Ok(())
}
