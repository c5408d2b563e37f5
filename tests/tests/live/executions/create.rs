//! Executions are created with every parameter there is.

use kestra::jiff::{SignedDuration, Timestamp};
use kestra::models::{ExecutionKind, State, StateType};
use kestra::{ErrorKind, Filter};

use crate::server::{eventually, on_every_server};

const FLOW: &str = r"
labels: {from: flow}
inputs: [{id: name, type: STRING, defaults: world}]
tasks:
  - {id: first, type: io.kestra.plugin.core.log.Log, message: 'hello {{ inputs.name }}'}
  - {id: second, type: io.kestra.plugin.core.debug.Return, format: '{{ inputs.name }}'}
outputs: [{id: greeted, type: STRING, value: '{{ outputs.second.value }}'}]
";

#[tokio::test]
async fn all_parameters_are_taken() {
    on_every_server(async |site| {
        site.deploy("full", FLOW).await;
        site.deploy("full", &format!("description: the second\n{FLOW}")).await;
        let created = site
            .client
            .executions()
            .create_execution(&site.namespace, "full")
            .label("team", "data, and more: all")
            .label("stage", "test")
            .revision(1)
            .kind(ExecutionKind::Test)
            .input("name", "Ada & Bo")
            .await
            .unwrap();
        assert_eq!(created.flow_revision, Some(1));
        assert_eq!(created.labels.get("team"), Some("data, and more: all"));
        assert_eq!(created.labels.get("from"), Some("flow"));
        assert_eq!(created.inputs["name"], "Ada & Bo");
        let ended = site.until(created.id.as_str(), State::is_terminal).await;
        assert_eq!(ended.state.unwrap().current, StateType::Success);
        assert_eq!(ended.kind, Some(ExecutionKind::Test));
        assert_eq!((ended.flow_revision, ended.labels.get("stage")), (Some(1), Some("test")));
        assert_eq!(ended.original_id, Some(created.id));
    })
    .await;
}

#[tokio::test]
async fn waiting_for_the_answer_gives_the_end() {
    on_every_server(async |site| {
        site.deploy("waits", FLOW).await;
        let ended =
            site.client.executions().create_execution(&site.namespace, "waits").wait(true).await.unwrap();
        assert_eq!(ended.state_type(), Some(&StateType::Success));
        assert_eq!(ended.inputs["name"], "world");
    })
    .await;
}

#[tokio::test]
async fn a_later_start_is_later() {
    on_every_server(async |site| {
        site.deploy("later", FLOW).await;
        let executions = site.client.executions();
        let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
        let created =
            executions.create_execution(&site.namespace, "later").schedule_date(tomorrow).await.unwrap();
        assert_eq!(created.schedule_date.map(Timestamp::as_second), Some(tomorrow.as_second()));
        assert_eq!(created.state.unwrap().current, StateType::Created);
        let soon = Timestamp::now() + SignedDuration::from_secs(1);
        let created =
            executions.create_execution(&site.namespace, "later").schedule_date(soon).await.unwrap();
        let ended = site.until(created.id.as_str(), State::is_terminal).await;
        assert_eq!(ended.state.unwrap().current, StateType::Success);
    })
    .await;
}

#[tokio::test]
async fn a_date_that_is_far_away_is_read() {
    on_every_server(async |site| {
        if site.is_embedded() {
            return;
        }
        site.deploy("far", FLOW).await;
        let executions = site.client.executions();
        // A day later than any timestamp there is here; people enter it in the user interface.
        let path =
            format!("/api/v1/main/executions/{}/far?scheduleDate=9999-12-31T23:59:59Z", site.namespace);
        let request = http::Request::post(path).header("content-type", "multipart/form-data; boundary=x");
        site.client.request(request.body("--x--\r\n").unwrap()).await.unwrap();
        let ours = || Filter::namespace().equals(&site.namespace);
        let found = eventually("it is indexed", async || {
            let found = executions.search_executions().filter(ours()).await.unwrap().results;
            found.into_iter().next()
        })
        .await;
        assert_eq!(found.schedule_date, Some(Timestamp::MAX));
        let read = executions.get_execution(found.id).await.unwrap();
        assert_eq!(read.state.unwrap().current, StateType::Created);
    })
    .await;
}

