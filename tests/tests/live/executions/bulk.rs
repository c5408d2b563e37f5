//! Many executions at once.

use std::time::Duration;

use kestra::models::{Label, SetLabelsByIdsRequest, State, StateType};
use kestra::{ErrorKind, Filter};

use crate::server::{Site, eventually, on_every_server};

const FAILS: &str = "tasks: [{id: stop, type: io.kestra.plugin.core.execution.Fail}]";
const WAITS: &str = "tasks: [{id: wait, type: io.kestra.plugin.core.flow.Pause}]";

async fn several(site: &Site, flow: &str, wanted: impl Fn(&State) -> bool) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(site.client.executions().create_execution(&site.namespace, flow).await.unwrap().id);
    }
    for id in &ids {
        site.until(id, &wanted).await;
    }
    ids
}

#[tokio::test]
async fn those_that_cannot_take_part_are_left_out_and_reported() {
    on_every_server(async |site| {
        site.deploy("fails", FAILS).await;
        let mut ids = several(site, "fails", State::is_terminal).await;
        ids.insert(1, "1Hh2Ii3Jj4Kk5Ll6Mm7Nn8".to_owned());
        let executions = site.client.executions();
        let error = executions.restart_executions_by_ids(ids.clone()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "one stops all: {error}");

        let report = executions.restart_executions_by_ids(ids.clone()).skipping_invalid().await.unwrap();
        assert_eq!((report.total(), report.skipped.len(), report.is_complete()), (3, 1, false), "{report:?}");
        assert_eq!(report.skipped[0].id, ids[1]);
        for id in ids.iter().filter(|id| **id != ids[1]) {
            site.until(id, |state| {
                state.is_terminal()
                    && state.histories.iter().any(|entry| entry.state == Some(StateType::Restarted))
            })
            .await;
        }
    })
    .await;
}

#[tokio::test]
async fn many_are_paused_resumed_and_killed() {
    on_every_server(async |site| {
        site.deploy("waits", WAITS).await;
        let executions = site.client.executions();
        let ids = several(site, "waits", State::is_paused).await;
        let done = executions.resume_executions_by_ids(ids.clone()).await.unwrap();
        assert_eq!(done.total(), Some(3));
        for id in &ids {
            site.until(id, |state| state.current == StateType::Success).await;
        }
        let ids = several(site, "waits", State::is_paused).await;
        let report = executions
            .kill_executions_by_ids(ids.clone())
            .skipping_invalid()
            .wait_until_visible(Duration::from_secs(20))
            .await
            .unwrap();
        assert!(report.is_complete(), "{report:?}");
        for id in &ids {
            site.until(id, |state| state.current == StateType::Killed).await;
        }
    })
    .await;
}

#[tokio::test]
async fn labels_and_states_are_set_and_replays_started() {
    on_every_server(async |site| {
        site.deploy("fails", FAILS).await;
        let executions = site.client.executions();
        let ids = several(site, "fails", State::is_terminal).await;
        let labels: kestra::models::Labels = [Label::new("batch", "one")].into_iter().collect();
        let request = SetLabelsByIdsRequest::new(labels, ids.clone());
        assert_eq!(executions.set_execution_labels_by_ids(request).await.unwrap().total(), Some(3));
        let ours = || [Filter::namespace().equals(&site.namespace), Filter::label("batch").equals("one")];
        eventually("the labels are found", async || {
            let found = executions.search_executions().filters(ours()).await.unwrap();
            (found.total == Some(3)).then_some(())
        })
        .await;
        let set =
            executions.set_execution_labels_by_query([Label::new("more", "labels")]).filters(ours()).await;
        assert_eq!(set.unwrap().total(), Some(3));
        for id in &ids {
            eventually("the label", async || {
                executions.get_execution(id).await.unwrap().labels.contains_key("more").then_some(())
            })
            .await;
        }
        let changed =
            executions.update_executions_status_by_ids(StateType::Success, ids.clone()).await.unwrap();
        assert_eq!(changed.total(), Some(3));
        for id in &ids {
            site.until(id, |state| state.current == StateType::Success).await;
        }
        assert_eq!(executions.replay_executions_by_ids(ids).await.unwrap().total(), Some(3));
        eventually("the replays are found", async || {
            let all = Filter::namespace().equals(&site.namespace);
            let found = executions.search_executions().filter(all).await.unwrap();
            (found.total == Some(6)).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_query_acts_on_what_it_finds_and_on_nothing_else() {
    on_every_server(async |site| {
        site.deploy("fails", FAILS).await;
        site.deploy("waits", WAITS).await;
        let executions = site.client.executions();
        let failed = several(site, "fails", State::is_terminal).await;
        let paused = several(site, "waits", State::is_paused).await;
        let ours = || Filter::namespace().equals(&site.namespace);
        let found = eventually("all are indexed", async || {
            let search = executions.search_executions().filters([ours(), Filter::state().equals("FAILED")]);
            let found = search.ids().await.unwrap();
            (found.len() == failed.len()).then_some(found)
        })
        .await;
        assert!(found.iter().all(|id| failed.contains(id)));
        let restarted = executions
            .restart_executions_by_query()
            .filters([ours(), Filter::state().equals("FAILED")])
            .await
            .unwrap();
        assert_eq!(restarted.total(), Some(3));
        for id in &failed {
            site.until(id, |state| state.is_terminal() && state.histories.len() > 4).await;
        }
        let kill =
            || executions.kill_executions_by_query().filters([ours(), Filter::state().equals("PAUSED")]);
        assert_eq!(kill().dry_run().await.unwrap(), 3);
        assert_eq!(kill().at_most(2).await.unwrap_err().kind(), ErrorKind::Refused);
        let killed = kill().at_most(3).await.unwrap();
        assert_eq!(killed.total(), Some(3));
        for id in &paused {
            site.until(id, |state| state.current == StateType::Killed).await;
        }
        let deleted = executions.delete_executions_by_query().filter(ours()).await.unwrap();
        assert_eq!(deleted.total(), Some(6));
        eventually("all are gone", async || {
            let left = executions.search_executions().filter(ours()).await.unwrap();
            (left.total == Some(0)).then_some(())
        })
        .await;
        assert_eq!(executions.kill_executions_by_query().await.unwrap_err().kind(), ErrorKind::Refused);
    })
    .await;
}

#[tokio::test]
async fn many_are_deleted_in_pieces() {
    on_every_server(async |site| {
        site.deploy("fails", FAILS).await;
        let ids = several(site, "fails", State::is_terminal).await;
        let executions = site.client.executions();
        let report = executions.delete_executions_by_ids(ids.clone()).chunk_size(2).await.unwrap();
        assert_eq!((report.total(), report.is_complete()), (3, true), "{report:?}");
        for id in &ids {
            eventually("it is gone", async || executions.get_execution(id).await.err()).await;
        }
    })
    .await;
}
