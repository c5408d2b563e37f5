//! A flow as its source describes it.

use serde_json::{Map, Value};

use super::flow_problem::FlowProblem;
use super::{flow_check, flow_json};
use crate::dialect::Dialect;
use crate::yaml;

/// A parsed flow: what the engine runs, and the source it came from.
#[derive(Clone, Debug)]
pub(crate) struct FlowDefinition {
    /// The source, read as it stands.
    pub(crate) raw: Map<String, Value>,
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) disabled: bool,
    /// Storing the flow deletes it.
    pub(crate) deleted: bool,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) variables: Map<String, Value>,
    pub(crate) inputs: Vec<InputDefinition>,
    pub(crate) outputs: Vec<OutputDefinition>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) errors: Vec<Task>,
    pub(crate) finally: Vec<Task>,
    pub(crate) after_execution: Vec<Task>,
    pub(crate) triggers: Vec<Task>,
    pub(crate) checks: Vec<Check>,
    pub(crate) concurrency: Option<Concurrency>,
    pub(crate) retry: Option<Map<String, Value>>,
}

/// A task, or a trigger: an id, a type, and properties of its type.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// The type, in the spelling of the source.
    pub(crate) kind: String,
    pub(crate) properties: Map<String, Value>,
}

/// An input that a flow declares.
#[derive(Clone, Debug)]
pub(crate) struct InputDefinition {
    pub(crate) id: String,
    /// The type in upper case.
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) properties: Map<String, Value>,
}

/// An output that a flow declares.
#[derive(Clone, Debug)]
pub(crate) struct OutputDefinition {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) value: Value,
}

/// A condition on the inputs that must hold before an execution starts.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) condition: String,
    pub(crate) message: String,
    pub(crate) style: String,
    pub(crate) behavior: String,
}

/// How many executions of a flow run at a time, and what becomes of the others.
#[derive(Clone, Debug)]
pub(crate) struct Concurrency {
    pub(crate) limit: usize,
    /// `QUEUE`, `CANCEL` or `FAIL`.
    pub(crate) behavior: String,
}

impl FlowDefinition {
    /// Reads a source and validates it, as a creation does.
    pub(crate) fn parse(source: &str, dialect: Dialect) -> Result<Self, FlowProblem> {
        match yaml::read(source) {
            Ok(Value::Null) => {
                let message =
                    "No content to map due to end-of-input\n at [Source: (StringReader); line: 1, column: 1]";
                Err(FlowProblem::syntax(message, 1, dialect))
            }
            Ok(value) => {
                let flow = Self::from_value(value, dialect)?;
                flow_check::schema(source, dialect)?;
                Ok(flow)
            }
            Err(error) => Err(FlowProblem::syntax(&error.message, error.line, dialect)),
        }
    }

    /// Takes a flow that is JSON already, and validates it.
    pub(crate) fn from_value(value: Value, dialect: Dialect) -> Result<Self, FlowProblem> {
        let Value::Object(raw) = value else {
            return Err(FlowProblem::not_a_map(&value, dialect));
        };
        flow_check::mapping(&raw, dialect)?;
        let flow = Self::read(raw);
        flow_check::constraints(&flow, dialect)?;
        Ok(flow)
    }

    /// Takes what can be taken from a source, without validating.
    pub(crate) fn read(raw: Map<String, Value>) -> Self {
        let text = |key: &str| raw.get(key).map(plain_text);
        Self {
            id: text("id").unwrap_or_default(),
            namespace: text("namespace").unwrap_or_default(),
            disabled: flag(&raw, "disabled"),
            deleted: flag(&raw, "deleted"),
            labels: raw.get("labels").map(label_pairs).unwrap_or_default(),
            variables: raw.get("variables").and_then(Value::as_object).cloned().unwrap_or_default(),
            inputs: entries(&raw, "inputs", InputDefinition::from_map),
            outputs: entries(&raw, "outputs", OutputDefinition::from_map),
            tasks: Task::list(raw.get("tasks")),
            errors: Task::list(raw.get("errors")),
            finally: Task::list(raw.get("finally")),
            after_execution: Task::list(raw.get("afterExecution")),
            triggers: Task::list(raw.get("triggers")),
            checks: entries(&raw, "checks", Check::from_map),
            concurrency: raw.get("concurrency").and_then(Value::as_object).map(Concurrency::from_map),
            retry: raw.get("retry").and_then(Value::as_object).cloned(),
            raw,
        }
    }

    /// The flow as the API answers it, without revision, source and times.
    pub(crate) fn to_json(&self, dialect: Dialect) -> Map<String, Value> {
        flow_json::flow(self, dialect)
    }

    /// The flow as one who may only execute it sees it.
    pub(crate) fn for_execution(&self, revision: u64, dialect: Dialect) -> Value {
        flow_json::for_execution(self, revision, dialect)
    }

    /// A task at any depth, by its id.
    pub(crate) fn find_task(&self, id: &str) -> Option<Task> {
        [&self.tasks, &self.errors, &self.finally, &self.after_execution]
            .into_iter()
            .flatten()
            .find_map(|task| task.find(id))
    }
}

