//! Names in expressions that nothing in the flow has: warnings, as only the server renders expressions.

use std::collections::BTreeSet;

use super::finding::Severity;
use super::rules::{each_task, maps};
use super::walk::{Walk, fields, join, text};
use crate::pebble::{Binary, Piece, Tree as Expression, pieces};
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
                let Some(id) = found.get("id").and_then(|(_, id)| text(id)) else { return };
                let kind = found.get("type").and_then(|(_, kind)| text(kind)).unwrap_or_default();
                if kind.ends_with(".ForEachItem") {
                    // The server makes these tasks of it.
                    names.tasks.extend(["split", "items", "merge"].map(|part| format!("{id}_{part}")));
                }
                names.tasks.insert(id.to_owned());
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
            if let Some(template) = node.as_str().filter(|template| template.contains("{{")) {
                of_template(walk, template, tree, path, names);
            }
        }
        Value::List { items, .. } => {
            for (index, item) in items.iter().enumerate() {
                below(walk, item, &format!("{path}[{index}]"), names);
            }
        }
        Value::Map { entries, .. } => {
            let is_subflow = entries.iter().any(|entry| {
                entry.key == "type" && text(&entry.tree).is_some_and(|kind| kind.ends_with(".Subflow"))
            });
            for entry in entries {
                // Outputs of a subflow are rendered there, and a description nowhere.
                let is_elsewhere = is_subflow && entry.key == "outputs";
                if is_elsewhere || entry.key == "description" {
                    continue;
                }
                below(walk, &entry.tree, &join(path, &entry.key), names);
            }
        }
    }
}

/// Checks the expressions of a string.
fn of_template(walk: &mut Walk<'_>, template: &str, tree: &Tree, path: &str, names: &Names<'_>) {
    // A statement decides what is rendered, and sets variables.
    if template.contains("{%") {
        return;
    }
    for piece in pieces(template) {
        match piece {
            Piece::Text(_) => {}
            Piece::Expression { source, tree: Ok(expression), .. } => {
                of_expression(walk, (source, &expression), tree, path, names);
            }
            Piece::Expression { tree: Err(cause), .. } => {
                let message = format!("an expression can't be read: {cause}");
                walk.find(Severity::Warning, tree.range.start, path, message);
            }
        }
    }
}

