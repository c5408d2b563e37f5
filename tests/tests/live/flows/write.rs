//! Flows are created, updated, validated and deleted, one at a time.

use kestra::ErrorKind;

use crate::server::on_every_server;

const TWO_TASKS: &str = r"
description: says hello
labels: {team: data, stage: test}
inputs:
  - {id: name, type: STRING, defaults: world}
tasks:
  - {id: hello, type: io.kestra.plugin.core.log.Log, message: 'hello {{ inputs.name }}'}
  - {id: value, type: io.kestra.plugin.core.debug.Return, format: done}
triggers:
  - {id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 3 * * *', disabled: true}
";
const ONE_TASK: &str = "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]";

#[tokio::test]
async fn a_flow_is_created_read_updated_and_deleted() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        let source = site.source("life", TWO_TASKS);
        let created = flows.create_flow(source.clone()).await.unwrap();
        assert_eq!((Some(created.id.as_str()), created.revision), (Some("life"), Some(1)));
        assert_eq!(created.source.trim(), source.trim());

        let read = flows.get_flow(namespace, "life").await.unwrap();
        assert_eq!(read.source.trim(), source.trim(), "the source is asked for");
        assert_eq!((read.labels.get("team"), read.labels.get("stage")), (Some("data"), Some("test")));
        assert_eq!((read.tasks.len(), read.triggers.len(), read.inputs.len()), (2, 1, 1));
        assert_eq!(read.description.as_deref(), Some("says hello"));
        let light = flows.get_flow(namespace, "life").source(false).await.unwrap();
        assert!(light.source.is_empty() && light.tasks.len() == 2);
        let task = flows.get_task_from_flow(namespace, "life", "value").await.unwrap();
        assert_eq!(task.id(), Some("value"));

        let updated = flows.update_flow(namespace, "life", site.source("life", ONE_TASK)).await.unwrap();
        assert_eq!((updated.revision, updated.tasks.len()), (Some(2), 1));
        let first = flows.get_flow(namespace, "life").revision(1).await.unwrap();
        assert_eq!((first.revision, first.tasks.len()), (Some(1), 2));
        let revisions = flows.list_flow_revisions(namespace, "life").await.unwrap();
        let numbers: Vec<_> = revisions.iter().filter_map(|flow| flow.revision).collect();
        assert_eq!(numbers, [1, 2]);

        flows.delete_flow(namespace, "life").await.unwrap();
        assert!(flows.get_flow(namespace, "life").await.unwrap_err().is_not_found());
        let gone = flows.get_flow(namespace, "life").allow_deleted(true).await.unwrap();
        assert_eq!(gone.deleted, Some(true));
    })
    .await;
}

