//! What servers hold a flow to besides its schema.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::{Fields, Walk, fields, join, text};
use super::{Release, expressions};
use super::{cron, inputs, scalar};
use crate::Node;
use crate::read::{Tree, Value};

/// Reports what is wrong with a flow as a whole. Without a release only what all of them have alike is.
pub(super) fn check(walk: &mut Walk<'_>, flow: &Tree, release: Option<Release>) {
    let Some(found) = fields(flow) else { return };
    if let Some((range, deleted)) = found.get("deleted")
        && !matches!(&deleted.value, Value::Scalar { node: Node::Bool(false), .. })
    {
        walk.error(range.start, "deleted", "the server would delete the flow: remove the field");
    }
    if let Some((range, tasks)) = found.get("tasks")
        && items(tasks).is_some_and(<[_]>::is_empty)
    {
        walk.error(range.start, "tasks", "must have a task");
    }
    if let Some((_, tree)) = found.get("labels") {
        labels(walk, tree, release);
    }
    unique_ids(walk, &found);
    if let Some((_, tree)) = found.get("checks") {
        for (path, check, found) in maps(tree, "checks") {
            if !found.contains_key("when") && !found.contains_key("condition") {
                walk.error(check.range.start, &path, "`when` is missing");
            }
        }
    }
    let mut needed = Vec::new();
    if let Some((_, tree)) = found.get("inputs") {
        inputs::check(walk, tree, release, &mut needed);
    }
    if let Some((_, tree)) = found.get("triggers") {
        triggers(walk, tree, release, &needed);
    }
    if let (Some((_, namespace)), Some((_, id))) = (found.get("namespace"), found.get("id")) {
        let own = (text(namespace), text(id));
        for list in ["tasks", "errors", "finally", "afterExecution"] {
            if let Some((_, tree)) = found.get(list) {
                each_task(tree, list, &mut |path, task, found| {
                    of_task(walk, path, task, found, own, release)
                });
            }
        }
    }
    expressions::check(walk, flow);
}

/// Reports what a server refuses in a task besides its fields.
fn of_task(
    walk: &mut Walk<'_>,
    path: &str,
    task: &Tree,
    found: &Fields<'_>,
    own: (Option<&str>, Option<&str>),
    release: Option<Release>,
) {
    let word = |name| found.get(name).and_then(|(_, tree)| text(tree));
    let class = word("type").unwrap_or_default().rsplit('.').next().unwrap_or_default();
    if let Some((range, tasks)) = found.get("tasks")
        && items(tasks).is_some_and(<[_]>::is_empty)
    {
        walk.error(range.start, &join(path, "tasks"), "must have a task");
    }
    let retry = found.get("retry").and_then(|(_, retry)| fields(retry)).unwrap_or_default();
    for name in ["interval", "minInterval", "maxInterval"] {
        if let Some((_, tree)) = retry.get(name)
            && release == Some(Release::V2_0)
            && let Value::Scalar { node, .. } = &tree.value
            && scalar::plain(node).starts_with('-')
        {
            walk.error(tree.range.start, &join(path, &format!("retry.{name}")), "must be positive");
        }
    }
    match class {
        "Subflow" if (word("namespace"), word("flowId")) == own && own.1.is_some() => {
            walk.error(task.range.start, path, "the flow would run itself: name another flow");
        }
        "Switch" if !found.contains_key("cases") && !found.contains_key("defaults") => {
            walk.error(task.range.start, path, "must have a task in `cases` or `defaults`");
        }
        "Dag" => dag(walk, path, found),
        "WorkingDirectory" => working_directory(walk, path, found),
        "Pause" => {
            if let Some((_, tree)) = found.get("onResume") {
                inputs::on_resume(walk, tree, &join(path, "onResume"), release);
            }
        }
        _ => {}
    }
}

/// The tasks of Kestra that its executor runs, not a worker.
const NOT_RUNNABLE: [&str; 19] = [
    "AllowFailure",
    "Dag",
    "EachParallel",
    "EachSequential",
    "Exit",
    "ForEach",
    "ForEachItem",
    "If",
    "Labels",
    "Loop",
    "LoopUntil",
    "Parallel",
    "Pause",
    "Sequential",
    "SetVariables",
    "Subflow",
    "Switch",
    "UnsetVariables",
    "WorkingDirectory",
];

