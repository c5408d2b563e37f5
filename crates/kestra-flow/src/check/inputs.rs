//! What servers hold the inputs of a flow to, besides the schema.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{items, maps};
use super::scalar::plain;
use super::walk::{Fields, Walk, fields, join, text};
use super::{Release, pattern, values};
use crate::Node;
use crate::read::{Tree, Value};

/// An input, or one within a form.
struct Input<'a> {
    path: String,
    /// The id, with that of the form and a dot in front.
    id: String,
    tree: &'a Tree,
    found: Fields<'a>,
}

impl Input<'_> {
    fn word(&self, name: &str) -> Option<&str> {
        self.found.get(name).and_then(|(_, tree)| text(tree))
    }

    fn has(&self, name: &str) -> bool {
        self.found.contains_key(name)
    }

    fn is_optional(&self) -> bool {
        self.found
            .get("required")
            .is_some_and(|(_, tree)| !matches!(&tree.value, Value::Scalar { node: Node::Bool(true), .. }))
    }
}

/// Reports what is wrong with inputs, and collects those that have to be given.
pub(super) fn check(walk: &mut Walk<'_>, tree: &Tree, release: Option<Release>, needed: &mut Vec<String>) {
    let mut all = Vec::new();
    leaves(walk, tree, "inputs", "", &mut all);
    let ids: Vec<&str> = all.iter().map(|input| input.id.as_str()).filter(|id| !id.is_empty()).collect();
    let beside: Vec<&str> =
        maps(tree, "inputs").iter().filter_map(|(.., found)| text(found.get("id")?.1)).collect();
    let mut known = BTreeSet::new();
    for input in &all {
        if input.id.is_empty() {
            continue;
        }
        // Those beside each other are reported with the ids of tasks.
        let is_beside = beside.iter().filter(|id| **id == input.id).count() > 1;
        if !known.insert(input.id.as_str()) && !is_beside {
            let message = format!("duplicate id `{}`: rename one of them", input.id);
            let at = input.found.get("id").map_or(input.tree.range.start, |(_, id)| id.range.start);
            walk.error(at, &join(&input.path, "id"), message);
        }
        if !input.is_optional() && !input.has("defaults") && !input.has("dependsOn") {
            needed.push(input.id.clone());
        }
        one(walk, input, release);
        if input.word("type") == Some("FILE")
            && let Some(file) = input.word("defaults")
            && !["file:", "nsfile:", "kestra:", "{{"].iter().any(|begin| file.starts_with(begin))
        {
            let message = "the default of a FILE must be a URI: begin it with `file:` or `nsfile:`";
            walk.error(input.tree.range.start, &input.path, message);
        }
        if release.is_some_and(|release| release >= Release::V1_3)
            && let Some(below) = ids
                .iter()
                .find(|other| other.strip_prefix(&*input.id).is_some_and(|rest| rest.starts_with('.')))
        {
            let message = format!(
                "the id of the input `{below}` begins with `{}.`, the id of another input: rename one of them",
                input.id
            );
            walk.error(input.tree.range.start, &input.path, message);
        }
        if release == Some(Release::V2_0)
            && let Some((_, default)) = input.found.get("defaults")
            && let Some(problem) =
                values::problem(input.word("type").unwrap_or_default(), default, &input.found)
        {
            walk.error(default.range.start, &join(&input.path, "defaults"), problem);
        }
    }
    dependencies(walk, &all);
}

/// Reports what is wrong with the inputs that a Pause asks for; their ids and defaults are not looked at.
pub(super) fn on_resume(walk: &mut Walk<'_>, tree: &Tree, path: &str, release: Option<Release>) {
    let mut all = Vec::new();
    leaves(walk, tree, path, "", &mut all);
    all.iter().for_each(|input| one(walk, input, release));
}

