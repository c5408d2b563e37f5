//! Names in expressions that nothing in the flow has: warnings, as only the server renders expressions.

use std::collections::BTreeSet;

use super::finding::Severity;
use super::rules::{each_task, maps};
use super::walk::{Walk, fields, join, text};
use crate::read::{Tree, Value};

/// What a flow defines.
#[derive(Default)]
struct Names<'a> {
    inputs: BTreeSet<&'a str>,
    tasks: BTreeSet<String>,
    variables: BTreeSet<&'a str>,
}

/// Warns of unknown inputs, outputs and variables in all expressions of a flow.
pub(super) fn check(walk: &mut Walk<'_>, flow: &Tree) {
    let Some(found) = fields(flow) else { return };
    let mut names = Names::default();
    if let Some((_, tree)) = found.get("inputs") {
        let ids = maps(tree, "inputs").into_iter().filter_map(|(_, _, found)| text(found.get("id")?.1));
        // A name with dots is read as a map in a map.
        names.inputs = ids.map(|id| id.split('.').next().unwrap_or(id)).collect();
    }
    if let Some((_, tree)) = found.get("variables") {
        names.variables = fields(tree).unwrap_or_default().into_keys().collect();
    }
    for list in ["tasks", "errors", "finally", "afterExecution"] {
        if let Some((_, tree)) = found.get(list) {
            each_task(tree, list, &mut |_, _, found| {
                names.tasks.extend(found.get("id").and_then(|(_, id)| text(id)).map(str::to_owned));
            });
        }
    }
    for (key, (_, tree)) in found {
        below(walk, tree, key, &names);
    }
}

fn below(walk: &mut Walk<'_>, tree: &Tree, path: &str, names: &Names<'_>) {
    match &tree.value {
        Value::Scalar { node, .. } => {
            for (root, name) in node.as_str().map(references).unwrap_or_default() {
                let (what, is_known) = match root {
                    "inputs" => ("input", names.inputs.contains(name)),
                    "outputs" => ("task", names.tasks.contains(name)),
                    _ => ("variable", names.variables.contains(name)),
                };
                if root != "vars" && is_cut_at_a_dash(node.as_str().unwrap_or_default(), root, name, names) {
                    let message = format!("write a name with dashes in brackets: `{root}[\"{name}-..\"]`");
                    walk.error(tree.range.start, path, message);
                } else if !is_known {
                    let message = format!("the flow has no {what} `{name}`");
                    walk.find(Severity::Warning, tree.range.start, path, message);
                }
            }
        }
        Value::List { items, .. } => {
            for (index, item) in items.iter().enumerate() {
                below(walk, item, &format!("{path}[{index}]"), names);
            }
        }
        Value::Map { entries, .. } => {
            for entry in entries {
                below(walk, &entry.tree, &join(path, &entry.key), names);
            }
        }
    }
}

/// Returns whether `inputs.a-b` is meant as the input `a-b`, which a server refuses.
fn is_cut_at_a_dash(text: &str, root: &str, name: &str, names: &Names<'_>) -> bool {
    let begin = format!("{name}-");
    let is_word = |char: char| char.is_ascii_alphanumeric() || "_-".contains(char);
    text.split_once(&format!("{root}.{begin}")).is_some_and(|(_, rest)| {
        let whole = format!("{begin}{}", rest.split(|char| !is_word(char)).next().unwrap_or_default());
        names.inputs.contains(whole.as_str()) || names.tasks.contains(&whole)
    })
}

/// Returns what the expressions of a text refer to: `inputs`, `outputs` or `vars`, and the name below it.
fn references(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let (expression, tail) = after.split_once("}}").unwrap_or((after, ""));
        // What may be absent is asked for so.
        if !expression.contains("??") && !expression.contains(" is ") && !expression.contains("default") {
            of_expression(expression, &mut found);
        }
        rest = tail;
    }
    found
}

fn of_expression<'a>(expression: &'a str, found: &mut Vec<(&'a str, &'a str)>) {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    for root in ["inputs", "outputs", "vars"] {
        for (at, _) in expression.match_indices(root) {
            let is_begin = !expression[..at].ends_with(|char: char| is_word(char) || "'\".".contains(char));
            let after = &expression[at + root.len()..];
            let name = if let Some(name) = after.strip_prefix('.') {
                name.split(|char: char| !is_word(char)).next()
            } else {
                let quoted = after.strip_prefix("['").or_else(|| after.strip_prefix("[\""));
                quoted.and_then(|name| name.split(['\'', '"']).next())
            };
            if let Some(name) = name.filter(|name| is_begin && !name.is_empty()) {
                found.push((root, name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::references;

    #[test]
    fn names_are_found_in_any_form_but_where_they_may_be_absent() {
        assert_eq!(
            references("{{ inputs.a }} {{ outputs['b-c'].value }}"),
            [("inputs", "a"), ("outputs", "b-c")]
        );
        assert_eq!(references("{{ vars.a ~ vars[\"b\"] }} inputs.c"), [("vars", "a"), ("vars", "b")]);
        assert_eq!(references("{{ inputs.a ?? 'b' }}{{ trigger.outputs.x }}{{ 'inputs.b' }}"), []);
    }
}
