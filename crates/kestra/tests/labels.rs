//! Labels are replaced or added, and the names of the calls say which.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::models::Labels;
use kestra::{Client, Error, ErrorKind, RequestSent};
use kestra_testkit::{Dialect, TestServer};
use support::{FLOW, once, seen};

const NAMESPACE: &str = "company.team";

/// A server with an execution that has ended, and its id.
async fn ended(dialect: Dialect, delay: Option<Duration>) -> (TestServer, Client, String) {
    let builder = TestServer::builder().dialect(dialect);
    let server = match delay {
        Some(delay) => builder.bulk_delay(delay),
        None => builder,
    };
    let server = server.start().await.unwrap();
    server.deploy(FLOW).unwrap();
    let client = once(server.url()).build().unwrap();
    let run = client.executions().run(NAMESPACE, "hello").label("team", "data").await.unwrap();
    (server, client, run.execution.id)
}

fn own(labels: &Labels) -> Vec<String> {
    let own = labels.iter().filter(|(key, _)| !key.starts_with("system."));
    let mut own: Vec<_> = own.map(|(key, value)| format!("{key}={value}")).collect();
    own.sort();
    own
}

#[tokio::test]
async fn one_call_replaces_and_the_other_adds() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let delay = (dialect == Dialect::V2_0).then_some(Duration::from_millis(300));
        let (_server, client, id) = ended(dialect, delay).await;
        let executions = client.executions();
        let added = executions.add_labels(&id, [("reviewed", "yes"), ("team", "web")]).await?;
        assert_eq!(own(&added.labels), ["reviewed=yes", "team=web"]);
        assert_eq!(own(&executions.get_execution(&id).await?.labels), ["reviewed=yes", "team=web"]);
        executions.set_execution_labels(&id, [("only", "this")]).await?;
        assert_eq!(own(&executions.get_execution(&id).await?.labels), ["only=this"]);
    }
    Ok(())
}

/// A server writes all labels back as it has read them, so of additions at the same moment some are lost.
#[tokio::test]
async fn additions_at_the_same_moment_all_survive() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (_server, client, id) = ended(dialect, None).await;
        let add = |number: usize| {
            let (client, id) = (client.clone(), id.clone());
            tokio::spawn(
                async move { client.executions().add_labels(id, [(format!("n{number}"), "x")]).await },
            )
        };
        for addition in (0..12).map(add).collect::<Vec<_>>() {
            addition.await.unwrap()?;
        }
        let labels = client.executions().get_execution(&id).await?.labels;
        assert_eq!(labels.iter().filter(|(key, _)| key.starts_with('n')).count(), 12, "{labels:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_there_needs_no_addition() -> Result<(), Error> {
    let (server, client, id) = ended(Dialect::V1_3, None).await;
    server.clear_requests();
    client.executions().add_labels(&id, [("team", "data")]).await?;
    assert_eq!(seen(&server), [format!("GET /api/v1/main/executions/{id}")]);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_added_is_refused() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client, id) = ended(dialect, None).await;
        let executions = client.executions();
        server.clear_requests();
        for labels in [vec![("a", "")], vec![("", "a")], vec![("a", "1"), ("a", "2")]] {
            let error = executions.add_labels(&id, labels).await.unwrap_err();
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Build, RequestSent::No));
        }
        assert!(server.requests().is_empty());
        // What servers make of it: the oldest stores an empty value.
        let insisted = executions.add_labels(&id, [("a", ""), ("b", "c")]).unchecked().await?;
        assert_eq!(insisted.labels.contains_key("a"), dialect == Dialect::V1_0);

        let error = executions.add_labels("4bJ", [("a", "b")]).await.unwrap_err();
        assert!(error.is_not_found() && error.execution_id() == Some("4bJ"), "{error}");
        let pausing = FLOW.replace("debug.Return\n    format: hello", "flow.Pause").replace("hello", "waits");
        server.deploy(&pausing).unwrap();
        let paused = executions.create_execution(NAMESPACE, "waits").await?.id;
        let error = executions.add_labels(&paused, [("a", "b")]).await.unwrap_err();
        assert!(error.is_conflict() && error.request_sent() == RequestSent::No, "{error}");
    }
    Ok(())
}