/// Reports tasks that a worker cannot run in the folder that the tasks of a WorkingDirectory share.
fn working_directory(walk: &mut Walk<'_>, path: &str, found: &Fields<'_>) {
    let Some((_, tasks)) = found.get("tasks") else { return };
    for (path, task, found) in maps(tasks, &join(path, "tasks")) {
        let kind = found.get("type").and_then(|(_, kind)| text(kind)).unwrap_or_default();
        let class = kind.rsplit('.').next().unwrap_or_default();
        let is_kestras = kind.starts_with("io.kestra.plugin.core.") || kind.starts_with("io.kestra.core.");
        if is_kestras && NOT_RUNNABLE.contains(&class) {
            let message = format!("a worker cannot run a {class}: move it out of the WorkingDirectory");
            walk.error(task.range.start, &path, message);
        }
    }
}

/// Reports tasks of a Dag that depend on one that is not there, or on each other.
fn dag(walk: &mut Walk<'_>, path: &str, found: &Fields<'_>) {
    let Some((_, tasks)) = found.get("tasks") else { return };
    let path = join(path, "tasks");
    let mut left = BTreeMap::new();
    for (path, part, found) in maps(tasks, &path) {
        let id = found.get("task").and_then(|(_, task)| text(fields(task)?.get("id")?.1));
        let needs = found.get("dependsOn").and_then(|(_, tree)| items(tree)).unwrap_or_default();
        if let Some(id) = id {
            left.insert(id, (path, part, needs.iter().filter_map(text).collect::<Vec<_>>()));
        }
    }
    let known: BTreeSet<&str> = left.keys().copied().collect();
    for (path, part, needs) in left.values() {
        if let Some(unknown) = needs.iter().find(|need| !known.contains(*need)) {
            walk.error(
                part.range.start,
                path,
                format!("depends on `{unknown}`, which is no task of the Dag"),
            );
        }
    }
    // What is left after all have gone that depend on nothing is a circle.
    loop {
        let before = left.len();
        let waiting: BTreeSet<&str> = left.keys().copied().collect();
        left.retain(|_, (.., needs)| needs.iter().any(|need| waiting.contains(need)));
        if left.len() == before {
            break;
        }
    }
    if let Some((id, (path, part, _))) = left.first_key_value() {
        walk.error(part.range.start, path, format!("`{id}` depends on tasks that depend on it"));
    }
}

pub(super) fn items(tree: &Tree) -> Option<&[Tree]> {
    match &tree.value {
        Value::List { items, .. } => Some(items),
        _ => None,
    }
}

/// Returns the maps in a list, each with its path and its fields.
pub(super) fn maps<'a>(tree: &'a Tree, path: &str) -> Vec<(String, &'a Tree, Fields<'a>)> {
    let items = items(tree).unwrap_or_default().iter().enumerate();
    items.filter_map(|(index, item)| Some((format!("{path}[{index}]"), item, fields(item)?))).collect()
}

fn is_structure(tree: &Tree) -> bool {
    !matches!(tree.value, Value::Scalar { .. })
}

fn labels(walk: &mut Walk<'_>, tree: &Tree, release: Option<Release>) {
    for (key, (_, value)) in fields(tree).unwrap_or_default() {
        if is_structure(value) {
            walk.error(value.range.start, &format!("labels.{key}"), "a label's value must be a scalar");
        }
    }
    for (index, item) in items(tree).unwrap_or_default().iter().enumerate() {
        let path = format!("labels[{index}]");
        let Some(found) = fields(item) else {
            walk.error(item.range.start, &path, "must be a map with `key` and `value`");
            continue;
        };
        for (name, is_held) in [("key", true), ("value", release == Some(Release::V1_0))] {
            if let Some((_, value)) = found.get(name)
                && is_held
                && text(value).is_none()
            {
                walk.error(value.range.start, &join(&path, name), "must be a string: quote it");
            }
        }
        if let Some(key) = found.get("key").and_then(|(_, key)| text(key))
            && release.is_some_and(|release| release > Release::V1_0)
            && !is_label(key)
        {
            let message =
                "a label's key has lower-case letters, digits, `-`, `_` and `.`, with a letter first";
            walk.error(item.range.start, &join(&path, "key"), message);
        }
    }
}

