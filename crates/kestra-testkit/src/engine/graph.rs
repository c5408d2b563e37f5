//! Flows and executions as graphs.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::execution::{Execution, TaskRun};
use super::execution_json::View;
use super::flow::{FlowDefinition, Task};
use super::{flow_json, ids};
use crate::app::App;
use crate::dialect::Dialect;
use crate::http::ApiError;

const TYPES: &str = "io.kestra.core.models.hierarchies";

/// A graph: nodes, edges, and clusters for tasks that run others.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Drawing {
    nodes: Vec<Value>,
    edges: Vec<Value>,
    clusters: Vec<Value>,
    #[serde(skip)]
    source: Source,
    /// The first subflow that is to be drawn and doesn't exist.
    #[serde(skip)]
    missing: Option<String>,
}

/// What is drawn.
#[derive(Debug, Default)]
struct Source {
    /// The execution whose task runs are shown; its tasks are shown by id and type only.
    execution: Option<Arc<Execution>>,
    /// The subflows that are drawn with what is in them.
    unfolded: Vec<String>,
    app: Option<Arc<App>>,
}

impl Source {
    fn dialect(&self) -> Dialect {
        self.app.as_ref().map(|app| app.dialect).unwrap_or_default()
    }
}

/// A list of tasks on the way from one node to another.
struct Lane<'a> {
    prefix: &'a str,
    /// The clusters around it, the innermost last.
    parents: &'a [String],
    relation: &'static str,
    value: Option<&'a str>,
}

impl Lane<'_> {
    /// A list of tasks of the flow itself.
    fn of_flow(relation: &'static str) -> Self {
        Self { prefix: "root", parents: &[], relation, value: None }
    }

    /// The branch beside the tasks that it is, if it is one.
    fn branch(&self) -> Option<&'static str> {
        ["ERROR", "FINALLY", "AFTER_EXECUTION"].into_iter().find(|branch| *branch == self.relation)
    }
}

impl Drawing {
    /// The graph of a flow.
    pub(crate) fn of_flow(
        app: &Arc<App>,
        flow: &FlowDefinition,
        unfolded: Vec<String>,
    ) -> Result<Self, ApiError> {
        Self::draw(flow, Source { execution: None, unfolded, app: Some(Arc::clone(app)) })
    }

    /// The graph of an execution.
    pub(crate) fn of_execution(
        app: &Arc<App>,
        flow: &FlowDefinition,
        execution: &Arc<Execution>,
        unfolded: Vec<String>,
    ) -> Result<Self, ApiError> {
        let execution = Some(Arc::clone(execution));
        Self::draw(flow, Source { execution, unfolded, app: Some(Arc::clone(app)) })
    }

    fn draw(flow: &FlowDefinition, source: Source) -> Result<Self, ApiError> {
        let mut drawing = Self { source, ..Self::default() };
        let (root, end) = drawing.ends("root");
        drawing.triggers(&flow.triggers, &root);
        // Backwards, for each part leads to the next one.
        let mut next = end;
        for (name, kind, relation, tasks) in [
            ("after-execution", "AfterExecution", "AFTER_EXECUTION", &flow.after_execution),
            ("finally", "Finally", "FINALLY", &flow.finally),
        ] {
            if !tasks.is_empty() {
                let start = format!("root.{name}-{}", ids::new_id());
                drawing.nodes.push(json!({"uid": start, "type": format!("{TYPES}.GraphCluster{kind}")}));
                drawing.chain(tasks, &start, &next, &Lane::of_flow(relation));
                next = start;
            }
        }
        drawing.chain(&flow.tasks, &root, &next, &Lane::of_flow("SEQUENTIAL"));
        if !flow.errors.is_empty() {
            drawing.chain(&flow.errors, &root, &next, &Lane::of_flow("ERROR"));
        }
        match drawing.missing.take() {
            None => Ok(drawing),
            Some(missing) => Err(ApiError::not_found_because(missing)),
        }
    }

