//! Actions on many are seen to be done, whether a server acts before it answers or later.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::models::{
    ExecutionKind, NamespacedId, SetDisabledRequest, SetLabelsByIdsRequest, StateType, TriggerId,
};
use kestra::{BulkReport, Client, ErrorKind, Filter};
use kestra_testkit::{Dialect, TestServer};
use on_server::{NAMESPACE, asked, ended, eventually, failing, flow};
use tokio::time::Instant;

/// How late the server acts.
const DELAY: Duration = Duration::from_millis(150);

/// Far more than it takes.
const LIMIT: Duration = Duration::from_secs(20);

const SLOW: &str = "id: slow\nnamespace: company.team\nconcurrency:\n  limit: 2\n  behavior: QUEUE\ntasks:\n  - id: sleep\n    \
                    type: io.kestra.plugin.core.flow.Sleep\n    duration: PT30S\n";

const PAUSED: &str = "id: paused\nnamespace: company.team\ntasks:\n  - id: pause\n    type: io.kestra.plugin.core.flow.Pause\n";

const SCHEDULED: &str = "id: scheduled\nnamespace: company.team\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    \
                         message: hi\ntriggers:\n  - id: daily\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: \
                         \"0 0 * * *\"\n  - id: hourly\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: \"0 * * * *\"\n";

async fn server(dialect: Dialect, delay: Duration) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).bulk_delay(delay).start().await.unwrap();
    let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
    for source in [&failing("fails"), &flow("hello", "hi"), SLOW, PAUSED, SCHEDULED] {
        server.deploy(source).unwrap();
    }
    (server, client)
}

async fn started(client: &Client, flow: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(client.executions().create_execution(NAMESPACE, flow).await.unwrap().id);
    }
    ids
}

async fn over(client: &Client, flow: &str, count: usize) -> Vec<String> {
    let ids = started(client, flow, count).await;
    for id in &ids {
        ended(client, id).await;
    }
    ids
}

async fn reached(client: &Client, ids: &[String], wanted: &str) {
    for id in ids {
        eventually(&format!("{id} is {wanted}"), async || (state(client, id).await == wanted).then_some(()))
            .await;
    }
}

/// Waits until all were restarted so often, and have ended again.
async fn restarted(client: &Client, ids: &[String], times: usize) {
    for id in ids {
        eventually(&format!("{times} restarts of {id}"), async || {
            let execution = client.executions().get_execution(id).await.unwrap();
            let states = &execution.state.as_ref().unwrap().histories;
            let restarts =
                states.iter().filter(|entry| entry.state.as_ref() == Some(&StateType::Restarted)).count();
            (restarts == times && execution.is_over()).then_some(())
        })
        .await;
    }
}

async fn state(client: &Client, id: &str) -> String {
    let execution = client.executions().get_execution(id).await.unwrap();
    execution.state.unwrap().current.as_str().to_owned()
}

fn all(report: &BulkReport, ids: &[String]) {
    let mut visible = report.visible.clone();
    let mut ids = ids.to_vec();
    visible.sort();
    ids.sort();
    assert_eq!(visible, ids, "{report:?}");
    assert!(report.is_complete() && report.total() == ids.len() as u64, "{report:?}");
}

#[tokio::test]
async fn ended_executions_are_restarted_replayed_labelled_changed_and_deleted() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect, DELAY).await;
        let executions = client.executions();

        let ids = over(&client, "fails", 3).await;
        let begun = Instant::now();
        let report =
            executions.restart_executions_by_ids(ids.clone()).wait_until_visible(LIMIT).await.unwrap();
        assert!(begun.elapsed() >= DELAY);
        all(&report, &ids);
        for id in &ids {
            let execution = executions.get_execution(id).await.unwrap();
            let states = execution.state.unwrap().histories;
            assert!(states.iter().any(|entry| entry.state.as_ref() == Some(&StateType::Restarted)));
        }
        reached(&client, &ids, "FAILED").await;

        let labels = SetLabelsByIdsRequest::new([("team", "data")], ids.clone());
        let report = executions.set_execution_labels_by_ids(labels).wait_until_visible(LIMIT).await.unwrap();
        all(&report, &ids);
        assert_eq!(executions.get_execution(&ids[0]).await.unwrap().labels.get("team"), Some("data"));

        let report = executions
            .update_executions_status_by_ids(StateType::Success, ids.clone())
            .wait_until_visible(LIMIT)
            .await
            .unwrap();
        all(&report, &ids);
        assert_eq!(state(&client, &ids[2]).await, "SUCCESS");

        let ids = over(&client, "hello", 2).await;
        let report =
            executions.replay_executions_by_ids(ids.clone()).wait_until_visible(LIMIT).await.unwrap();
        all(&report, &ids);
        assert_eq!(report.created.len(), 2, "{report:?}");
        for id in &report.created {
            let replay = executions.get_execution(id).await.unwrap();
            assert!(ids.contains(replay.parent_id.as_ref().unwrap()));
            ended(&client, id).await;
        }

        let report =
            executions.delete_executions_by_ids(ids.clone()).wait_until_visible(LIMIT).await.unwrap();
        all(&report, &ids);
        assert_eq!(report.queued, 0, "a deletion is done before it is answered");
    }
}

