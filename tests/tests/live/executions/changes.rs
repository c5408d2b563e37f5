//! Executions are restarted, replayed, labelled and set to another state.

use kestra::RequestSent;
use kestra::models::{Label, State, StateType, TaskRunStateRequest};

use crate::server::{eventually, on_every_server};

const LOG: &str = "tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]";
const FAILS: &str = "
tasks:
  - {id: before, type: io.kestra.plugin.core.log.Log, message: hi}
  - {id: stop, type: io.kestra.plugin.core.execution.Fail}
";

fn states(state: &State) -> Vec<StateType> {
    state.histories.iter().filter_map(|entry| entry.state.clone()).collect()
}

#[tokio::test]
async fn a_failed_execution_is_restarted_where_it_failed() {
    on_every_server(async |site| {
        site.deploy("fails", FAILS).await;
        let failed = site.started("fails", State::is_terminal).await;
        let (id, first) = (failed.id.clone(), failed.task_runs()[0].id.clone());
        let restarted = site.client.executions().restart_execution(&id).await.unwrap();
        assert_eq!(Some(restarted.id.as_str()), Some(id.as_str()));
        let again = |state: &State| state.is_terminal() && states(state).contains(&StateType::Restarted);
        let ended = site.until(&id, again).await;
        assert_eq!(ended.state.as_ref().unwrap().current, StateType::Failed);
        assert_eq!(ended.task_runs().len(), 2);
        assert_eq!(ended.task_runs()[0].id, first, "what had succeeded isn't run again");

        site.deploy("works", LOG).await;
        let done = site.started("works", State::is_terminal).await;
        let error = site.client.executions().restart_execution(done.id).await.unwrap_err();
        assert!(error.status().is_some_and(|status| status.is_client_error()), "{error}");
    })
    .await;
}

#[tokio::test]
async fn with_another_revision_it_goes_on_in_a_new_execution() {
    on_every_server(async |site| {
        site.deploy("fails", FAILS).await;
        let failed = site.started("fails", State::is_terminal).await;
        let id = failed.id;
        site.deploy("fails", &FAILS.replace("core.execution.Fail}", "core.log.Log, message: mended}")).await;
        let executions = site.client.executions();
        executions.restart_execution(&id).revision(2).await.unwrap();
        // The answer is the new execution on 1.x, on 2.0 the old one.
        let next = eventually("the new execution", async || {
            let found = executions.search_executions_by_flow_id(&site.namespace, "fails").await.unwrap();
            found.results.into_iter().find(|found| found.parent_id.as_deref() == Some(id.as_str()))
        })
        .await;
        let ended = site.until(next.id.as_str(), State::is_terminal).await;
        assert_eq!(ended.state.unwrap().current, StateType::Success);
        assert_eq!(ended.flow_revision, Some(2));
    })
    .await;
}