    /// Draws triggers in a cluster of their own, which leads to the tasks.
    fn triggers(&mut self, triggers: &[Task], tasks: &str) {
        if triggers.is_empty() {
            return;
        }
        let first = self.nodes.len();
        let (root, end) = self.ends("root.Triggers");
        for trigger in triggers {
            let uid = format!("root.Triggers.{}", trigger.id);
            self.nodes.push(json!({
                "uid": uid,
                "type": format!("{TYPES}.GraphTrigger"),
                "triggerDeclaration":
                    flow_json::task(&Value::Object(trigger.properties.clone()), self.source.dialect()),
            }));
            self.edge(&root, &uid, json!({}));
            self.edge(&uid, &end, json!({}));
        }
        self.edge(&end, tasks, json!({}));
        let nodes: Vec<Value> = self.nodes[first..].iter().map(|node| node["uid"].clone()).collect();
        self.clusters.push(json!({
            "cluster": {"uid": "cluster_root.Triggers", "type": format!("{TYPES}.GraphCluster")},
            "nodes": nodes,
            "parents": [],
            "start": root,
            "end": end,
        }));
    }

    /// The two nodes between which a cluster lies.
    fn ends(&mut self, prefix: &str) -> (String, String) {
        let root = format!("{prefix}.root-{}", ids::new_id());
        let end = format!("{prefix}.end-{}", ids::new_id());
        self.nodes.push(json!({"uid": root, "type": format!("{TYPES}.GraphClusterRoot")}));
        self.nodes.push(json!({"uid": end, "type": format!("{TYPES}.GraphClusterEnd")}));
        (root, end)
    }

    fn edge(&mut self, from: &str, to: &str, relation: Value) {
        self.edges.push(json!({"source": from, "target": to, "relation": relation}));
    }

    /// Draws tasks one after the other.
    fn chain(&mut self, tasks: &[Task], from: &str, end: &str, lane: &Lane<'_>) {
        let mut previous = from.to_owned();
        for task in tasks {
            let (entry, exit) = self.task(task, lane);
            let begins = [".root-", ".finally-", ".after-execution-"].iter().any(|at| previous.contains(at));
            let relation = if begins && lane.relation != "ERROR" {
                json!({})
            } else {
                match lane.value {
                    Some(value) => json!({"relationType": lane.relation, "value": value}),
                    None => json!({"relationType": lane.relation}),
                }
            };
            self.edge(&previous, &entry, relation);
            previous = exit;
        }
        self.edge(&previous, end, json!({}));
    }

    /// Draws a task; gives the nodes at which it is entered and left.
    fn task(&mut self, task: &Task, lane: &Lane<'_>) -> (String, String) {
        let suffix = lane.value.filter(|_| lane.relation == "DYNAMIC").map(|value| format!("_{value}"));
        let uid = format!("{}.{}{}", lane.prefix, task.id, suffix.unwrap_or_default());
        let kind = task.short_kind();
        let relation = match kind {
            "Parallel" | "EachParallel" | "Dag" => "PARALLEL",
            "ForEach" | "EachSequential" | "Loop" => "DYNAMIC",
            "If" | "Switch" => "CHOICE",
            _ => "SEQUENTIAL",
        };
        let subflow = kind == "Subflow";
        let inner = if subflow { self.subflow(task, &uid) } else { task.all_children() };
        let node = self.node(&uid, task, relation, lane);
        if inner.is_empty() {
            self.nodes.push(node);
            return (uid.clone(), uid);
        }
        let first = self.nodes.len();
        let (root, end) = self.ends(&uid);
        self.nodes.push(node.clone());
        self.edge(&root, &uid, json!({}));
        let cluster = format!("cluster_{uid}");
        let mut parents = lane.parents.to_vec();
        parents.push(cluster.clone());
        let choices = choices(task);
        let below = |value| Lane { prefix: &uid, parents: &parents, relation, value };
        match relation {
            "DYNAMIC" => self.each(&inner, &uid, &end, &parents),
            "PARALLEL" => {
                for child in &inner {
                    self.chain(std::slice::from_ref(child), &uid, &end, &below(None));
                }
            }
            "CHOICE" => {
                for (value, tasks) in &choices {
                    self.chain(tasks, &uid, &end, &below(Some(value.as_str())));
                }
            }
            _ => self.chain(&inner, &uid, &end, &below(None)),
        }
        let nodes: Vec<Value> = self.nodes[first..].iter().map(|node| node["uid"].clone()).collect();
        let finally = if subflow { uid.clone() } else { task.id.clone() };
        self.clusters.push(json!({
            "cluster": {
                "uid": cluster,
                "type": format!("{TYPES}.{}", if subflow { "SubflowGraphCluster" } else { "GraphCluster" }),
                "relationType": relation,
                "taskNode": node,
                "finally": {
                    "uid": format!("{finally}.finally-{}", ids::new_id()),
                    "type": format!("{TYPES}.GraphClusterFinally"),
                },
            },
            "nodes": nodes,
            "parents": lane.parents,
            "start": root,
            "end": end,
        }));
        (root, end)
    }