impl Task {
    /// The tasks of a list; what has no type is left out.
    pub(crate) fn list(value: Option<&Value>) -> Vec<Self> {
        value
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Self::from_value).collect())
            .unwrap_or_default()
    }

    /// One task.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let map = value.as_object()?;
        Some(Self {
            id: map.get("id").map(plain_text).unwrap_or_default(),
            kind: map.get("type").map(plain_text).unwrap_or_default(),
            properties: map.clone(),
        })
    }

    /// The last segment of the type: `Log` of `io.kestra.plugin.core.log.Log`.
    pub(crate) fn short_kind(&self) -> &str {
        self.kind.rsplit('.').next().unwrap_or_default()
    }

    /// Tasks under a property.
    pub(crate) fn children(&self, property: &str) -> Vec<Self> {
        Self::list(self.properties.get(property))
    }

    /// All tasks directly below, in any property that holds tasks.
    pub(crate) fn all_children(&self) -> Vec<Self> {
        let mut found = Vec::new();
        for key in ["tasks", "then", "else", "defaults", "errors", "finally"] {
            found.extend(self.children(key));
        }
        if let Some(cases) = self.properties.get("cases").and_then(Value::as_object) {
            found.extend(cases.values().flat_map(|list| Self::list(Some(list))));
        }
        if let Some(task) = self.properties.get("task").and_then(Self::from_value) {
            found.push(task);
        }
        // The tasks of a Dag are wrapped: `tasks: [{task: {...}, dependsOn: []}]`.
        let wrapped: Vec<Self> = found
            .iter()
            .filter(|child| child.kind.is_empty())
            .filter_map(|child| child.properties.get("task").and_then(Self::from_value))
            .collect();
        found.retain(|child| !child.kind.is_empty());
        found.extend(wrapped);
        found
    }

    /// This task or one below it, by its id.
    pub(crate) fn find(&self, id: &str) -> Option<Self> {
        if self.id == id {
            return Some(self.clone());
        }
        self.all_children().iter().find_map(|child| child.find(id))
    }

    /// A property that is a string, or nothing.
    pub(crate) fn text(&self, property: &str) -> Option<String> {
        self.properties.get(property).filter(|value| !value.is_null()).map(plain_text)
    }

    /// A property that is a boolean, or spells one.
    pub(crate) fn flag(&self, property: &str, default: bool) -> bool {
        match self.properties.get(property) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true",
            _ => default,
        }
    }
}

impl InputDefinition {
    fn from_map(map: &Map<String, Value>) -> Self {
        Self {
            // Servers of 1.x also read the old name of the id.
            id: map.get("id").or_else(|| map.get("name")).map(plain_text).unwrap_or_default(),
            kind: map.get("type").map(plain_text).unwrap_or_default().to_ascii_uppercase(),
            required: is_required(map),
            properties: map.clone(),
        }
    }

    /// The inputs of a list, as a pause task declares them too.
    pub(crate) fn list(value: Option<&Value>) -> Vec<Self> {
        let list = value.and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_object).map(Self::from_map).collect())
            .unwrap_or_default()
    }

    /// Inputs with the inputs within a form in its place, as `form.child`. Whether the form itself is required does not matter.
    pub(crate) fn leaves(inputs: &[Self]) -> Vec<Self> {
        let mut all = Vec::new();
        for input in inputs {
            if input.kind == "FORM" {
                let children = Self::list(input.properties.get("inputs"));
                all.extend(
                    children
                        .into_iter()
                        .map(|child| Self { id: format!("{}.{}", input.id, child.id), ..child }),
                );
            } else {
                all.push(input.clone());
            }
        }
        all
    }
}

impl OutputDefinition {
    fn from_map(map: &Map<String, Value>) -> Self {
        Self {
            id: map.get("id").map(plain_text).unwrap_or_default(),
            kind: map.get("type").map(plain_text).unwrap_or_default().to_ascii_uppercase(),
            required: is_required(map),
            value: map.get("value").cloned().unwrap_or_default(),
        }
    }
}

impl Check {
    fn from_map(map: &Map<String, Value>) -> Self {
        let text = |key: &str, default: &str| map.get(key).map_or_else(|| default.to_owned(), plain_text);
        Self {
            condition: text(if map.contains_key("when") { "when" } else { "condition" }, ""),
            message: text("message", ""),
            style: text("style", "INFO"),
            behavior: text("behavior", "BLOCK_EXECUTION"),
        }
    }
}

impl Concurrency {
    fn from_map(map: &Map<String, Value>) -> Self {
        let limit = map.get("limit").and_then(Value::as_u64).unwrap_or(1);
        Self {
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            behavior: map.get("behavior").map_or_else(|| "QUEUE".to_owned(), plain_text),
        }
    }
}

fn entries<T>(raw: &Map<String, Value>, key: &str, read: fn(&Map<String, Value>) -> T) -> Vec<T> {
    let list = raw.get(key).and_then(Value::as_array);
    list.map(|list| list.iter().filter_map(Value::as_object).map(read).collect()).unwrap_or_default()
}

/// Labels, given as a map or as a list of `{key, value}`.
pub(crate) fn label_pairs(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), plain_text(value))).collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_object)
            .map(|map| {
                let part = |key: &str| map.get(key).map(plain_text).unwrap_or_default();
                (part("key"), part("value"))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A scalar as the text that a string property takes from it.
pub(crate) fn plain_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        other => yaml::text(other).unwrap_or_else(|| other.to_string()),
    }
}

/// A boolean as a field of the model takes it; `None` of what no such field takes.
pub(crate) fn plain_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.trim() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" | "" => Some(false),
            _ => None,
        },
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Inputs and outputs are required unless they say otherwise.
fn is_required(map: &Map<String, Value>) -> bool {
    map.get("required").filter(|value| !value.is_null()).and_then(plain_flag).unwrap_or(true)
}

fn flag(raw: &Map<String, Value>, key: &str) -> bool {
    raw.get(key).and_then(plain_flag).unwrap_or(false)
}
