//! The graph of a flow: its tasks one after the other.

use serde_json::{Value, json};

use super::write::required_source;
use crate::engine::flow::{FlowDefinition, Task};
use crate::engine::{flow_json, ids};
use crate::http::{Answer, ApiError, Context, Reply};

const TYPES: &str = "io.kestra.core.models.hierarchies";

/// The graph of a stored flow.
pub(super) fn of_flow(cx: &Context) -> Answer {
    let (namespace, id) = (cx.param("namespace"), cx.param("id"));
    let missing = || ApiError::not_found_because(format!("Unable to find flow main_{namespace}_{id}"));
    let revision = cx.query().number("revision")?.and_then(|number| u64::try_from(number).ok());
    let found = match revision {
        Some(revision) => cx.app.flows().revision(namespace, id, revision),
        None => cx.app.flows().find(namespace, id),
    };
    Reply::json(&graph(&found.ok_or_else(missing)?.definition))
}

/// The graph of a source.
pub(super) fn of_source(cx: &Context) -> Answer {
    let source = required_source(cx, "flow")?;
    let flow = FlowDefinition::parse(&source, cx.dialect()).map_err(|problem| problem.into_source_error())?;
    Reply::json(&graph(&flow))
}

/// Nodes and edges of a flow; what is nested within a task is not drawn.
pub(crate) fn graph(flow: &FlowDefinition) -> Value {
    let root = format!("root.root-{}", ids::new_id());
    let end = format!("root.end-{}", ids::new_id());
    let mut nodes = vec![
        json!({"uid": root, "type": format!("{TYPES}.GraphClusterRoot")}),
        json!({"uid": end, "type": format!("{TYPES}.GraphClusterEnd")}),
    ];
    let mut edges = Vec::new();
    let mut previous: Option<String> = None;
    for task in &flow.tasks {
        let uid = format!("root.{}", task.id);
        nodes.push(node(&uid, task));
        edges.push(match &previous {
            None => json!({"source": root, "target": uid, "relation": {}}),
            Some(previous) => {
                json!({"source": previous, "target": uid, "relation": {"relationType": "SEQUENTIAL"}})
            }
        });
        previous = Some(uid);
    }
    edges.push(json!({"source": previous.unwrap_or(root), "target": end, "relation": {}}));
    json!({"nodes": nodes, "edges": edges, "clusters": []})
}

fn node(uid: &str, task: &Task) -> Value {
    json!({
        "uid": uid,
        "type": format!("{TYPES}.GraphTask"),
        "task": flow_json::task(&Value::Object(task.properties.clone())),
        "relationType": "SEQUENTIAL",
    })
}
