//! Which flows call or listen to which.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::engine::flow::Task;
use crate::http::{Answer, Context, Reply};
use crate::store::StoredFlow;

/// Namespace and id.
type Name = (String, String);

/// One flow depends on another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    source: Name,
    target: Name,
    relation: &'static str,
}

impl Edge {
    fn to_json(&self) -> Value {
        json!({
            "source": uid(&self.source.0, &self.source.1),
            "target": uid(&self.target.0, &self.target.1),
            "relation": self.relation,
        })
    }
}

/// What a flow depends on and what depends on it; `expandAll` goes on from there.
pub(super) fn of_flow(cx: &Context) -> Answer {
    let start: Name = (cx.param("namespace").to_owned(), cx.param("id").to_owned());
    let (order, kept) = related(cx, start);
    let nodes: Vec<Value> = order
        .iter()
        .map(|(namespace, id)| json!({"uid": uid(namespace, id), "namespace": namespace, "id": id}))
        .collect();
    let edges: Vec<Value> = kept.iter().map(Edge::to_json).collect();
    Reply::json(&json!({"nodes": nodes, "edges": edges}))
}

/// The flow itself and those that it depends on or that depend on it, as the request's query says; none if there are no others.
pub(crate) fn names(cx: &Context, namespace: &str, id: &str) -> Vec<Name> {
    related(cx, (namespace.to_owned(), id.to_owned())).0
}

fn related(cx: &Context, start: Name) -> (Vec<Name>, Vec<Edge>) {
    let query = cx.query();
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
    (order, kept)
}

/// What the flows of a namespace depend on among all flows; each of them is there, related or not.
pub(super) fn of_namespace(cx: &Context) -> Answer {
    let namespace = cx.param("namespace");
    let flows = cx.app.flows().all();
    let all = edges(&flows);
    let kept: Vec<&Edge> =
        all.iter().filter(|edge| edge.source.0 == namespace || edge.target.0 == namespace).collect();
    let related: BTreeSet<&Name> = kept.iter().flat_map(|edge| [&edge.source, &edge.target]).collect();
    let mut nodes: Vec<Value> = related
        .iter()
        .map(|(namespace, id)| json!({"uid": uid(namespace, id), "namespace": namespace, "id": id}))
        .collect();
    for flow in flows.iter().filter(|flow| flow.namespace() == namespace) {
        if !related.contains(&(flow.namespace().to_owned(), flow.id().to_owned())) {
            let uid = format!("{namespace}_{}", flow.id());
            nodes.push(json!({"uid": uid, "namespace": namespace, "id": flow.id()}));
        }
    }
    Reply::json(&json!({"nodes": nodes, "edges": kept.iter().map(|edge| edge.to_json()).collect::<Value>()}))
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
