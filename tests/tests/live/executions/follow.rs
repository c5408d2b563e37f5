//! Executions, what depends on them, and their logs are followed to the end.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use kestra::Filter;
use kestra::models::{Execution, LogEntry, State, StateType};

use crate::server::{eventually, on_every_server};

const CHATTY: &str = r#"
tasks:
  - {id: one, type: io.kestra.plugin.core.log.Log, message: ["line one", "same", "same"]}
  - {id: rest, type: io.kestra.plugin.core.flow.Sleep, duration: PT0.3S}
  - {id: two, type: io.kestra.plugin.core.log.Log, level: WARN, message: "line two"}
"#;

#[tokio::test]
async fn every_state_comes_once_and_in_order() {
    on_every_server(async |site| {
        site.deploy("chatty", CHATTY).await;
        let executions = site.client.executions();
        let id = executions.create_execution(&site.namespace, "chatty").await.unwrap().id;
        let states: Vec<_> = executions.follow_execution(&id).stream().collect().await;
        let states: Vec<Execution> = states.into_iter().collect::<Result<_, _>>().unwrap();
        let last = states.last().unwrap();
        assert_eq!(last.state.as_ref().unwrap().current, StateType::Success);
        assert_eq!(last.task_runs().len(), 3);
        assert!(states.iter().all(|state| !state.flow_id.is_empty()), "a stub was given");
        let before = &states[..states.len() - 1];
        assert!(before.windows(2).all(|pair| pair[0].progress() < pair[1].progress()), "{states:?}");

        let again: Vec<_> = executions.follow_execution(&id).stream().collect().await;
        assert_eq!(again.len(), 1, "one that has ended gives its end");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_not_followed_for_ever() {
    on_every_server(async |site| {
        let nobody = "1Hh2Ii3Jj4Kk5Ll6Mm7Nn8";
        let mut states = site.client.executions().follow_execution(nobody).stream();
        assert!(states.next().await.unwrap().unwrap_err().is_not_found());
        assert!(states.next().await.is_none());
        let mut lines = site.client.logs().follow_logs_from_execution(nobody).stream();
        assert!(lines.next().await.unwrap().unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn a_stream_may_be_left() {
    on_every_server(async |site| {
        site.deploy("waits", "tasks: [{id: wait, type: io.kestra.plugin.core.flow.Pause}]").await;
        let executions = site.client.executions();
        let id = executions.create_execution(&site.namespace, "waits").await.unwrap().id;
        let mut states = executions.follow_execution(&id).stream();
        assert!(states.next().await.unwrap().is_ok());
        drop(states);
        site.until(&id, State::is_paused).await;
    })
    .await;
}

#[tokio::test]
async fn no_line_of_a_log_is_lost_or_doubled() {
    on_every_server(async |site| {
        site.deploy("chatty", CHATTY).await;
        let id = site.client.executions().create_execution(&site.namespace, "chatty").await.unwrap().id;
        let logs = site.client.logs();
        let mut lines = logs.follow_logs_from_execution(&id).stream();
        let mut followed = Vec::new();
        while let Some(line) = lines.next().await {
            followed.push(line.unwrap());
        }
        let stored = logs.list_logs_from_execution(&id).await.unwrap();
        assert_eq!(counts(&followed), counts(&stored));
        assert_eq!((counts(&stored)["same"], counts(&stored)["line two"]), (2, 1));

        let loud = logs.list_logs_from_execution(&id).filter(Filter::level().at_least("WARN")).await.unwrap();
        assert_eq!(loud.len(), 1, "{loud:?}");
        let mut lines =
            logs.follow_logs_from_execution(&id).filter(Filter::level().at_least("WARN")).stream();
        assert_eq!(lines.next().await.unwrap().unwrap().message, "line two");
        assert!(lines.next().await.is_none());
    })
    .await;
}

fn counts(lines: &[LogEntry]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line.message.as_str()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn subflows_are_followed_with_it() {
    on_every_server(async |site| {
        site.deploy("chatty", CHATTY).await;
        let rest = format!(
            "tasks: [{{id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: {}, flowId: chatty, wait: true}}]",
            site.namespace
        );
        site.deploy("parent", &rest).await;
        // The server has to know that one depends on the other, which it finds out in the background; 1.0 perhaps never.
        let known = async || {
            let found = site.client.flows().get_flow_dependencies(&site.namespace, "parent").await.unwrap();
            (found.nodes.len() == 2).then_some(())
        };
        if site.is_since(1, 3) {
            eventually("the dependency is known", known).await;
        }
        let executions = site.client.executions();
        let id = executions.create_execution(&site.namespace, "parent").await.unwrap().id;
        let mut states = executions.follow_execution_dependencies(&id).stream();
        let mut last = BTreeMap::new();
        while let Some(status) = states.next().await {
            let status = status.unwrap();
            last.insert(status.flow_id, status.state.unwrap().current);
        }
        assert!(last.values().all(|state| *state == StateType::Success), "{last:?}");
        if site.is_since(1, 3) {
            assert!(last.contains_key("parent") && last.contains_key("chatty"), "{last:?}");
        }
    })
    .await;
}
