//! What a flow's source says of its inputs and outputs.

use std::collections::BTreeMap;

use kestra_flow::names::{ID, NAMESPACE, is_id, is_namespace};
use kestra_flow::{Flow, Map, Node};

use super::kinds::{self, InputKind};
use super::{File, docs, names};

/// A flow that has types.
pub(super) struct FlowType {
    pub(super) module: String,
    pub(super) namespace: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) about: Vec<String>,
    pub(super) inputs: Vec<InputType>,
    pub(super) outputs: Vec<OutputType>,
}

pub(super) struct InputType {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) type_: String,
    pub(super) kind: InputKind,
    /// Whether every call has to give it.
    pub(super) is_given: bool,
    pub(super) values: Option<Values>,
    pub(super) about: Vec<String>,
}

/// The values that an input takes, as an enum.
pub(super) struct Values {
    pub(super) name: String,
    /// The names and the values.
    pub(super) all: Vec<(String, String)>,
    /// Whether the input takes others.
    pub(super) takes_others: bool,
}

pub(super) struct OutputType {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) type_: String,
    pub(super) about: Vec<String>,
}

/// How many inputs `new` takes before it takes a struct.
const ARGUMENTS: usize = 3;

impl FlowType {
    pub(super) fn given(&self) -> impl Iterator<Item = &InputType> {
        self.inputs.iter().filter(|input| input.is_given)
    }

    /// Returns the name of the struct that `new` takes, if there is one.
    pub(super) fn required(&self) -> Option<String> {
        (self.given().count() > ARGUMENTS).then(|| format!("{}Required", self.name))
    }

    /// Returns the name of the type of the outputs, if there are any.
    pub(super) fn results(&self) -> Option<String> {
        (!self.outputs.is_empty()).then(|| format!("{}Outputs", self.name))
    }

    /// Returns the names of all types, with what they are of.
    pub(super) fn types(&self) -> Vec<(String, String)> {
        let id = &self.id;
        let mut all = vec![(self.name.clone(), format!("flow `{id}`"))];
        all.extend(self.required().map(|name| (name, format!("the inputs of flow `{id}`"))));
        all.extend(self.results().map(|name| (name, format!("the outputs of flow `{id}`"))));
        for input in &self.inputs {
            if let Some(values) = &input.values {
                all.push((values.name.clone(), format!("input `{}` of flow `{id}`", input.id)));
            }
        }
        all
    }
}

/// Reads a flow; all that is wrong goes to the file.
pub(super) fn flow(file: &mut File<'_>, flow: &Flow) -> Option<FlowType> {
    let (namespace, id) = (flow.namespace().to_owned(), flow.id().to_owned());
    for (field, value, is_name, has) in
        [("namespace", &namespace, is_namespace as fn(&str) -> bool, NAMESPACE), ("id", &id, is_id, ID)]
    {
        if value.is_empty() {
            file.fail(
                &[field],
                format!("`{field}` must be a string: set it, or keep files that are no flows elsewhere"),
            );
        } else if !is_name(value) {
            file.fail(&[field], format!("`{field}` must have {has}"));
        }
    }
    let (module, name) = (names::snake(&namespace), names::flow(&id));
    let mut reader = Reader { file, flow: name.clone(), taken: BTreeMap::new(), inputs: Vec::new() };
    reader.inputs(flow.get("inputs"), &["inputs"], "");
    let inputs = reader.inputs;
    let outputs = outputs(file, flow.get("outputs"));
    let about = docs::about(flow.as_map(), &format!("The flow `{id}`."));
    (is_namespace(&namespace) && is_id(&id)).then_some(FlowType {
        module,
        namespace,
        id,
        name,
        about,
        inputs,
        outputs,
    })
}

struct Reader<'r, 'f> {
    file: &'r mut File<'f>,
    flow: String,
    taken: BTreeMap<String, String>,
    inputs: Vec<InputType>,
}

impl Reader<'_, '_> {
    /// Reads inputs; those within a form have its id as a prefix.
    fn inputs(&mut self, list: Option<&Node>, path: &[&str], prefix: &str) {
        for (position, map) in items(self.file, list, path) {
            let path = &[path, &[&position]].concat();
            if let Some(input) = self.input(map, path, prefix) {
                self.inputs.push(input);
            }
        }
    }

    fn input(&mut self, map: &Map, path: &[&str], prefix: &str) -> Option<InputType> {
        // Kestra 1.x also reads `name`.
        let field = if map.get("id").is_none() && map.get("name").is_some() { "name" } else { "id" };
        let id = format!("{prefix}{}", self::id(self.file, map, path, field)?);
        let type_ = text(self.file, map, path, "type")?.to_owned();
        if type_ == "FORM" {
            // Servers read neither `required` nor `dependsOn` of the form itself.
            self.inputs(map.get("inputs"), &[path, &["inputs"]].concat(), &format!("{id}."));
            return None;
        }
        let is_given = map.get("required").and_then(Node::as_bool) != Some(false)
            && ["defaults", "dependsOn"].iter().all(|field| map.get(field).is_none_or(Node::is_null));
        let name = names::snake(&id);
        self.file.take(&mut self.taken, &[path, &[field]].concat(), &name, &id);
        let values = self.values(map, path, &id);
        let one = match &values {
            Some(values) => Some(InputKind::values(&values.name)),
            None => match type_.as_str() {
                "ARRAY" => self.item(map, path),
                "MULTISELECT" => InputKind::scalar("STRING"),
                other => InputKind::scalar(other),
            },
        };
        let kind = match type_.as_str() {
            "ARRAY" | "MULTISELECT" => one.and_then(InputKind::list),
            _ => one,
        };
        let Some(kind) = kind else {
            if type_ != "ARRAY" {
                self.file.fail(&[path, &["type"]].concat(), unknown(&type_));
            }
            return None;
        };
        let type_ = if type_ == "ARRAY" { format!("ARRAY<{}>", item_type(map)) } else { type_ };
        let about = docs::about(map, &format!("The input `{id}`."));
        Some(InputType { id, name, type_, kind, is_given, values, about })
    }

