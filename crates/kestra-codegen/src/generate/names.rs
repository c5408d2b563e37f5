//! Names in Rust: cases, keywords, and those that hand-written code has taken.

use std::collections::BTreeSet;

use crate::catalogue::{Operation, QueryParameter};
use crate::error::{Error, Result};

/// Methods that hand-written code gives to all builders or to some; a parameter of such a name gets another setter.
pub(super) const BUILDER_METHODS: &[&str] = &[
    "all",
    "any_version",
    "attempt_timeout",
    "by_ids",
    "call",
    "chunk_size",
    "clone",
    "connect_timeout",
    "events",
    "header",
    "headers",
    "idempotency_key",
    "idempotent",
    "idle_timeout",
    "ids",
    "input",
    "input_file",
    "input_stream",
    "inputs",
    "into_call",
    "into_future",
    "into_request",
    "into_request_for",
    "items",
    "key_look_back",
    "label",
    "look_back",
    "look_up_for",
    "new",
    "no_retry",
    "on",
    "operation_server_index",
    "operation_server_variable",
    "options",
    "pages",
    "query_pair",
    "retry",
    "send",
    "server_index",
    "server_variable",
    "since",
    "skipping_invalid",
    "stream",
    "tenant",
    "timeout",
    "timeouts",
    "total_timeout",
    "try_clone",
    "unchecked",
    "wait_until_visible",
];

/// Methods of every open type.
const OPEN_TYPE_METHODS: &[&str] = &["fields", "get", "id", "into_fields", "new", "set", "type_"];

/// Type names that generated code writes without a path, so no schema may have them.
pub(super) const TAKEN_TYPES: &[&str] = &[
    "Box",
    "EpochMillis",
    "InputValue",
    "Into",
    "IntoIterator",
    "IsoDuration",
    "Option",
    "Page",
    "Self",
    "Sensitive",
    "String",
    "Vec",
];

const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// The name, with an underscore behind it if it is a keyword.
pub(super) fn escape(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// The name of a parameter's setter.
pub(super) fn setter(name: &str) -> String {
    if BUILDER_METHODS.contains(&name) { format!("{name}_parameter") } else { escape(name) }
}

/// The name of an open type's accessor.
pub(super) fn accessor(name: &str) -> String {
    let name = escape(name);
    if OPEN_TYPE_METHODS.contains(&name.as_str()) { format!("{name}_field") } else { name }
}

/// The name of a field's setter, beside the constructor.
pub(super) fn field_setter(name: &str) -> String {
    if name == "new" { "new_".to_owned() } else { name.to_owned() }
}

/// The name of an enum's variant; `Unknown` is the one that keeps other values.
pub(super) fn variant(name: &str) -> String {
    match name {
        "Unknown" => "ReportedUnknown".to_owned(),
        "VALUES" => "Values".to_owned(),
        other => escape(other),
    }
}

/// `CreateFlow` of `create_flow`.
pub(super) fn upper_camel(snake: &str) -> String {
    snake.split('_').map(capitalized).collect()
}

/// `createFlow` of `create_flow`: what serde's `rename_all = "camelCase"` makes of a field.
pub(super) fn lower_camel(snake: &str) -> String {
    let camel: String = snake.split('_').map(capitalized).collect();
    match camel.chars().next() {
        Some(first) => first.to_lowercase().chain(camel.chars().skip(1)).collect(),
        None => camel,
    }
}

/// `flow_id` of `FlowId`.
pub(super) fn snake(camel: &str) -> String {
    let mut name = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// `Create flow` of `create_flow`.
pub(super) fn sentence(snake: &str) -> String {
    capitalized(&snake.replace('_', " "))
}

/// What names a flow or a trigger, from the outside in, as paths have it.
const OUTER_NAMES: &[&str] = &["namespace", "flowNamespace", "flowId", "triggerId"];

/// What a setter sets, as an argument's meaning: `The page.` of `Sets the page.`
pub(super) fn noun_phrase(summary: &str) -> String {
    summary.strip_prefix("Sets ").map_or_else(|| summary.to_owned(), capitalized)
}

/// Where a constructor takes the value of this name on the wire: a namespace comes first, as swapped names compile and find
/// nothing; what names nothing keeps its place behind.
pub(super) fn rank(wire: &str) -> usize {
    OUTER_NAMES.iter().position(|name| *name == wire).unwrap_or(OUTER_NAMES.len())
}

/// The query parameters that a constructor takes, each with its place in the catalogue, in the order of the constructor.
pub(super) fn required_query(operation: &Operation) -> Vec<(usize, &QueryParameter)> {
    let required = operation.query.iter().enumerate().filter(|(_, parameter)| parameter.required);
    let mut required: Vec<_> = required.collect();
    required.sort_by_key(|(_, parameter)| rank(&parameter.name));
    required
}

/// Whether the value of this name on the wire is a part of the name of a flow or a trigger.
pub(super) fn is_part_of_name(wire: &str) -> bool {
    wire == "id" || OUTER_NAMES.contains(&wire)
}

/// The names of one scope, to find those that collide.
#[derive(Debug)]
pub(super) struct Taken {
    scope: String,
    names: BTreeSet<String>,
}

impl Taken {
    pub(super) fn new(scope: String) -> Self {
        Self { scope, names: BTreeSet::new() }
    }

    /// Takes the name, or with the first number behind it that is free.
    pub(super) fn numbered(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2;
        while !self.names.insert(free.clone()) {
            free = format!("{name}{number}");
            number += 1;
        }
        free
    }

    /// Takes a name that nobody else may have.
    pub(super) fn take(&mut self, name: &str) -> Result<()> {
        if self.names.insert(name.to_owned()) {
            return Ok(());
        }
        Err(Error::invalid(
            "generated code",
            format!("{} has `{name}` twice; a correction can rename one", self.scope),
        ))
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made() {
        assert_eq!(upper_camel("create_flow_2"), "CreateFlow2");
        assert_eq!(lower_camel("task_run_list"), "taskRunList");
        assert_eq!(snake("FlowId"), "flow_id");
        assert_eq!(sentence("create_flow"), "Create flow");
        assert_eq!(noun_phrase("Sets the page."), "The page.");
        assert_eq!(noun_phrase("Deletes files."), "Deletes files.");
    }

    #[test]
    fn taken_names_are_moved() {
        assert_eq!(escape("type"), "type_");
        assert_eq!(setter("timeout"), "timeout_parameter");
        assert_eq!(setter("match"), "match_");
        assert_eq!(variant("Unknown"), "ReportedUnknown");
        assert_eq!(accessor("fields"), "fields_field");
    }

    #[test]
    fn a_namespace_comes_first() {
        let mut names = ["disabled", "flowId", "id", "namespace", "triggerId"];
        names.sort_by_key(|name| rank(name));
        assert_eq!(names, ["namespace", "flowId", "triggerId", "disabled", "id"]);
    }

    #[test]
    fn lists_are_sorted() {
        assert!(BUILDER_METHODS.is_sorted() && KEYWORDS.is_sorted() && OPEN_TYPE_METHODS.is_sorted());
    }
}
