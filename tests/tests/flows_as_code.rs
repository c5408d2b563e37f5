//! Flows that are built in Rust are deployed, run and validated by the servers of every version.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::time::Duration;

use kestra::Deployed;
use kestra::flow::{Flow, Input, Map, Output, Retry, Task, Trigger};
use kestra_testkit::Dialect;
use on_server::{NAMESPACE, server};
use serde_json::json;

fn hello() -> Flow {
    let name = Input::string("name").defaults("World");
    let answer =
        Task::returns("answer", format!("Hello {}", name.expression())).timeout(Duration::from_secs(90));
    Flow::new(NAMESPACE, "hello")
        .description("Greets:\n- # whoever it is told\n\n  --- \"quoted\" and 'quoted'\n")
        .label("team", "data")
        .variable("yes", "no")
        .output(Output::new("answer", "STRING", answer.output("value")))
        .output(Output::new("spelled", "STRING", "{{ outputs['in-between'].value }}"))
        .input(name)
        .input(Input::select("mode", ["fast", "on"]).defaults("on"))
        .input(Input::date("day").required(false))
        .task(answer)
        .task(Task::if_then_else(
            "choose",
            "{{ inputs.mode == 'on' }}",
            [Task::returns("in-between", "012")
                .retry(Retry::constant(Duration::from_secs(1)).max_attempts(3))],
            [Task::log("other", "off")],
        ))
        .task(Task::parallel(
            "both",
            [Task::log("a", "a"), Task::sequential("steps", [Task::log("b", "b: #1")])],
        ))
        .on_error(Task::log("failed", "{{ execution.id }}").allow_failure(true))
        .finally(Task::log("last", "over"))
        .concurrency(2)
        .trigger(Trigger::schedule("nightly", "0 3 * * *").input("name", "night").input("day", "2026-01-01"))
        .trigger(Trigger::webhook("hook", "abc-123"))
}

#[tokio::test]
async fn a_flow_is_deployed_and_run_on_every_version() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        let flow = hello();
        let (deployed, outcome) = client.flows().deploy(&flow).outcome().await.unwrap();
        assert_eq!(outcome, Deployed::Created);
        assert_eq!(deployed.source, flow.to_yaml());
        let (_, outcome) = client.flows().deploy(&flow).outcome().await.unwrap();
        assert_eq!(outcome, Deployed::Unchanged);

        let finished = client.executions().run(NAMESPACE, "hello").input("name", "Rust").await.unwrap();
        assert_eq!(finished.outputs()["answer"], json!("Hello Rust"));
        assert_eq!(finished.outputs()["spelled"], json!("012"));

        let changed = hello().set("description", "Greets.");
        let (updated, outcome) = client.flows().deploy(&changed).outcome().await.unwrap();
        assert_eq!((updated.revision, outcome), (Some(2), Deployed::Updated));
        assert_eq!(updated.description.as_deref(), Some("Greets."));
    }
}

#[tokio::test]
async fn several_flows_are_deployed_subflows_first() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let flow = |id: &str, calls: &[&str]| {
            let calls = calls.iter().map(|name| Task::subflow(format!("call-{name}"), NAMESPACE, *name));
            Flow::new(NAMESPACE, id).tasks(calls).task(Task::log("log", id))
        };
        let flows = [flow("a", &["b", "c"]), flow("b", &["c"]), flow("c", &[])];
        let plan = client.flows().deploy_all(&flows).dry_run(true).await.unwrap();
        assert_eq!((plan.applied, plan.changes().count()), (false, 3));
        let report = client.flows().deploy_all(&flows).await.unwrap();
        report.check().unwrap();
        let names: Vec<_> = report.entries.iter().filter_map(|entry| entry.id.as_deref()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let created: Vec<String> = server
            .requests()
            .into_iter()
            .filter(|request| request.method == "POST" && request.path.ends_with("/flows"))
            .map(|request| {
                String::from_utf8_lossy(&request.body).lines().next().unwrap_or_default().to_owned()
            })
            .collect();
        assert_eq!(created, ["id: c", "id: b", "id: a"]);
        assert_eq!(client.flows().deploy_all(flows).await.unwrap().changes().count(), 0);

        let broken = flow("d", &[]).set("colour", "blue");
        let report = client.flows().deploy_all([flow("e", &[]), broken]).await.unwrap();
        assert!(!report.applied && report.failed().count() == 1);
    }
}

#[tokio::test]
async fn whatever_takes_a_source_takes_a_flow() {
    let (server, client) = server(Dialect::V2_0).await;
    let flows = client.flows();
    let flow = Flow::new(NAMESPACE, "other").task(Task::log("log", "hi"));
    flows.create_flow(&flow).await.unwrap();
    flows.update_flow(NAMESPACE, "other", flow.clone().label("a", "b")).await.unwrap();
    let broken =
        Flow::new(NAMESPACE, "broken").set("colour", "blue").set("labels", Map::new().with("a", "b"));
    let found = flows.validate_flows(&broken).await.unwrap();
    assert!(found[0].constraints.as_deref().unwrap_or_default().contains("colour"), "{found:?}");
    flows.bulk_update_flows(&flow).await.unwrap();
    assert_eq!(server.deploy(flow.label("a", "c")).unwrap(), 4);
}