/// Collects inputs, with those within a form in its place, and reports what is wrong with the form.
fn leaves<'a>(walk: &mut Walk<'_>, tree: &'a Tree, path: &str, form: &str, all: &mut Vec<Input<'a>>) {
    for (path, tree, found) in maps(tree, path) {
        // Kestra 1.x also reads `name`.
        let id =
            found.get("id").or_else(|| found.get("name")).and_then(|(_, id)| text(id)).unwrap_or_default();
        let id = if form.is_empty() || id.is_empty() { id.to_owned() } else { format!("{form}.{id}") };
        let input = Input { path, id, tree, found };
        if input.word("type") != Some("FORM") {
            all.push(input);
            continue;
        }
        if !form.is_empty() {
            walk.error(tree.range.start, &input.path, "a FORM cannot be within a FORM");
        } else if let Some((_, children)) = input.found.get("inputs") {
            leaves(walk, children, &join(&input.path, "inputs"), &input.id, all);
        }
        for field in ["defaults", "prefill"] {
            if input.has(field) {
                let message = format!("a FORM has no `{field}`: set it on the inputs within the FORM");
                walk.error(tree.range.start, &join(&input.path, field), message);
            }
        }
    }
}

/// Reports what is wrong with an input by itself.
fn one(walk: &mut Walk<'_>, input: &Input<'_>, release: Option<Release>) {
    let since_1_3 = release.is_some_and(|release| release >= Release::V1_3);
    let kind = input.word("type").unwrap_or_default();
    let item = input.word("itemType").unwrap_or_default();
    let is_refused = match kind {
        "ARRAY" => {
            item == "ARRAY" || since_1_3 && matches!(item, "SECRET" | "MULTISELECT" | "SELECT" | "ENUM")
        }
        "MULTISELECT" => since_1_3 && matches!(item, "ARRAY" | "SECRET" | "MULTISELECT" | "SELECT" | "ENUM"),
        _ => false,
    };
    if is_refused {
        let article = if kind == "ARRAY" { "an" } else { "a" };
        walk.error(
            input.tree.range.start,
            &input.path,
            format!("{article} {kind} cannot have items of type {item}"),
        );
    }
    if let Some((_, validator)) = input.found.get("validator")
        && let Value::Scalar { node, .. } = &validator.value
        && let Some(problem) = pattern::problem(&plain(node))
    {
        let message = format!("the pattern is not valid: {problem}");
        walk.error(validator.range.start, &join(&input.path, "validator"), message);
    }
    for name in ["after", "before"] {
        if let Some(bound) = input.word(name)
            && values::is_no_bound(kind, bound)
        {
            let message = format!("`{bound}` is not a value of type {kind}");
            walk.error(input.tree.range.start, &join(&input.path, name), message);
        }
    }
    if let Some((_, values)) = input.found.get("values") {
        for (path, value, found) in maps(values, &join(&input.path, "values")) {
            if !found.contains_key("value") {
                walk.error(value.range.start, &path, "`value` is missing");
            }
        }
    }
    if since_1_3 && input.is_optional() && input.has("defaults") {
        let message = "an input with `defaults` cannot have `required: false`: remove one of them";
        walk.error(input.tree.range.start, &input.path, message);
    }
    if since_1_3 && input.has("prefill") && input.has("defaults") {
        let message = "an input with `defaults` cannot have a `prefill`: remove one of them";
        walk.error(input.tree.range.start, &input.path, message);
    }
}

/// Reports inputs that depend on one that is not there, or on each other.
fn dependencies(walk: &mut Walk<'_>, all: &[Input<'_>]) {
    let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for input in all {
        let list = input.found.get("dependsOn").and_then(|(_, depends)| fields(depends));
        let list = list.and_then(|depends| items(depends.get("inputs")?.1)).unwrap_or_default();
        needs.insert(&input.id, list.iter().filter_map(text).collect());
    }
    for input in all {
        let place = input.found.get("dependsOn").map_or(input.tree.range.start, |(range, _)| range.start);
        let path = join(&input.path, "dependsOn");
        let wanted = needs.get(&*input.id).map(Vec::as_slice).unwrap_or_default();
        if let Some(unknown) = wanted.iter().find(|need| !needs.contains_key(*need)) {
            walk.error(place, &path, format!("there is no input `{unknown}`"));
        }
        let mut reached = BTreeSet::new();
        let mut left: Vec<&str> = wanted.to_vec();
        while let Some(next) = left.pop() {
            if reached.insert(next) {
                left.extend(needs.get(next).into_iter().flatten());
            }
        }
        if reached.contains(&*input.id) {
            walk.error(place, &path, format!("`{}` depends on itself", input.id));
        }
    }
}
