//! The plugins of a schema: their properties, and what it says about each.

use std::collections::{BTreeMap, BTreeSet};

use kestra_flowgen::words::Block;
use serde_json::{Map, Value};

use super::words::blocks;

/// Whose place in a flow a plugin takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Task,
    Trigger,
    /// A condition, a task runner or anything else that a property takes.
    Part,
}

#[derive(Debug)]
pub(super) struct Plugin {
    /// Its type, such as `io.kestra.plugin.core.log.Log`.
    pub(super) kind: String,
    pub(super) role: Role,
    pub(super) about: Vec<Block>,
    pub(super) is_deprecated: bool,
    pub(super) properties: Vec<Property>,
}

#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) about: Vec<Block>,
    pub(super) is_required: bool,
    pub(super) is_deprecated: bool,
}

type Definitions = Map<String, Value>;

/// Reads the plugins, in the order of their types.
pub(super) fn read(json: &Value) -> Result<Vec<Plugin>, String> {
    let root = json.get("$ref").and_then(Value::as_str).and_then(name_of);
    let (Some(root), Some(all)) = (root, json.get("definitions").and_then(Value::as_object)) else {
        return Err("not a schema of flows: save the response of GET /api/v1/plugins/schemas/flow".to_owned());
    };
    let flow = Parts::of(all, root, 0);
    let named = |field: &str| {
        let mut names = BTreeSet::new();
        if let Some(json) = flow.fields.get(field) {
            references(json, &mut names);
        }
        names
    };
    let (tasks, triggers) = (named("tasks"), named("triggers"));
    let mut plugins: BTreeMap<String, Plugin> = BTreeMap::new();
    for (name, json) in all {
        let mut parts = Parts::of(all, name, 0);
        let Some(kind) = parts.fields.remove("type").and_then(|kind| kind_of(kind, name)) else { continue };
        let role = match () {
            () if tasks.contains(name.as_str()) => Role::Task,
            () if triggers.contains(name.as_str()) => Role::Trigger,
            () => Role::Part,
        };
        // Both have an id from their constructor.
        if role != Role::Part {
            parts.fields.remove("id");
        }
        let properties = parts.fields.iter().map(|(name, json)| Property {
            name: (*name).to_owned(),
            about: blocks(json),
            is_required: parts.required.contains(name),
            is_deprecated: is_deprecated(json),
        });
        let plugin = Plugin {
            kind: kind.to_owned(),
            role,
            about: blocks(json),
            is_deprecated: is_deprecated(json),
            properties: properties.collect(),
        };
        // A schema has some plugins twice, and says all about one of the two only.
        match plugins.get(kind) {
            Some(known) if known.properties.len() >= plugin.properties.len() => {}
            _ => drop(plugins.insert(kind.to_owned(), plugin)),
        }
    }
    if plugins.is_empty() {
        Err("the schema has no plugins".to_owned())
    } else {
        Ok(plugins.into_values().collect())
    }
}

fn name_of(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/definitions/")
}

/// Collects the definitions that a field refers to.
fn references<'a>(json: &'a Value, names: &mut BTreeSet<&'a str>) {
    match json {
        Value::Object(fields) => {
            names.extend(fields.get("$ref").and_then(Value::as_str).and_then(name_of));
            fields.values().for_each(|value| references(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}

/// Returns the name of a plugin's class, which is the first of several unless the definition is called as another; `None` for what is
/// no plugin, such as an input.
fn kind_of<'a>(kind: &'a Value, definition: &str) -> Option<&'a str> {
    let words = kind.get("enum").and_then(Value::as_array).into_iter().flatten();
    let words = words.chain(kind.get("const")).filter_map(Value::as_str).filter(|word| word.contains('.'));
    let words: Vec<&str> = words.collect();
    words.iter().find(|word| **word == definition).or(words.first()).copied()
}

fn is_deprecated(json: &Value) -> bool {
    let says_so = |json: &Value| match json.get("$deprecated") {
        Some(Value::Bool(is_deprecated)) => *is_deprecated,
        Some(Value::String(word)) => word == "true",
        _ => false,
    };
    says_so(json) || parts(json).any(says_so)
}

/// Returns what a property is said to be by parts: a reference, and what is said about it.
pub(super) fn parts(json: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| json.get(key)?.as_array());
    lists.flatten()
}

/// The properties of a definition, and the names of those that it needs.
#[derive(Default)]
struct Parts<'a> {
    fields: BTreeMap<&'a str, &'a Value>,
    required: BTreeSet<&'a str>,
}

impl<'a> Parts<'a> {
    /// Collects what a definition says itself, and what the definitions that it extends say.
    fn of(all: &'a Definitions, name: &str, depth: u8) -> Self {
        let mut found = Self::default();
        let Some(definition) = all.get(name).filter(|_| depth < 5) else { return found };
        let extended = definition.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for json in extended.chain([definition]) {
            if let Some(other) = json.get("$ref").and_then(Value::as_str).and_then(name_of) {
                let other = Self::of(all, other, depth + 1);
                found.fields.extend(other.fields);
                found.required.extend(other.required);
            }
            let fields = json.get("properties").and_then(Value::as_object).into_iter().flatten();
            found.fields.extend(fields.map(|(name, json)| (name.as_str(), json)));
            let required = json.get("required").and_then(Value::as_array).into_iter().flatten();
            found.required.extend(required.filter_map(Value::as_str));
        }
        found
    }
}