#[tokio::test]
async fn running_executions_are_unqueued_paused_resumed_forced_and_killed() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect, DELAY).await;
        let executions = client.executions();

        let paused = started(&client, "paused", 2).await;
        reached(&client, &paused, "PAUSED").await;
        let report =
            executions.resume_executions_by_ids(paused.clone()).wait_until_visible(LIMIT).await.unwrap();
        all(&report, &paused);
        assert!(state(&client, &paused[0]).await != "PAUSED");

        let ids = started(&client, "slow", 4).await;
        let (running, queued) = ids.split_at(2);
        reached(&client, running, "RUNNING").await;
        reached(&client, queued, "QUEUED").await;
        let (unqueued, forced) = (vec![queued[0].clone()], vec![queued[1].clone()]);
        let report =
            executions.unqueue_executions_by_ids(unqueued.clone()).wait_until_visible(LIMIT).await.unwrap();
        all(&report, &unqueued);
        let report =
            executions.force_run_executions_by_ids(forced.clone()).wait_until_visible(LIMIT).await.unwrap();
        all(&report, &forced);
        reached(&client, &ids, "RUNNING").await;

        let report =
            executions.pause_executions_by_ids(running.to_vec()).wait_until_visible(LIMIT).await.unwrap();
        all(&report, running);
        let report = executions.kill_executions_by_ids(ids.clone()).wait_until_visible(LIMIT).await.unwrap();
        all(&report, &ids);
        for id in &ids {
            assert_eq!(state(&client, id).await, "KILLED");
        }
    }
}

#[tokio::test]
async fn what_cannot_come_is_not_waited_for() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect, Duration::from_secs(1)).await;
        let ids = started(&client, "slow", 1).await;
        reached(&client, &ids, "RUNNING").await;
        let pause = client
            .executions()
            .pause_executions_by_ids(ids.clone())
            .wait_until_visible(Duration::from_mins(5));
        let kill = async {
            eventually("the pause is asked for", async || {
                (asked(&server, "/pause/by-ids") > 0).then_some(())
            })
            .await;
            client.executions().kill_execution(&ids[0]).await.unwrap();
        };
        let (report, ()) = tokio::join!(pause.into_future(), kill);
        let report = report.unwrap();
        assert_eq!((report.visible.len(), report.not_visible.len()), (0, 1), "{report:?}");
        assert!(report.not_visible[0].reason.contains("ended as KILLED"), "{report:?}");
        let error = report.check().unwrap_err();
        assert_eq!((error.kind(), error.failures()), (ErrorKind::Incomplete, ids.as_slice()), "{error}");
    }
}

#[tokio::test]
async fn the_time_that_it_may_take_is_kept() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect, Duration::from_mins(10)).await;
        let mut ids = over(&client, "fails", 2).await;
        ids.push("1Hh2Ii3Jj4Kk5Ll6Mm7Nn8".to_owned());
        let begun = Instant::now();
        let restart = client.executions().restart_executions_by_ids(ids.clone()).skipping_invalid();
        let report = restart.wait_until_visible(Duration::from_millis(300)).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!((report.total(), report.skipped.len(), report.not_visible.len()), (2, 1, 2), "{report:?}");
        assert_eq!(report.not_visible[0].reason, "it is FAILED");
    }
}

