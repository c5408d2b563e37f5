//! Logs are read, searched, downloaded and deleted.

use std::time::Duration;

use kestra::Filter;
use kestra::models::{LogLevel, State};

use crate::folder::Folder;
use crate::server::{eventually, on_every_server};

const CHATTY: &str = "
tasks:
  - {id: one, type: io.kestra.plugin.core.log.Log, message: first line}
  - {id: two, type: io.kestra.plugin.core.log.Log, level: WARN, message: second line}
";

#[tokio::test]
async fn lines_are_found_and_filtered() {
    on_every_server(async |site| {
        site.deploy("chatty", CHATTY).await;
        let ended = site.started("chatty", State::is_terminal).await;
        let (id, logs) = (ended.id, site.client.logs());
        let lines = eventually("both lines", async || {
            let lines = logs.list_logs_from_execution(&id).await.unwrap();
            (lines.len() == 2).then_some(lines)
        })
        .await;
        assert_eq!(lines[0].message, "first line");
        assert_eq!(
            (lines[1].level.as_ref(), Some(lines[1].task_id.as_str())),
            (Some(&LogLevel::Warn), Some("two"))
        );
        let ours = || Filter::namespace().equals(&site.namespace);
        for (filters, expected) in [
            (vec![ours()], 2),
            (vec![ours(), Filter::level().at_least("WARN")], 1),
            (vec![ours(), Filter::query("first")], 1),
            (vec![ours(), Filter::flow_id().equals("chatty")], 2),
            (vec![Filter::execution_id().equals(&id)], 2),
            (vec![ours(), Filter::flow_id().equals("none")], 0),
        ] {
            let found = logs.search_logs().filters(filters.clone()).items().collect().await.unwrap();
            assert_eq!(found.len(), expected, "{filters:?}");
        }
        let folder = Folder::new("live-logs");
        let saved = logs.download_logs_from_execution(&id).await.unwrap();
        let saved = saved.to_file(folder.path().join("logs.txt")).await.unwrap();
        assert!(std::fs::read_to_string(saved).unwrap().contains("second line"));
        let text = logs.download_logs_from_execution(&id).await.unwrap();
        let text = String::from_utf8(text.bytes().await.unwrap().to_vec()).unwrap();
        assert!(text.contains("first line") && text.contains("second line"), "{text}");

        let mut text = logs.download_logs_from_execution(&id).await.unwrap().lines();
        let mut found = Vec::new();
        while let Some(line) = text.next().await {
            found.push(line.unwrap());
        }
        assert!(found.len() >= 2 && found.iter().any(|line| line.ends_with("first line")), "{found:?}");

        logs.delete_logs_from_execution(&id).await.unwrap();
        eventually("they are gone", async || {
            logs.list_logs_from_execution(&id).await.unwrap().is_empty().then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn lines_of_all_executions_are_followed() {
    on_every_server(async |site| {
        site.deploy("chatty", CHATTY).await;
        let client = &site.client;
        // Nothing was written into this namespace before, so an early time makes up for clocks that differ.
        let since = kestra::jiff::Timestamp::now() - kestra::jiff::SignedDuration::from_hours(1);
        let tail = client.logs().tail().namespace(&site.namespace).since(since);
        let mut lines = tail.poll_interval(Duration::from_millis(500)).stream();
        for _ in 0..3 {
            let id = client.executions().create_execution(&site.namespace, "chatty").await.unwrap().id;
            let mut found = Vec::new();
            while found.len() < 2 {
                let line = tokio::time::timeout(Duration::from_mins(1), lines.next()).await;
                let line = line.expect("a line within a minute").unwrap().unwrap();
                assert_eq!(line.execution_id, id);
                found.push(line.message);
            }
            found.sort();
            assert_eq!(found, ["first line", "second line"]);
        }
        // What comes twice comes soon after.
        let more = tokio::time::timeout(Duration::from_secs(2), lines.next()).await;
        assert!(more.is_err(), "{more:?}");
    })
    .await;
}