fn is_label(key: &str) -> bool {
    key.starts_with(char::is_lowercase)
        && key.chars().all(|char| char.is_alphabetic() || char.is_ascii_digit() || "._-".contains(char))
}

/// Reports ids that are there twice: a server keeps results by the id of the task.
fn unique_ids(walk: &mut Walk<'_>, flow: &Fields<'_>) {
    let mut known = BTreeSet::new();
    for list in ["tasks", "errors", "finally", "afterExecution"] {
        if let Some((_, tree)) = flow.get(list) {
            each_task(tree, list, &mut |path, task, found| id(walk, path, task, found, &mut known));
        }
    }
    for list in ["inputs", "outputs", "triggers"] {
        if let Some((_, tree)) = flow.get(list) {
            let mut known = BTreeSet::new();
            for (path, item, found) in maps(tree, list) {
                id(walk, &path, item, &found, &mut known);
            }
        }
    }
}

/// Calls a function with every task below a list.
pub(super) fn each_task(tree: &Tree, path: &str, call: &mut dyn FnMut(&str, &Tree, &Fields<'_>)) {
    for (path, item, found) in maps(tree, path) {
        task_and_below(item, &path, &found, call);
    }
}

fn task_and_below(
    item: &Tree,
    path: &str,
    found: &Fields<'_>,
    call: &mut dyn FnMut(&str, &Tree, &Fields<'_>),
) {
    call(path, item, found);
    for list in ["tasks", "then", "else", "errors", "finally", "defaults"] {
        if let Some((_, tree)) = found.get(list) {
            each_task(tree, &join(path, list), call);
        }
    }
    for (case, (_, tree)) in found.get("cases").and_then(|(_, cases)| fields(cases)).unwrap_or_default() {
        each_task(tree, &format!("{path}.cases.{case}"), call);
    }
    // The tasks of a Dag and of a Pause are one level deeper.
    for name in ["task", "onPause"] {
        if let Some((_, task)) = found.get(name)
            && let Some(found) = fields(task)
        {
            task_and_below(task, &join(path, name), &found, call);
        }
    }
}

fn id(walk: &mut Walk<'_>, path: &str, tree: &Tree, found: &Fields<'_>, known: &mut BTreeSet<String>) {
    let Some((_, id)) = found.get("id") else { return };
    let Some(text) = text(id) else { return };
    if !known.insert(text.to_owned()) {
        let at = if id.range.is_empty() { tree.range.start } else { id.range.start };
        walk.error(at, &join(path, "id"), format!("duplicate id `{text}`: rename one of them"));
    }
}

fn triggers(walk: &mut Walk<'_>, tree: &Tree, release: Option<Release>, needed: &[String]) {
    for (path, trigger, found) in maps(tree, "triggers") {
        let field = |name| found.get(name).map(|(_, tree)| *tree);
        let is_schedule = field("type").and_then(text).is_some_and(|kind| {
            kind.ends_with(".trigger.Schedule") || kind == "io.kestra.core.models.triggers.types.Schedule"
        });
        if !is_schedule {
            continue;
        }
        let has_seconds = field("withSeconds")
            .is_some_and(|tree| matches!(&tree.value, Value::Scalar { node: Node::Bool(true), .. }));
        if let Some(cron) = field("cron")
            && let Value::Scalar { node, .. } = &cron.value
            && let Some(problem) = cron::problem(&scalar::plain(node), has_seconds, release)
        {
            walk.error(cron.range.start, &join(&path, "cron"), problem);
        }
        let given = field("inputs").and_then(fields).unwrap_or_default();
        let missing = needed.iter().find(|input| !given.contains_key(input.as_str()));
        if let Some(input) = missing
            && release == Some(Release::V2_0)
        {
            let message = format!("the input `{input}` has no default: add it to the trigger's `inputs`");
            walk.error(trigger.range.start, &path, message);
        }
    }
}