    /// Draws the iterations that have run, one after the other; without any the tasks as they stand.
    fn each(&mut self, inner: &[Task], uid: &str, end: &str, parents: &[String]) {
        let lane = |value| Lane { prefix: uid, parents, relation: "DYNAMIC", value };
        let id_of = |task: Option<&Task>| task.map(|task| task.id.clone()).unwrap_or_default();
        let (first, last) = (id_of(inner.first()), id_of(inner.last()));
        let execution = self.source.execution.clone();
        let runs = execution.iter().flat_map(|execution| execution.runs());
        let values: Vec<String> =
            runs.filter(|run| run.task_id == first).filter_map(|run| run.value.clone()).collect();
        if values.is_empty() {
            self.chain(inner, uid, end, &lane(None));
        }
        let mut previous = uid.to_owned();
        for value in &values {
            self.chain(inner, &previous, end, &lane(Some(value)));
            previous = format!("{uid}.{last}_{value}");
        }
    }

    fn node(&self, uid: &str, task: &Task, relation: &str, lane: &Lane<'_>) -> Value {
        let shown = match (&self.source.execution, task.short_kind()) {
            (_, "Subflow") => json!({
                "id": task.id,
                "type": task.kind,
                "subflowId": {
                    "namespace": task.text("namespace"),
                    "flowId": task.text("flowId"),
                    "revision": task.properties.get("revision"),
                },
            }),
            (Some(_), _) => flow_json::bare_task(task),
            (None, _) => flow_json::task(&Value::Object(task.properties.clone()), self.source.dialect()),
        };
        let kind = if task.short_kind() == "Subflow" { "SubflowGraphTask$1" } else { "GraphTask" };
        let mut node = json!({
            "uid": uid,
            "type": format!("{TYPES}.{kind}"),
            "task": shown,
            "relationType": lane.branch().unwrap_or(relation),
        });
        if let Some(branch) = lane.branch() {
            node["branchType"] = json!(branch);
        }
        let own = |run: &&TaskRun| run.task_id == task.id && run.value.as_deref() == lane.value;
        if let Some(execution) = &self.source.execution
            && let Some(run) = execution.runs().iter().find(own)
            && let Some(app) = &self.source.app
        {
            node["taskRun"] = execution.task_run_json(run, View::Raw, app.dialect);
            node["values"] = run.value.iter().map(|value| json!(value)).collect();
        }
        node
    }

    /// The tasks of a subflow that is to be unfolded.
    fn subflow(&mut self, task: &Task, uid: &str) -> Vec<Task> {
        let wanted = self.source.unfolded.iter().any(|name| name == uid);
        let Some(app) = self.source.app.as_ref().filter(|_| wanted) else { return Vec::new() };
        let text = |key: &str| task.text(key).unwrap_or_default();
        let (namespace, id) = (text("namespace"), text("flowId"));
        let revision = task.properties.get("revision").and_then(Value::as_u64);
        let Some(flow) = app.stored_flow(&namespace, &id, revision) else {
            let missing = format!("Unable to find subflow {namespace}_{id} for task {}", task.id);
            self.missing.get_or_insert(missing);
            return Vec::new();
        };
        flow.definition.tasks.clone()
    }
}

/// The ways through a choice: a value, and what runs then.
fn choices(task: &Task) -> Vec<(String, Vec<Task>)> {
    let mut ways: Vec<(String, Vec<Task>)> = Vec::new();
    for key in ["then", "else", "defaults"] {
        ways.push((key.to_owned(), task.children(key)));
    }
    if let Some(cases) = task.properties.get("cases").and_then(Value::as_object) {
        ways.extend(cases.iter().map(|(case, tasks)| (case.clone(), Task::list(Some(tasks)))));
    }
    ways.retain(|(_, tasks)| !tasks.is_empty());
    ways
}
