//! Flows.

use std::fmt;

use super::{Input, Output, Retry, Task, Trigger, part};
use crate::{Map, NoSuchTask, Node, write};

/// The fields that servers set; one of them in a source does nothing, is refused, or deletes the flow (`deleted`).
const MANAGED: [&str; 5] = ["revision", "tenantId", "source", "updated", "deleted"];

/// The fields of a flow that hold tasks.
const TASKS: [&str; 4] = ["tasks", "errors", "finally", "afterExecution"];

part! {
    /// A flow: what is deployed, and what executions run.
    ///
    /// Keeps the order of the fields, and fields that this crate doesn't know. [`to_yaml`](Flow::to_yaml), `Display` and
    /// `String::from(&flow)` write the source.
    ///
    /// ```
    /// use kestra_flow::{Flow, Task};
    ///
    /// let flow = Flow::new("company.team", "hello").task(Task::log("greet", "Hello"));
    /// assert_eq!(
    ///     flow.to_yaml(),
    ///     "id: hello
    /// namespace: company.team
    /// tasks:
    ///   - id: greet
    ///     type: io.kestra.plugin.core.log.Log
    ///     message: Hello
    /// "
    /// );
    /// ```
    Flow
}

impl Flow {
    /// Creates a flow without tasks, which a server refuses until it has one.
    #[must_use]
    pub fn new(namespace: impl Into<String>, id: impl Into<String>) -> Self {
        Self(Map::new().with("id", id.into()).with("namespace", namespace.into()))
    }

