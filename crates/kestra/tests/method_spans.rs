//! The span of a method of several calls is above the spans of its calls, and has the ids that it is about.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::{Client, Error};
use kestra_testkit::{Outcome, TestServer};
use support::{FLOW, Trace, Traces};
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

const METHOD: &str = "kestra::method";

/// The fields of a span whose values are strings, in one line.
fn ids(trace: &Trace) -> String {
    let get = |name: &str| trace.fields.get(name).map_or("-", String::as_str);
    let (namespace, flow) = (get("kestra.namespace"), get("kestra.flow.id"));
    format!("{} {namespace} {flow} {}", get("otel.name"), get("kestra.execution.id"))
}

fn methods(traces: &Traces) -> Vec<String> {
    traces.of(METHOD).iter().map(ids).collect()
}

async fn server() -> TestServer {
    let server = TestServer::start().await.unwrap();
    server.flow("company.team", "hello").on_run(|_| Outcome::success(serde_json::json!({})));
    server.flow("company.team", "broken").on_run(|_| Outcome::failed("no"));
    server
}

#[tokio::test]
async fn methods_have_a_span_with_ids_above_their_calls() -> Result<(), Error> {
    let traces = Traces::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    let server = server().await;
    let client = Client::builder().server(server.url()).build()?;

    let started = client.executions().start("company.team", "hello").await?;
    let id = started.id().to_owned();
    started.wait().await?;
    let outer = tracing::info_span!(target: "outer", "outer");
    let run = client.executions().run("company.team", "hello").into_future().instrument(outer).await?;
    assert_eq!(
        methods(&traces),
        [
            format!("start company.team hello {id}"),
            format!("wait company.team hello {id}"),
            format!("run company.team hello {}", run.id()),
        ]
    );
    let parents: Vec<_> = traces.of(METHOD).into_iter().map(|method| method.parent).collect();
    assert_eq!(parents, [None, None, Some("outer".to_owned())]);
    let calls = traces.of("kestra::call");
    assert!(calls.len() >= 4 && calls.iter().all(|call| call.parent.as_deref() == Some(METHOD)), "{calls:?}");
    Ok(())
}

#[tokio::test]
async fn deployments_syncs_and_backups_have_one_too() -> Result<(), Error> {
    let traces = Traces::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    let server = server().await;
    let client = Client::builder().server(server.url()).build()?;
    let folder = std::env::temp_dir().join(format!("kestra-method-spans-{}", std::process::id()));

    client.flows().deploy(FLOW).await?;
    client.flows().sync_sources([FLOW]).await?.check()?;
    client.kv().sync("company.team", [("a", "b")]).await?.check()?;
    client.namespaces().backup("company.team", &folder).await?.check()?;
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        methods(&traces),
        [
            "deploy company.team hello -",
            "sync - - -",
            "sync company.team - -",
            "backup company.team - -",
            "sync_down company.team - -",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn failures_and_cancellations_mark_the_span() -> Result<(), Error> {
    let traces = Traces::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    let server = server().await;
    let client = Client::builder().server(server.url()).build()?;
    client.executions().run("company.team", "broken").await.unwrap_err();
    client.executions().start("company.team", "missing").await.unwrap_err();
    server.fail(kestra_testkit::Fault::hang().always());
    let limit = Duration::from_millis(50);
    tokio::time::timeout(limit, client.executions().wait("some").into_future()).await.unwrap_err();

    let spans = traces.of(METHOD);
    let of = |name: &str| -> Vec<_> {
        spans.iter().map(|span| span.fields.get(name).cloned().unwrap_or_default()).collect()
    };
    assert_eq!(of("error.type"), ["execution_failed", "404", ""]);
    assert_eq!(of("otel.status_code"), ["ERROR", "ERROR", ""]);
    assert_eq!(of("kestra.cancelled"), ["", "", "true"]);
    Ok(())
}

#[tokio::test]
async fn ids_can_be_left_out() -> Result<(), Error> {
    let traces = Traces::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    let server = server().await;
    let client = Client::builder().server(server.url()).span_ids(false).build()?;
    client.executions().run("company.team", "hello").await?;
    client.flows().deploy(FLOW).await?;
    assert_eq!(methods(&traces), ["run - - -", "deploy - - -"]);
    Ok(())
}