#[tokio::test]
async fn triggers_are_acted_on_in_pieces_until_it_shows() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect, DELAY).await;
        let triggers = client.triggers();
        let named = |name: &str| TriggerId::new(NAMESPACE, "scheduled", name);
        let (both, other) = ([named("daily"), named("hourly")], named("none"));

        for name in ["daily", "hourly"] {
            let backfill = triggers.backfill(NAMESPACE, "scheduled", name);
            let from: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
            backfill.start(from).end("2039-01-01T00:00:00Z".parse().unwrap()).await.unwrap();
        }
        let report = triggers.pause_backfill_by_ids(both.clone()).wait_until_visible(LIMIT).await.unwrap();
        assert!(report.is_complete() && report.visible == both, "{report:?}");
        let report = triggers.unpause_backfill_by_ids(both.clone()).wait_until_visible(LIMIT).await.unwrap();
        assert!(report.is_complete() && report.visible == both, "{report:?}");
        let report = triggers.delete_backfill_by_ids(both.clone()).wait_until_visible(LIMIT).await.unwrap();
        assert!(report.is_complete() && report.visible == both, "{report:?}");

        server.clear_requests();
        let three = [both[0].clone(), other.clone(), both[1].clone()];
        let disable = triggers.set_triggers_disabled_by_ids(SetDisabledRequest::new(true, three));
        let report = disable.chunk_size(2).wait_until_visible(LIMIT).await.unwrap();
        assert_eq!(asked(&server, "/set-disabled/by-triggers"), 2, "{dialect:?}");
        assert_eq!((report.total(), report.visible.as_slice()), (2, both.as_slice()), "{report:?}");
        assert_eq!(report.not_visible[0].id, other);
        let states =
            triggers.search_triggers_for_flow(NAMESPACE, "scheduled").items().collect().await.unwrap();
        assert!(states.iter().all(|state| state.is_disabled()));

        let report = triggers.unlock_triggers_by_ids(both.clone()).wait_until_visible(LIMIT).await.unwrap();
        assert_eq!(report.visible, both, "none of them is locked");

        let delete = triggers.delete_triggers_by_ids(both.clone()).wait_until_visible(LIMIT).await;
        match dialect {
            Dialect::V1_0 => assert_eq!(delete.unwrap_err().kind(), ErrorKind::Unsupported),
            _ => assert_eq!(delete.unwrap().visible, both),
        }
    }
}