    /// Returns the kind of the items of a list.
    fn item(&mut self, map: &Map, path: &[&str]) -> Option<InputKind> {
        let path = &[path, &["itemType"]].concat();
        let type_ = item_type(map);
        let kind = InputKind::scalar(type_).filter(|kind| kind.set != "file");
        if kind.is_none() {
            self.file.fail(
                path,
                format!("an ARRAY of `{type_}` has no Rust type: use another `itemType`, or JSON"),
            );
        }
        kind
    }

    /// Returns the values of a SELECT or MULTISELECT, unless an expression makes them.
    fn values(&mut self, map: &Map, path: &[&str], id: &str) -> Option<Values> {
        let type_ = map.get_str("type").unwrap_or_default();
        if !matches!(type_, "SELECT" | "ENUM" | "MULTISELECT")
            || map.get("expression").is_some_and(|node| !node.is_null())
        {
            return None;
        }
        // Kestra 1.x reads `options` of a MULTISELECT as well.
        let field = if map.get("values").is_none() { "options" } else { "values" };
        let path = &[path, &[field]].concat();
        let mut taken = BTreeMap::new();
        let mut all = Vec::new();
        for (position, node) in map.get(field).and_then(Node::as_list)?.iter().enumerate() {
            let node = node.as_map().and_then(|map| map.get("value")).unwrap_or(node);
            let at = position.to_string();
            let path = &[path.as_slice(), &[&at]].concat();
            let Some(value) = scalar(node) else {
                self.file.fail(path, "a value is a string: quote it");
                continue;
            };
            let name = names::value(&value, position);
            self.file.take(&mut taken, path, &name, &value);
            all.push((name, value));
        }
        let takes_others = map.get("allowCustomValue").and_then(Node::as_bool) == Some(true);
        if takes_others {
            self.file.take(&mut taken, path, "CustomValue", "any other value");
        }
        let name = format!("{}{}", self.flow, names::pascal(id));
        (!all.is_empty()).then_some(Values { name, all, takes_others })
    }
}

fn outputs(file: &mut File<'_>, list: Option<&Node>) -> Vec<OutputType> {
    let mut taken = BTreeMap::new();
    let mut all = Vec::new();
    for (position, map) in items(file, list, &["outputs"]) {
        let path = &["outputs", &position];
        let (Some(id), Some(type_)) = (id(file, map, path, "id"), text(file, map, path, "type")) else {
            continue;
        };
        let name = names::snake(id);
        file.take(&mut taken, &[path.as_slice(), &["id"]].concat(), &name, id);
        let Some(rust) = kinds::output(type_) else {
            file.fail(&[path.as_slice(), &["type"]].concat(), unknown(type_));
            continue;
        };
        let is_optional = map.get("required").and_then(Node::as_bool) == Some(false);
        let type_ = if is_optional { format!("Option<{rust}>") } else { rust.to_owned() };
        all.push(OutputType {
            id: id.to_owned(),
            name,
            type_,
            about: docs::about(map, &format!("The output `{id}`.")),
        });
    }
    all
}

/// Returns the maps of a list, with their positions.
fn items<'a>(file: &mut File<'_>, list: Option<&'a Node>, path: &[&str]) -> Vec<(String, &'a Map)> {
    let mut maps = Vec::new();
    match list {
        None | Some(Node::Null) => {}
        Some(Node::List(items)) => {
            for (position, item) in items.iter().enumerate() {
                let position = position.to_string();
                match item.as_map() {
                    Some(map) => maps.push((position, map)),
                    None => file.fail(&[path, &[&position]].concat(), "must be a map with `id` and `type`"),
                }
            }
        }
        Some(_) => file.fail(path, "must be a list"),
    }
    maps
}

/// Returns the text of a field, or adds an error.
fn text<'a>(file: &mut File<'_>, map: &'a Map, path: &[&str], field: &str) -> Option<&'a str> {
    let text = map.get_str(field);
    if text.is_none() {
        file.fail(&[path, &[field]].concat(), format!("`{field}` must be a string"));
    }
    text
}

/// Returns the id of an input or output, or adds an error.
fn id<'a>(file: &mut File<'_>, map: &'a Map, path: &[&str], field: &str) -> Option<&'a str> {
    let id = text(file, map, path, field)?;
    if is_id(id) {
        return Some(id);
    }
    file.fail(&[path, &[field]].concat(), format!("`{field}` must have {ID}"));
    None
}

fn item_type(map: &Map) -> &str {
    map.get_str("itemType").unwrap_or("STRING")
}

/// Returns a scalar as servers read it where they take a string.
fn scalar(node: &Node) -> Option<String> {
    match node {
        Node::String(text) => Some(text.clone()),
        Node::Bool(flag) => Some(flag.to_string()),
        Node::Integer(number) => Some(number.to_string()),
        Node::Float(_) | Node::Null | Node::List(_) | Node::Map(_) => None,
    }
}

fn unknown(type_: &str) -> String {
    format!("the type `{type_}` is unknown: use one of Kestra 1.0 to 2.0, or keep the flow elsewhere")
}
