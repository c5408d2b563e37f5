//! Which flows call or listen to which.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::engine::flow::Task;
use crate::http::{Answer, Context, Reply};
use crate::store::StoredFlow;

type Name = (String, String);

/// One flow depends on another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    source: Name,
    target: Name,
    relation: &'static str,
}

/// What a flow depends on and what depends on it; `expandAll` goes on from there.
pub(super) fn of_flow(cx: &Context) -> Answer {
    let query = cx.query();
    let start: Name = (cx.param("namespace").to_owned(), cx.param("id").to_owned());
    let edges = edges(&cx.app.flows().all());
    let outgoing_only = query.flag("destinationOnly");
    let mut reached = BTreeSet::from([start.clone()]);
    let mut order = vec![start];
    let mut kept: Vec<Edge> = Vec::new();
    let mut next = 0;
    while let Some(name) = order.get(next).cloned() {
        next += 1;
        for edge in &edges {
            let outgoing = edge.source == name;
            if !(outgoing || (edge.target == name && !outgoing_only)) || kept.contains(edge) {
                continue;
            }
            kept.push(edge.clone());
            let other = if outgoing { &edge.target } else { &edge.source };
            if reached.insert(other.clone()) {
                order.push(other.clone());
            }
        }
        if !query.flag("expandAll") {
            break;
        }
    }
    if kept.is_empty() {
        order.clear();
    }
    let nodes: Vec<Value> = order
        .iter()
        .map(|(namespace, id)| json!({"uid": uid(namespace, id), "namespace": namespace, "id": id}))
        .collect();
    let edges: Vec<Value> = kept
        .iter()
        .map(|edge| {
            json!({
                "source": uid(&edge.source.0, &edge.source.1),
                "target": uid(&edge.target.0, &edge.target.1),
                "relation": edge.relation,
            })
        })
        .collect();
    Reply::json(&json!({"nodes": nodes, "edges": edges}))
}

fn uid(namespace: &str, id: &str) -> String {
    format!("main_{namespace}_{id}")
}

fn edges(flows: &[StoredFlow]) -> Vec<Edge> {
    let known = |name: &Name| flows.iter().any(|flow| flow.namespace() == name.0 && flow.id() == name.1);
    let mut edges = Vec::new();
    for flow in flows {
        let own: Name = (flow.namespace().to_owned(), flow.id().to_owned());
        let mut called = Vec::new();
        flow.definition.tasks.iter().for_each(|task| subflows(task, &mut called));
        for target in called.into_iter().filter(known) {
            edges.push(Edge { source: own.clone(), target, relation: "FLOW_TASK" });
        }
        for source in flow.definition.triggers.iter().flat_map(listened).filter(known) {
            edges.push(Edge { source, target: own.clone(), relation: "FLOW_TRIGGER" });
        }
    }
    edges
}

fn subflows(task: &Task, found: &mut Vec<Name>) {
    if let (Some(namespace), Some(id)) = (task.text("namespace"), task.text("flowId")) {
        found.push((namespace, id));
    }
    task.all_children().iter().for_each(|child| subflows(child, found));
}

/// The flows that a trigger waits for.
fn listened(trigger: &Task) -> Vec<Name> {
    let lists = [
        trigger.properties.get("dependsOn"),
        trigger.properties.get("preconditions").and_then(|map| map.get("flows")),
    ];
    lists
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|entry| {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
            Some((text("namespace")?, text("flowId")?))
        })
        .collect()
}