fn of_expression(
    walk: &mut Walk<'_>,
    (source, expression): (&str, &Expression),
    tree: &Tree,
    path: &str,
    names: &Names<'_>,
) {
    let mut found = Vec::new();
    references(expression, false, &mut found);
    for (root, name) in found {
        let (what, is_known) = match root.as_str() {
            "inputs" => ("input", names.inputs.contains(name.as_str())),
            "outputs" => ("task", names.tasks.contains(&name)),
            _ => ("variable", names.variables.contains(name.as_str())),
        };
        if root != "vars" && is_cut_at_a_dash(source, &root, &name, names) {
            let message = format!("write a name with dashes in brackets: `{root}[\"{name}-..\"]`");
            walk.error(tree.range.start, path, message);
        } else if !is_known {
            let message = format!("the flow has no {what} `{name}`");
            walk.find(Severity::Warning, tree.range.start, path, message);
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

/// Adds what an expression refers to: `inputs`, `outputs` or `vars`, and the name below it. What `may_be_absent` is left out.
fn references(tree: &Expression, may_be_absent: bool, found: &mut Vec<(String, String)>) {
    let mut each = |tree: &Expression, may_be_absent| references(tree, may_be_absent, found);
    match tree {
        Expression::Null
        | Expression::Bool(_)
        | Expression::Integer(_)
        | Expression::Number(_)
        | Expression::Text(_)
        | Expression::Variable(_) => {}
        Expression::List(items) => items.iter().for_each(|item| each(item, may_be_absent)),
        Expression::Map(entries) => entries.iter().for_each(|(key, value)| {
            each(key, may_be_absent);
            each(value, may_be_absent);
        }),
        Expression::Attribute(of, key) => {
            each(key, may_be_absent);
            match (of.as_ref(), key.as_ref()) {
                (Expression::Variable(root), Expression::Text(name)) => {
                    if !may_be_absent && matches!(root.as_str(), "inputs" | "outputs" | "vars") {
                        found.push((root.clone(), name.clone()));
                    }
                }
                _ => each(of, may_be_absent),
            }
        }
        Expression::Call(_, arguments) => {
            arguments.iter().for_each(|argument| each(&argument.value, may_be_absent));
        }
        Expression::Filter(of, name, arguments) => {
            each(of, may_be_absent || name == "default");
            arguments.iter().for_each(|argument| each(&argument.value, may_be_absent));
        }
        Expression::Unary(_, of) => each(of, may_be_absent),
        Expression::Binary(Binary::Coalesce | Binary::CoalesceMissing, left, right) => {
            each(left, true);
            each(right, may_be_absent);
        }
        Expression::Binary(_, left, right) => {
            // `a is defined and a > 1`
            let is_tested = has_test(left);
            each(left, may_be_absent);
            each(right, may_be_absent || is_tested);
        }
        Expression::Method(of, _, arguments) => {
            each(of, may_be_absent);
            arguments.iter().for_each(|argument| each(&argument.value, may_be_absent));
        }
        Expression::Test(of, _, _, arguments) => {
            each(of, true);
            arguments.iter().for_each(|argument| each(&argument.value, may_be_absent));
        }
        Expression::Choice(condition, then, other) => {
            let is_tested = has_test(condition);
            each(condition, may_be_absent);
            each(then, may_be_absent || is_tested);
            each(other, may_be_absent || is_tested);
        }
    }
}

/// Returns whether a condition tests something, such as whether it is there.
fn has_test(condition: &Expression) -> bool {
    match condition {
        Expression::Test(..) => true,
        Expression::Unary(_, of) => has_test(of),
        Expression::Binary(_, left, right) => has_test(left) || has_test(right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces, references};

    fn of(template: &str) -> Vec<String> {
        let mut found = Vec::new();
        for piece in pieces(template) {
            if let Piece::Expression { tree, .. } = piece {
                references(&tree.unwrap(), false, &mut found);
            }
        }
        found.into_iter().map(|(root, name)| format!("{root}.{name}")).collect()
    }

    #[test]
    fn names_are_found_in_any_form_but_where_they_may_be_absent() {
        assert_eq!(of("{{ inputs.a }} {{ outputs['b-c'].value }}"), ["inputs.a", "outputs.b-c"]);
        assert_eq!(of("{{ vars.a ~ vars[\"b\"] }} inputs.c"), ["vars.a", "vars.b"]);
        assert!(
            of("{{ inputs.a ?? 'b' }}{{ trigger.outputs.x }}{{ 'inputs.b' }}{{ inputs.a | default(1) }}")
                .is_empty()
        );
        assert_eq!(of("{{ outputs[inputs.a].value ?? vars.b }}"), ["vars.b"]);
        assert_eq!(of("{{ f(inputs.a, x=[vars.b, {'c': -inputs.d}]) }}"), ["inputs.a", "vars.b", "inputs.d"]);
        assert!(of("{{ inputs.a is defined ? inputs.a : inputs.b }}").is_empty());
        assert_eq!(of("{{ inputs.a > 1 ? inputs.b : 1 }}"), ["inputs.a", "inputs.b"]);
    }

    fn warnings(tasks: &str) -> Vec<String> {
        let source = format!(
            "id: a\nnamespace: b\ninputs:\n  - {{id: file, type: STRING}}\n  - {{id: file-b, type: STRING}}\ntasks:\n{tasks}"
        );
        crate::check(&source, crate::Release::V1_3).iter().map(|finding| finding.message.clone()).collect()
    }

    #[test]
    fn text_statements_and_descriptions_are_no_expressions() {
        let log = |message: &str| {
            warnings(&format!(
                "  - id: c\n    type: io.kestra.plugin.core.log.Log\n    message: \"{message}\"\n"
            ))
        };
        assert!(log("see inputs.file-b: {{ inputs.file }}").is_empty());
        assert!(log("{% if inputs.y is defined %}{{ inputs.y }}{% endif %}").is_empty());
        assert!(log("{%- raw -%}{{ | }}{% endraw %}").is_empty());
        assert_eq!(log("{{ inputs.file-b }}").len(), 1);
        let source = "  - id: c\n    description: '{{ inputs.y }}'\n    type: io.kestra.plugin.core.log.Log\n    message: m\n";
        assert!(warnings(source).is_empty());
    }

    #[test]
    fn tasks_of_servers_and_deep_ones_are_known() {
        let found = warnings(
            "  - id: each\n    type: io.kestra.plugin.core.flow.ForEachItem\n    items: x\n    namespace: b\n    flowId: d\n  \
             - id: dag\n    type: io.kestra.plugin.core.flow.Dag\n    tasks:\n      - task:\n          id: seq\n          \
             type: io.kestra.plugin.core.flow.Sequential\n          tasks:\n            - id: deep\n              \
             type: io.kestra.plugin.core.log.Log\n              message: '{{ outputs.each_merge.x }} {{ outputs.deep.y }}'\n",
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn expressions_that_cannot_be_read_are_warned_of_but_not_those_of_another_flow() {
        let source = "id: a\nnamespace: b\ntasks:\n  - id: c\n    type: io.kestra.plugin.core.flow.Subflow\n    namespace: b\n    \
                      flowId: '{{ inputs.d | }}'\n    outputs:\n      e: '{{ outputs.f.g }}'\n";
        let found: Vec<_> =
            crate::check(source, crate::Release::V1_3).iter().map(ToString::to_string).collect();
        let cause = "an expression can't be read: Expected the name of a filter";
        assert_eq!(found, [format!("7:13: warning: tasks[0].flowId: {cause}")]);
    }
}