#[tokio::test]
async fn a_kind_and_a_breakpoint_that_nobody_knows_are_refused() {
    on_every_server(async |site| {
        site.deploy("careful", FLOW).await;
        let executions = site.client.executions();
        let misspelt = || executions.create_execution(&site.namespace, "careful").kind("TSET");
        assert_eq!(misspelt().await.unwrap_err().kind(), ErrorKind::Refused);
        let run = executions.run(&site.namespace, "careful").breakpoints(["secnod"]).await.unwrap_err();
        assert_eq!(run.kind(), ErrorKind::Refused, "{run}");
        // Who insists runs it for real.
        let created = misspelt().unchecked().await.unwrap();
        let ended = executions.wait(created.id).await.unwrap();
        assert!(ended.is_success() && ended.execution.kind.is_none_or(|kind| kind == ExecutionKind::Normal));
    })
    .await;
}

#[tokio::test]
async fn breakpoints_hold_it() {
    on_every_server(async |site| {
        site.deploy("stops", FLOW).await;
        let executions = site.client.executions();
        let created =
            executions.create_execution(&site.namespace, "stops").breakpoints(["second"]).await.unwrap();
        let id = created.id;
        let held = site.until(&id, |state| state.current == StateType::Breakpoint).await;
        assert_eq!(held.breakpoints.len(), 1);
        assert!(!held.is_over());
        executions.resume_execution_from_breakpoint(&id).await.unwrap();
        let ended = site.until(&id, State::is_terminal).await;
        assert_eq!(ended.state.unwrap().current, StateType::Success);
    })
    .await;
}

#[tokio::test]
async fn executions_are_found() {
    on_every_server(async |site| {
        site.deploy("found", FLOW).await;
        site.deploy("fails", "tasks: [{id: stop, type: io.kestra.plugin.core.execution.Fail}]").await;
        let executions = site.client.executions();
        for number in 0..3 {
            let label = if number == 0 { "first" } else { "more" };
            executions.create_execution(&site.namespace, "found").label("batch", label).await.unwrap();
        }
        let failed = site.started("fails", State::is_terminal).await;
        let ours = || Filter::namespace().equals(&site.namespace);
        let searched = eventually("all are indexed", async || {
            let page = executions.search_executions().filter(ours()).size(10).await.unwrap();
            let ended = page.results.iter().all(kestra::models::Execution::is_over);
            (page.total == Some(4) && ended).then_some(page)
        })
        .await;
        assert_eq!(searched.results.len(), 4);
        for (filters, expected) in [
            (vec![ours(), Filter::state().equals("FAILED")], 1),
            (vec![ours(), Filter::state().is_in([StateType::Failed, StateType::Success])], 4),
            (vec![ours(), Filter::state().not_equals("FAILED")], 3),
            (vec![ours(), Filter::label("batch").equals("first")], 1),
            (vec![ours(), Filter::flow_id().equals("found"), Filter::label("batch").equals("more")], 2),
            (vec![ours(), Filter::label("batch").equals("none")], 0),
            (vec![Filter::namespace().prefix(&site.namespace)], 4),
            (vec![ours(), Filter::child_filter().equals("CHILD")], 0),
            (vec![ours(), Filter::query("fails")], 1),
        ] {
            let page = executions.search_executions().filters(filters.clone()).await.unwrap();
            assert_eq!(page.total, Some(expected), "{filters:?}");
        }
        let later = Timestamp::now() + SignedDuration::from_hours(1);
        let none = executions.search_executions().filter(ours()).since(later).await.unwrap();
        assert_eq!(none.total, Some(0));
        let found = executions.search_executions_by_flow_id(&site.namespace, "fails").await.unwrap();
        assert_eq!(found.results[0].id, failed.id);
        let sorted =
            executions.search_executions().filter(ours()).sort(["state.startDate:desc"]).await.unwrap();
        assert_eq!(sorted.results[0].id, failed.id);
        let latest = kestra::models::FlowFilter::new(&site.namespace, "fails");
        let latest = executions.get_latest_executions([latest]).await.unwrap();
        assert_eq!(latest.len(), 1);
    })
    .await;
}