#[tokio::test]
async fn flows_that_are_missing_are_named_and_the_others_done() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect, DELAY).await;
        let flows = client.flows();
        let named = |id: &str| NamespacedId::new(NAMESPACE, id);
        let names = ["fails", "none", "hello", "gone", "slow"].map(named);

        let error = flows.disable_flows_by_ids(names.clone()).await.unwrap_err();
        assert!(error.is_not_found(), "a server stops at the first: {error}");
        assert_eq!(flows.get_flow(NAMESPACE, "slow").await.unwrap().disabled, Some(false));

        server.clear_requests();
        let report = flows.disable_flows_by_ids(names.clone()).chunk_size(2).skipping_invalid();
        let report = report.wait_until_visible(LIMIT).await.unwrap();
        // The first was disabled before, and servers count what they change.
        assert_eq!((report.done, report.visible.len(), report.queued), (2, 3, 0), "{report:?}");
        let skipped: Vec<_> = report.skipped.iter().map(|one| one.id.id()).collect();
        assert_eq!(skipped, ["none", "gone"]);
        assert_eq!(asked(&server, "/flows/disable/by-ids"), 3);
        assert_eq!(flows.get_flow(NAMESPACE, "slow").await.unwrap().disabled, Some(true));

        let enabled = flows.enable_flows_by_ids(names[..1].to_vec()).wait_until_visible(LIMIT).await.unwrap();
        assert!(enabled.is_complete());
        let report =
            flows.delete_flows_by_ids(names.clone()).skipping_invalid().wait_until_visible(LIMIT).await;
        let report = report.unwrap();
        assert_eq!((report.done, report.visible.len(), report.skipped.len()), (3, 3, 2), "{report:?}");
        assert!(flows.get_flow(NAMESPACE, "hello").await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn a_flow_that_vanishes_meanwhile_stops_no_other() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect, DELAY).await;
        let flows = client.flows();
        let names = ["fails", "hello", "slow"].map(|id| NamespacedId::new(NAMESPACE, id));
        // As if the first had been there a moment ago, and half of the deletion were done.
        let route = format!("/api/v1/main/flows/{NAMESPACE}/fails");
        let there = format!("{{\"id\": \"fails\", \"namespace\": \"{NAMESPACE}\"}}");
        server.stub("GET", route).body("application/json", there).times(1);
        flows.delete_flow(NAMESPACE, "fails").await.unwrap();
        let report = flows.delete_flows_by_ids(names).skipping_invalid().await.unwrap();
        assert_eq!((report.done, report.skipped.len()), (3, 0), "{report:?}");
        assert!(flows.get_flow(NAMESPACE, "slow").await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn what_a_query_finds_is_acted_on_by_ids() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect, DELAY).await;
        let executions = client.executions();
        let failed = over(&client, "fails", 3).await;
        let fine = over(&client, "hello", 2).await;
        let in_namespace = || Filter::namespace().equals(NAMESPACE);

        // Those that succeeded stop the server's own action, and here only themselves.
        let restart = || executions.restart_executions_by_query().filter(in_namespace());
        let status = restart().await.unwrap_err().status().map(|status| status.as_u16());
        let by_ids = || restart().by_ids().skipping_invalid().wait_until_visible(LIMIT);
        if dialect == Dialect::V1_3 {
            // It allows any that have ended, stops at the first without a task that failed, and doesn't say which.
            restarted(&client, &failed, 1).await;
            let by_ids = by_ids().await.unwrap_err().status().map(|status| status.as_u16());
            assert_eq!((status, by_ids), (Some(422), Some(422)));
            restarted(&client, &failed, 2).await;
        } else {
            assert_eq!(status, Some(400));
            let report = by_ids().await.unwrap();
            assert_eq!((report.total(), report.visible.len(), report.skipped.len()), (3, 3, 2), "{report:?}");
            assert!(report.skipped.iter().all(|one| fine.contains(&one.id)));
            restarted(&client, &failed, 1).await;
        }

        let labels = executions.set_execution_labels_by_query([("team", "data")]).filter(in_namespace());
        let report = labels.by_ids().chunk_size(2).wait_until_visible(LIMIT).await.unwrap();
        assert_eq!((report.visible.len(), report.is_complete()), (5, true), "{report:?}");
        assert_eq!(executions.get_execution(&fine[1]).await.unwrap().labels.get("team"), Some("data"));

        let change = executions
            .update_executions_status_by_query(StateType::Warning)
            .filter(Filter::flow_id().equals("fails"));
        all(&change.by_ids().wait_until_visible(LIMIT).await.unwrap(), &failed);
        assert_eq!(state(&client, &failed[0]).await, "WARNING");

        let slow = started(&client, "slow", 3).await;
        reached(&client, &slow[2..], "QUEUED").await;
        let queued = executions.unqueue_executions_by_query().filter(Filter::state().equals("QUEUED"));
        all(&queued.by_ids().wait_until_visible(LIMIT).await.unwrap(), &slow[2..]);
        let kill = executions.kill_executions_by_query().filter(Filter::flow_id().equals("slow"));
        all(&kill.by_ids().wait_until_visible(LIMIT).await.unwrap(), &slow);

        // Nothing is done to all unless that is said.
        server.clear_requests();
        let error = executions.delete_executions_by_query().by_ids().await.unwrap_err();
        assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Refused, 0));
        let nothing = executions.delete_executions_by_query().filter(Filter::flow_id().equals("none"));
        assert_eq!(nothing.by_ids().await.unwrap().total(), 0);
        assert_eq!(asked(&server, "/executions/by-ids"), 0, "there is nothing to ask for");

        let triggers =
            client.triggers().set_triggers_disabled_by_query().disabled(true).filter(in_namespace());
        let report = triggers.by_ids().wait_until_visible(LIMIT).await.unwrap();
        assert_eq!((report.visible.len(), report.is_complete()), (2, true), "{report:?}");
        let flows = client.flows().disable_flows_by_query().filter(in_namespace());
        let report = flows.by_ids().wait_until_visible(LIMIT).await.unwrap();
        assert_eq!((report.visible.len(), report.is_complete()), (5, true), "{report:?}");
        assert_eq!(client.flows().get_flow(NAMESPACE, "hello").await.unwrap().disabled, Some(true));
    }
}

#[tokio::test]
async fn replays_are_seen_whatever_their_kind() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect, DELAY).await;
        let executions = client.executions();
        let create = executions.create_execution(NAMESPACE, "hello").kind(ExecutionKind::Test);
        let ids = vec![create.await.unwrap().id];
        ended(&client, &ids[0]).await;
        let replay = || executions.replay_executions_by_ids(ids.clone()).wait_until_visible(LIMIT);
        let report = replay().await.unwrap();
        if dialect == Dialect::V1_0 {
            // It can't search for them.
            assert_eq!((report.total(), report.not_visible.len()), (1, 1), "{report:?}");
            continue;
        }
        all(&report, &ids);
        let created = report.created;
        assert_eq!((created.len(), replay().await.unwrap().created.len()), (1, 1), "each is told of once");
        let replay = executions.get_execution(&created[0]).await.unwrap();
        assert_eq!(replay.parent_id.as_ref(), Some(&ids[0]));
    }
}
