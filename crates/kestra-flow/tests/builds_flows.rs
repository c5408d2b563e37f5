//! Flows built in Rust, and the source that is written of them.

use std::time::Duration;

use kestra_flow::{Flow, Input, Map, Node, Output, Retry, Task, Trigger};
use serde_json::json;

#[test]
fn a_flow_is_written_in_the_order_of_its_setters() {
    let name = Input::string("name").defaults("World");
    let answer = Task::returns("answer", "Hello {{ inputs.name }}").timeout(Duration::from_secs(90));
    let flow = Flow::new("company.team", "hello")
        .description("Greets.\nIn two lines.")
        .label("team", "data")
        .variable("limit", 10)
        .output(Output::new("answer", "STRING", answer.output("value")))
        .input(name)
        .task(answer)
        .task(Task::new("load", "io.kestra.plugin.jdbc.postgresql.Query").set("sql", "select 1"))
        .on_error(Task::log("failed", "{{ execution.id }} failed"))
        .trigger(Trigger::schedule("nightly", "0 3 * * *").input("name", "night"))
        .retry(Retry::constant(Duration::from_secs(5)).max_attempts(3))
        .concurrency(1);
    let expected = r#"id: hello
namespace: company.team
description: |-
  Greets.
  In two lines.
labels:
  team: data
variables:
  limit: 10
outputs:
  - id: answer
    type: STRING
    value: "{{ outputs.answer.value }}"
inputs:
  - id: name
    type: STRING
    defaults: World
tasks:
  - id: answer
    type: io.kestra.plugin.core.debug.Return
    format: Hello {{ inputs.name }}
    timeout: PT1M30S
  - id: load
    type: io.kestra.plugin.jdbc.postgresql.Query
    sql: select 1
errors:
  - id: failed
    type: io.kestra.plugin.core.log.Log
    message: "{{ execution.id }} failed"
triggers:
  - id: nightly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: 0 3 * * *
    inputs:
      name: night
retry:
  type: constant
  interval: PT5S
  maxAttempts: 3
concurrency:
  limit: 1
  behavior: QUEUE
"#;
    assert_eq!(flow.to_yaml(), expected);
    assert_eq!(flow.to_string(), expected);
    assert_eq!(String::from(&flow), expected);
    assert_eq!(String::from(flow), expected);
}

#[test]
fn what_servers_manage_is_not_written() {
    let mut flow = Flow::new("team", "f").set("revision", 3).set("deleted", true);
    flow.as_map_mut().insert("description", Node::Null);
    let flow = flow.set("tenantId", "main").set("source", "id: f").set("updated", "2026-01-01T00:00:00Z");
    assert_eq!(flow.to_yaml(), "id: f\nnamespace: team\n");
    assert_eq!(Flow::from(Map::new()).to_yaml(), "{}\n");
}

#[test]
fn none_removes_a_field() {
    let task = Task::log("a", "b").set("level", "INFO").set("level", None::<&str>);
    assert_eq!(task, Task::log("a", "b"));
}

#[test]
fn tasks_are_found_wherever_they_are() {
    let inner = Task::if_then_else(
        "inner",
        "{{ true }}",
        [Task::log("yes", "y")],
        [Task::subflow("no", "n", "other").input("day", "2026-01-01")],
    );
    let dag = Task::new("dag", "io.kestra.plugin.core.flow.Dag")
        .set("tasks", [Map::new().with("task", Task::pause("wait"))]);
    let switch = Task::new("switch", "io.kestra.plugin.core.flow.Switch")
        .set("cases", Map::new().with("a", [Task::log("case", "c")]));
    let mut flow = Flow::new("team", "f")
        .input(Input::string("id"))
        .task(Task::sequential("outer", [Task::parallel("p", [inner]), dag]))
        .finally(switch);
    let ids: Vec<_> = flow.all_tasks().into_iter().filter_map(|task| task.get_str("id")).collect();
    assert_eq!(ids, ["outer", "p", "inner", "yes", "no", "dag", "wait", "switch", "case"]);

    flow.task_mut("case").unwrap().set("message", "changed");
    assert_eq!(flow.find_task("case").unwrap().get_str("message"), Some("changed"));
    let error = flow.task_mut("nowhere").unwrap_err().to_string();
    assert!(
        error.starts_with("flow team.f: no task has the id `nowhere`: use one of `outer`, `p`"),
        "{error}"
    );
}

#[test]
fn subflows_are_those_that_tasks_name() {
    let each = Task::new("each", "io.kestra.plugin.core.flow.ForEachItem")
        .set("namespace", "{{ flow.namespace }}")
        .set("flowId", "b");
    let computed = Task::subflow("computed", "team", "{{ inputs.flow }}");
    let flow = Flow::new("team", "f")
        .task(Task::sequential("s", [Task::subflow("a", "other", "a"), each, computed]));
    let expected =
        [("other", "a"), ("team", "b")].map(|(namespace, id)| (namespace.to_owned(), id.to_owned()));
    assert_eq!(flow.subflows(), expected);
}

#[test]
fn labels_are_added_to_a_map_and_to_a_list() {
    let labels = |flow: &Flow| flow.get("labels").cloned().map(serde_json::Value::from);
    let flow = Flow::new("team", "f").label("a", "1").label("b", "2").label("a", "3");
    assert_eq!(labels(&flow), Some(json!({"a": "3", "b": "2"})));
    let listed = Flow::new("team", "f").set("labels", json!([{"key": "a", "value": "1"}]));
    let flow = listed.label("b", "2").label("a", "3");
    assert_eq!(labels(&flow), Some(json!([{"key": "b", "value": "2"}, {"key": "a", "value": "3"}])));
}

#[test]
fn debug_shows_no_values() {
    let trigger = Trigger::webhook("hook", "s3cret");
    assert!(!format!("{trigger:?}").contains("s3cret"));
    assert!(!format!("{:?}", Flow::new("team", "f").trigger(trigger)).contains("s3cret"));
}