#[tokio::test]
async fn an_execution_is_replayed() {
    on_every_server(async |site| {
        let rest = "
inputs: [{id: name, type: STRING, defaults: first}]
tasks: [{id: say, type: io.kestra.plugin.core.debug.Return, format: '{{ inputs.name }}'}]
outputs: [{id: said, type: STRING, value: '{{ outputs.say.value }}'}]
";
        site.deploy("again", rest).await;
        let executions = site.client.executions();
        let run = executions.run(&site.namespace, "again").input("name", "Ada").await.unwrap();
        let replayed = executions.replay_execution(run.id()).await.unwrap();
        let id = replayed.id;
        assert_ne!(id, run.id());
        let same = executions.wait(&id).await.unwrap();
        assert_eq!(same.outputs()["said"], "Ada");
        assert_eq!(same.execution.original_id.as_deref(), Some(run.id()));

        let other = executions.replay_execution_with_inputs(run.id()).input("name", "Bo").await.unwrap();
        let other = executions.wait(other.id).await.unwrap();
        assert_eq!(other.outputs()["said"], "Bo");
        let task_run = run.execution.task_runs()[0].id.clone();
        let from_task = executions.replay_execution(run.id()).task_run_id(task_run).await.unwrap();
        executions.wait(from_task.id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn labels_are_set_when_it_has_ended() {
    on_every_server(async |site| {
        site.deploy("labelled", LOG).await;
        let ended = site.started("labelled", State::is_terminal).await;
        let id = ended.id;
        let executions = site.client.executions();
        executions
            .set_execution_labels(&id, [Label::new("team", "data"), Label::new("a.b", "c d")])
            .await
            .unwrap();
        let read = eventually("the labels", async || {
            let read = executions.get_execution(&id).await.unwrap();
            read.labels.contains_key("team").then_some(read)
        })
        .await;
        assert_eq!((read.labels.get("team"), read.labels.get("a.b")), (Some("data"), Some("c d")));
        // Several at the same moment, of which a server keeps some.
        let add = |number: usize| {
            let (client, id) = (site.client.clone(), id.clone());
            tokio::spawn(
                async move { client.executions().add_labels(id, [(format!("n{number}"), "x")]).await },
            )
        };
        for addition in (0..6).map(add).collect::<Vec<_>>() {
            addition.await.unwrap().unwrap();
        }
        let labels = executions.get_execution(&id).await.unwrap().labels;
        assert_eq!(labels.iter().filter(|(key, _)| key.starts_with('n')).count(), 6, "{labels:?}");
        assert_eq!(labels.get("team"), Some("data"));
        executions.set_execution_labels(&id, [Label::new("only", "this")]).await.unwrap();
        eventually("all others are gone", async || {
            let labels = executions.get_execution(&id).await.unwrap().labels;
            (labels.contains_key("only") && !labels.contains_key("team")).then_some(())
        })
        .await;

        site.deploy("waits", "tasks: [{id: wait, type: io.kestra.plugin.core.flow.Pause}]").await;
        let paused = site.started("waits", State::is_paused).await;
        let error = executions.set_execution_labels(paused.id, [Label::new("a", "b")]).await.unwrap_err();
        assert!(error.is_conflict() && error.request_sent() == RequestSent::No, "{error}");
    })
    .await;
}

#[tokio::test]
async fn states_are_set_by_hand() {
    on_every_server(async |site| {
        site.deploy("fails", FAILS).await;
        let executions = site.client.executions();
        let failed = site.started("fails", State::is_terminal).await;
        let id = failed.id.clone();
        executions.update_execution_status(&id, StateType::Cancelled).await.unwrap();
        site.until(&id, |state| state.current == StateType::Cancelled).await;

        let failed = site.started("fails", State::is_terminal).await;
        let id = failed.id.clone();
        let run = failed.task_runs().iter().find(|run| run.task_id == "stop").unwrap();
        let change = TaskRunStateRequest::new(StateType::Success, run.id.clone());
        let changed = executions.update_task_run_state(&id, change).await.unwrap();
        assert_eq!(Some(changed.id.as_str()), Some(id.as_str()));
        site.until(&id, |state| state.current == StateType::Success).await;
    })
    .await;
}

#[tokio::test]
async fn an_ended_execution_is_deleted() {
    on_every_server(async |site| {
        site.deploy("ends", LOG).await;
        let executions = site.client.executions();
        let ended = site.started("ends", State::is_terminal).await;
        let id = ended.id;
        executions.delete_execution(&id).await.unwrap();
        eventually("it is gone", async || {
            executions.get_execution(&id).await.err().filter(kestra::Error::is_not_found)
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn expressions_are_evaluated_in_what_a_task_saw() {
    on_every_server(async |site| {
        site.deploy("seen", LOG).await;
        let executions = site.client.executions();
        let ended = site.started("seen", State::is_terminal).await;
        let (id, run) = (ended.id.clone(), ended.task_runs()[0].id.clone());
        let result =
            executions.eval_task_run_expression(&id, &run, "{{ flow.id }} {{ 1 + 1 }}").await.unwrap();
        assert_eq!(result.result.as_deref(), Some("seen 2"));
        let flow = executions.get_flow_from_execution_by_id(&id).await.unwrap();
        assert_eq!(flow.id, "seen");
        let graph = executions.get_execution_flow_graph(&id).await.unwrap();
        assert!(!graph.nodes.is_empty());
        let flows = executions.list_executable_flows(&site.namespace).await.unwrap();
        assert!(flows.iter().any(|flow| flow.id == "seen"), "{flows:?}");
        assert!(executions.list_execution_namespaces().await.unwrap().contains(&site.namespace));
    })
    .await;
}