    /// Returns the namespace; an empty string if there is none. (`namespace`)
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.0.get_str("namespace").unwrap_or_default()
    }

    /// Returns the id; an empty string if there is none. (`id`)
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.get_str("id").unwrap_or_default()
    }

    /// Sets the description, in Markdown. (`description`)
    #[must_use]
    pub fn description(self, text: impl Into<String>) -> Self {
        self.set("description", text.into())
    }

    /// Sets whether the flow is disabled, so that nothing can start it. Defaults to `false`. (`disabled`)
    #[must_use]
    pub fn disabled(self, disabled: bool) -> Self {
        self.set("disabled", disabled)
    }

    /// Sets a label, which the executions of the flow inherit. (`labels`)
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        match self.0.map_mut("labels") {
            Some(labels) => labels.put(key, value.into()),
            None => self.replace_listed_label(key, value),
        }
        self
    }

    /// Labels are a list of keys and values in some sources.
    fn replace_listed_label(&mut self, key: String, value: String) {
        let same_key = |label: &Node| label.as_map().is_some_and(|label| label.get_str("key") == Some(&key));
        if let Some(labels) = self.0.get_mut("labels").and_then(Node::as_list_mut) {
            labels.retain(|label| !same_key(label));
        }
        self.0.push("labels", Map::new().with("key", key).with("value", value).into());
    }

    /// Sets a variable, which expressions read as `vars`. (`variables`)
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Node>) -> Self {
        self.0.put_in("variables", name, value);
        self
    }

    /// Adds an input. (`inputs`)
    #[must_use]
    pub fn input(self, input: Input) -> Self {
        self.push("inputs", input.into())
    }

    /// Adds a task. (`tasks`)
    #[must_use]
    pub fn task(self, task: Task) -> Self {
        self.push("tasks", task.into())
    }

    /// Adds several tasks. (`tasks`)
    #[must_use]
    pub fn tasks(self, tasks: impl IntoIterator<Item = Task>) -> Self {
        tasks.into_iter().fold(self, Self::task)
    }

    /// Adds a task that runs after another failed. (`errors`)
    #[must_use]
    pub fn on_error(self, task: Task) -> Self {
        self.push("errors", task.into())
    }

    /// Adds a task that runs at the end, whether tasks failed or not. (`finally`)
    #[must_use]
    pub fn finally(self, task: Task) -> Self {
        self.push("finally", task.into())
    }

    /// Adds a task that runs after the execution has ended. (`afterExecution`)
    #[must_use]
    pub fn after_execution(self, task: Task) -> Self {
        self.push("afterExecution", task.into())
    }

    /// Adds an output. (`outputs`)
    #[must_use]
    pub fn output(self, output: Output) -> Self {
        self.push("outputs", output.into())
    }

    /// Adds a trigger. (`triggers`)
    #[must_use]
    pub fn trigger(self, trigger: Trigger) -> Self {
        self.push("triggers", trigger.into())
    }

    /// Sets how a failed execution is retried. Not retried by default. (`retry`)
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        self.set("retry", retry)
    }

    /// Sets how many executions may run at once; further executions are queued. No limit by default. (`concurrency`)
    ///
    /// `set("concurrency", Map::new().with("limit", 1).with("behavior", "CANCEL"))` cancels further executions instead.
    #[must_use]
    pub fn concurrency(self, limit: u32) -> Self {
        self.set("concurrency", Map::new().with("limit", limit).with("behavior", "QUEUE"))
    }

    fn push(mut self, key: &str, node: Node) -> Self {
        self.0.push(key, node);
        self
    }

    /// Returns a task by its id, nested tasks included.
    #[must_use]
    pub fn find_task(&self, id: &str) -> Option<&Map> {
        self.all_tasks().into_iter().find(|task| task.get_str("id") == Some(id))
    }

    /// Returns a task by its id to change it, nested tasks included.
    ///
    /// ```
    /// use kestra_flow::{Flow, Task};
    ///
    /// let nested = Task::sequential("steps", [Task::returns("answer", "42")]);
    /// let mut flow = Flow::new("company.team", "hello").task(nested);
    /// flow.task_mut("answer")?.set("format", "43");
    /// # Ok::<(), kestra_flow::NoSuchTask>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`NoSuchTask`] if no task has the id.
    pub fn task_mut(&mut self, id: &str) -> Result<&mut Map, NoSuchTask> {
        let missing = self.no_such_task(id);
        let mut parts = self.0.iter_mut().filter(|(key, _)| TASKS.contains(key));
        parts.find_map(|(_, node)| search_mut(node, id)).ok_or(missing)
    }

    /// Returns all tasks in the order of the source, each before those nested in it.
    #[must_use]
    pub fn all_tasks(&self) -> Vec<&Map> {
        let mut found = Vec::new();
        for (_, node) in self.0.iter().filter(|(key, _)| TASKS.contains(key)) {
            collect(node, &mut found);
        }
        found
    }

    /// Returns namespace and id of each flow that a task of this flow executes, except those that an expression computes.
    #[must_use]
    pub fn subflows(&self) -> Vec<(String, String)> {
        let named = |task: &Map| {
            let (namespace, id) = (task.get_str("namespace")?, task.get_str("flowId")?);
            let is_own = namespace.trim_matches(['{', '}', ' ']) == "flow.namespace";
            let namespace = if is_own { self.namespace() } else { namespace };
            (!namespace.contains("{{") && !id.contains("{{")).then(|| (namespace.to_owned(), id.to_owned()))
        };
        self.all_tasks().into_iter().filter_map(named).collect()
    }

    fn no_such_task(&self, id: &str) -> NoSuchTask {
        let known = self.all_tasks().into_iter().filter_map(|task| task.get_str("id")).map(str::to_owned);
        NoSuchTask {
            flow: format!("{}.{}", self.namespace(), self.id()),
            task: id.to_owned(),
            known: known.collect(),
        }
    }

    /// Writes the source, which ends with a line break.
    ///
    /// Fields that are null and those that servers manage are left out: `revision`, `tenantId`, `source`, `updated`, `deleted`.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        write::fields(self.0.iter().filter(|(key, node)| !node.is_null() && !MANAGED.contains(key)))
    }
}

/// Whether a map is a task: servers know it by id and type, and types are names of classes.
fn is_task(map: &Map) -> bool {
    map.get_str("id").is_some() && map.get_str("type").is_some_and(|kind| kind.contains('.'))
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a Map>) {
    match node {
        Node::List(items) => items.iter().for_each(|item| collect(item, found)),
        Node::Map(map) => {
            if is_task(map) {
                found.push(map);
            }
            map.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}

fn search_mut<'a>(node: &'a mut Node, id: &str) -> Option<&'a mut Map> {
    match node {
        Node::List(items) => items.iter_mut().find_map(|item| search_mut(item, id)),
        Node::Map(map) => {
            if is_task(map) && map.get_str("id") == Some(id) {
                Some(map)
            } else {
                map.iter_mut().find_map(|(_, value)| search_mut(value, id))
            }
        }
        _ => None,
    }
}

impl From<&Flow> for String {
    /// Writes the source, as [`Flow::to_yaml`] does.
    fn from(flow: &Flow) -> Self {
        flow.to_yaml()
    }
}

impl From<Flow> for String {
    /// Writes the source, as [`Flow::to_yaml`] does.
    fn from(flow: Flow) -> Self {
        flow.to_yaml()
    }
}

impl fmt::Display for Flow {
    /// Writes the source, as [`Flow::to_yaml`] does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_yaml())
    }
}

// Without values, which may be secrets.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("namespace", &self.namespace())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