#[tokio::test]
async fn deploy_creates_updates_and_leaves_alone() {
    on_every_server(async |site| {
        let first = site.deploy("twice", ONE_TASK).await;
        let same = site.deploy("twice", ONE_TASK).await;
        let next = site.deploy("twice", TWO_TASKS).await;
        assert_eq!((first.revision, same.revision, next.revision), (Some(1), Some(1), Some(2)));
        let back = site.client.flows().get_flow(&site.namespace, "twice").await.unwrap();
        assert_eq!(back.tasks.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_large_flow_that_is_not_there_is_no_harm() {
    on_every_server(async |site| {
        // An update of a missing flow with a body in pieces would hang the server; this is asked first.
        let text = "x".repeat(20_000);
        let rest = format!("tasks: [{{id: hello, type: io.kestra.plugin.core.log.Log, message: {text}}}]");
        let source = site.source("large", &rest);
        let error =
            site.client.flows().update_flow(&site.namespace, "large", source.clone()).await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        site.client.flows().deploy(source).await.unwrap();
        let read = site.client.flows().get_flow(&site.namespace, "large").await.unwrap();
        assert!(read.source.contains(&text));
    })
    .await;
}

#[tokio::test]
async fn flows_are_validated_without_being_stored() {
    on_every_server(async |site| {
        let flows = site.client.flows();
        let good = site.source("good", TWO_TASKS);
        let bad = site.source("bad", "tasks: [{id: x, type: no.such.Task}]");
        let results = flows.validate_flows(format!("{good}---\n{bad}")).await.unwrap();
        assert_eq!(results.len(), 2, "{results:?}");
        assert!(results[0].constraints.is_none(), "{results:?}");
        assert!(
            results[1].constraints.as_ref().is_some_and(|text| text.contains("no.such.Task")),
            "{results:?}"
        );
        assert!(flows.get_flow(&site.namespace, "good").await.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn a_source_that_deletes_its_flow_is_refused() {
    on_every_server(async |site| {
        site.deploy("doomed", ONE_TASK).await;
        let flows = site.client.flows();
        for line in ["deleted: true", "\"deleted\": yes", "? deleted\n: true", "<<: {deleted: true}"] {
            let source = site.source("doomed", &format!("{line}\n{ONE_TASK}"));
            for error in [
                flows.update_flow(&site.namespace, "doomed", source.clone()).await.err(),
                flows.deploy(source.clone()).await.err(),
                flows.bulk_update_flows(source).await.err(),
            ] {
                assert_eq!(error.unwrap().kind(), ErrorKind::Refused, "{line}");
            }
        }
        assert_eq!(flows.get_flow(&site.namespace, "doomed").await.unwrap().revision, Some(1));
        // It isn't a rumour.
        let source = site.source("doomed", &format!("deleted: true\n{ONE_TASK}"));
        flows.update_flow(&site.namespace, "doomed", source).unchecked().await.unwrap();
        assert!(flows.get_flow(&site.namespace, "doomed").await.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_flow_is_executed_by_its_revision_and_before_2_0_also_without() {
    on_every_server(async |site| {
        site.deploy("gone", ONE_TASK).await;
        site.client.flows().delete_flow(&site.namespace, "gone").await.unwrap();
        let executions = site.client.executions();
        let created = executions.create_execution(&site.namespace, "gone").await;
        match created {
            Ok(created) => assert_eq!((created.flow_revision, site.is_since(2, 0)), (Some(2), false)),
            Err(error) => assert!(error.is_not_found() && site.is_since(2, 0), "{error}"),
        }
        // Whoever names a revision has it.
        let named = executions.create_execution(&site.namespace, "gone").revision(1).await.unwrap();
        assert!(executions.wait(named.id).await.unwrap().is_success());
    })
    .await;
}

#[tokio::test]
async fn a_task_is_validated_alone() {
    on_every_server(async |site| {
        let flows = site.client.flows();
        let task = "id: hi\ntype: io.kestra.plugin.core.log.Log\nmessage: hi\n";
        let result = flows.validate_task_yaml("tasks", task).await.unwrap();
        assert_eq!(result.constraints, None);
        let result = flows.validate_task_yaml("tasks", task.replace("log.Log", "log.None")).await.unwrap();
        assert!(result.constraints.is_some_and(|problem| problem.contains("log.None")));
    })
    .await;
}

#[tokio::test]
async fn a_flow_keeps_its_name() {
    on_every_server(async |site| {
        site.deploy("named", ONE_TASK).await;
        let other = site.source("other", ONE_TASK);
        let error = site.client.flows().update_flow(&site.namespace, "named", other).await.unwrap_err();
        assert!(error.is_invalid() && error.kind() == ErrorKind::Status, "{error}");
    })
    .await;
}

#[tokio::test]
async fn old_revisions_are_deleted() {
    on_every_server(async |site| {
        for number in 1..=3 {
            let message = format!("description: number {number}\n{ONE_TASK}");
            assert_eq!(site.deploy("old", &message).await.revision, Some(number));
        }
        let flows = site.client.flows();
        let deleted = flows.delete_flow_revisions(&site.namespace, "old", [1, 2]).await;
        if !site.is_since(1, 2) {
            assert_eq!(deleted.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        deleted.unwrap();
        let left = flows.list_flow_revisions(&site.namespace, "old").await.unwrap();
        assert_eq!(left.iter().filter_map(|flow| flow.revision).collect::<Vec<_>>(), [3]);
    })
    .await;
}

#[tokio::test]
async fn a_flow_has_a_graph_and_dependencies() {
    on_every_server(async |site| {
        site.deploy("child", ONE_TASK).await;
        let parent = format!(
            "tasks: [{{id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: {}, flowId: child}}]",
            site.namespace
        );
        site.deploy("parent", &parent).await;
        let flows = site.client.flows();
        let graph = flows.generate_flow_graph(&site.namespace, "parent").await.unwrap();
        assert!(!graph.nodes.is_empty() && !graph.edges.is_empty());
        let same = flows.generate_flow_graph_from_source(site.source("parent", &parent)).await.unwrap();
        assert_eq!(same.nodes.len(), graph.nodes.len());
        // 1.0 may never find the dependency of a flow that was made right after the one it calls.
        let found = flows.get_flow_dependencies(&site.namespace, "parent").await.unwrap();
        assert!(found.nodes.len() <= 2);
    })
    .await;
}

/// Servers read such words as booleans, wherever they stand.
#[tokio::test]
async fn words_that_old_yaml_takes_for_booleans_are_names_all_the_same() {
    on_every_server(async |site| {
        let rest = "description: yes\ntasks: [{id: no, type: io.kestra.plugin.core.log.Log, message: hi}]";
        let flow = site.client.flows().create_flow(site.source("off", rest)).await.unwrap();
        let read = (Some(flow.id.as_str()), flow.description.as_deref(), flow.tasks[0].id());
        assert_eq!(read, (Some("false"), Some("true"), Some("false")));
    })
    .await;
}
