//! What no server could read is refused before anything is sent, by the name of what is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use kestra::{CallOptions, Client, Error, ErrorKind, Server, Variable};
use support::{embedded, flow_of};

async fn refused(kind: ErrorKind, said: &str, call: impl AsyncFnOnce(Client) -> Result<(), Error>) {
    let (server, client) = embedded().await;
    let error = call(client).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(said), "{said}: {error}");
    assert_eq!(error.request_sent(), kestra::RequestSent::No);
    assert!(!error.is_retryable());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn paths() {
    for (value, said) in [("", "id: it is empty"), (".", "id: `.` and `..`"), ("..", "id: `.` and `..`")] {
        refused(ErrorKind::Build, said, async |client| {
            client.flows().get_flow("company.team", value).await.map(drop)
        })
        .await;
    }
    refused(ErrorKind::Build, "tenant", async |client| {
        client.flows().get_flow("company.team", "hello").tenant("").await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn headers() {
    refused(ErrorKind::Build, "x-team", async |client| {
        client.flows().search_flows().header("x-team", "a\r\nb").await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn labels_and_breakpoints() {
    for (key, value, said) in
        [("", "data", "no key"), ("team", "", "no value"), ("a:b", "data", "colon"), ("a b", "data", "blank")]
    {
        refused(ErrorKind::Build, said, async |client| {
            client.executions().create_execution("company.team", "hello").label(key, value).await.map(drop)
        })
        .await;
    }
    refused(ErrorKind::Build, "twice", async |client| {
        client.executions().create_execution("a", "b").labels([("team", "x"), ("team", "y")]).await.map(drop)
    })
    .await;
    refused(ErrorKind::Build, "breakpoints", async |client| {
        client.executions().create_execution("a", "b").breakpoints(["a,b"]).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn sizes() {
    refused(ErrorKind::Build, "request line", async |client| {
        let labels = (0..400).map(|number| (format!("label-{number}"), "value".to_owned()));
        client.executions().create_execution("company.team", "hello").labels(labels).await.map(drop)
    })
    .await;
    refused(ErrorKind::Build, "source", async |client| {
        client.flows().create_flow(flow_of(17 * 1024 * 1024)).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn servers() {
    refused(ErrorKind::Server, "index 3 is out of range", async |client| {
        client.flows().search_flows().options(CallOptions::new().server_index(3)).await.map(drop)
    })
    .await;
    for (value, said) in [("ftp", "`ftp` is not allowed"), ("https", "")] {
        let server = Server::new("{scheme}://127.0.0.1:9")
            .variable("scheme", Variable::new("http").allowed(["http", "https"]));
        let client = support::once("http://127.0.0.1:9").servers([server]).build().unwrap();
        let options = CallOptions::new().server_variable("scheme", value);
        let error = client.flows().search_flows().options(options).await.unwrap_err();
        assert_eq!(error.kind() == ErrorKind::Server, value == "ftp", "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn everything_without_a_filter() {
    refused(ErrorKind::Refused, "all()", async |client| {
        client.flows().delete_flows_by_query().await.map(drop)
    })
    .await;
}
