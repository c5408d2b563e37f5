//! Following the log entries of many executions, on servers of all lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod on_server;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use kestra::models::{LogEntry, LogLevel};
use kestra::{Client, Filter, TailLogs};
use kestra_testkit::{Cut, Dialect, Fault};
use on_server::{ended, server};

const PAUSE: Duration = Duration::from_millis(20);

/// A flow that writes two lines alike and a warning.
fn flow(namespace: &str, id: &str) -> String {
    format!(
        "id: {id}\nnamespace: {namespace}\ntasks:\n  - {{id: log, type: io.kestra.plugin.core.log.Log, message: [same, same]}}\n  - \
         {{id: warn, type: io.kestra.plugin.core.log.Log, level: WARN, message: careful}}\n"
    )
}

fn tail(client: &Client) -> TailLogs {
    client.logs().tail().poll_interval(PAUSE).visible_within(Duration::from_secs(2))
}

async fn start(client: &Client, namespace: &str, id: &str) -> String {
    let id = client.executions().create_execution(namespace, id).await.unwrap().id;
    ended(client, &id).await;
    id
}

/// How often each execution wrote each message, as far as the stream tells until it was silent for a while.
async fn read(
    entries: &mut (impl futures_util::Stream<Item = Result<LogEntry, kestra::Error>> + Unpin),
    number: usize,
) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..number {
        let entry = entries.next().await.unwrap().unwrap();
        *counts.entry((entry.execution_id, entry.message)).or_default() += 1;
    }
    let more = tokio::time::timeout(PAUSE * 10, entries.next()).await;
    assert!(more.is_err(), "one too many: {more:?}");
    counts
}

#[tokio::test]
async fn entries_of_a_namespace_come_once_through_outages() {
    for dialect in Dialect::ALL {
        let (mut server, client) = server(dialect).await;
        for namespace in ["company.team", "company.team.below", "company.other"] {
            server.deploy(flow(namespace, "chatty")).unwrap();
        }
        let earlier = start(&client, "company.team", "chatty").await;
        let begun = client.logs().list_logs_from_execution(&earlier).await.unwrap()[0].timestamp.unwrap();
        let mut entries = tail(&client).namespace("company.team").since(begun).stream();
        let mut counts = read(&mut entries, 3).await;

        let mut ids = vec![earlier];
        for round in 0..3 {
            server.fail(Fault::status(503).on_path("/api/v1/{tenant}/logs/search").times(2));
            server.fail(Fault::cut(Cut::WithinBody).on_path("/api/v1/{tenant}/logs/search"));
            start(&client, "company.other", "chatty").await;
            for namespace in ["company.team", "company.team.below"] {
                ids.push(start(&client, namespace, "chatty").await);
            }
            if round == 1 {
                server.restart().await.unwrap();
            }
            counts.append(&mut read(&mut entries, 6).await);
        }
        for id in &ids {
            let of = |message: &str| counts.get(&(id.clone(), message.to_owned())).copied();
            assert_eq!((of("same"), of("careful")), (Some(2), Some(1)), "{dialect:?} {counts:?}");
        }
        assert_eq!(counts.len(), 2 * ids.len(), "others came, too: {counts:?}");
    }
}

#[tokio::test]
async fn filters_select_and_the_past_ends_if_asked() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(flow("company.team", "chatty")).unwrap();
        server.deploy(flow("company.team", "other")).unwrap();
        // Older than what a search finds by itself.
        let old = start(&client, "company.team", "chatty").await;
        server.age_executions(Duration::from_hours(30 * 24));
        let new = start(&client, "company.team", "chatty").await;
        start(&client, "company.team", "other").await;

        let since = kestra::jiff::Timestamp::now() - kestra::jiff::SignedDuration::from_hours(31 * 24);
        let past = tail(&client)
            .filter(Filter::flow_id().equals("chatty"))
            .min_level(LogLevel::Warn)
            .since(since)
            .follow(false)
            .stream();
        let past: Vec<_> = past.collect().await;
        let found: Vec<_> = past.into_iter().map(|entry| entry.unwrap().execution_id).collect();
        assert_eq!(found, [old, new], "{dialect:?}");
    }
}
