//! The text after an edit. Whether it says what is meant is checked by reading it.

use std::ops::Range;

use super::text::{column, line_end, line_start, next_line, skip_blank, skip_properties, splice};
use crate::read::{Tree, Value};
use crate::{Map, Node, write};

/// A place for a value in the text.
#[derive(Clone, Copy)]
struct Slot<'a> {
    tree: &'a Tree,
    /// Behind the colon or the dash before the value.
    after: usize,
    /// The column of the key or the dash.
    column: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Document,
    /// The value of a key in block style.
    Field,
    /// What follows a dash.
    Item,
    /// Within `{}` or `[]`.
    Flow,
}

impl Slot<'_> {
    fn is_empty(&self) -> bool {
        self.tree.range.is_empty() && matches!(self.tree.value, Value::Scalar { is_block: false, .. })
    }

    /// Where the value ends.
    fn end(&self) -> usize {
        self.tree.range.end.max(self.after)
    }
}

/// What a path leads to.
enum Found<'a> {
    Slot(Slot<'a>),
    /// The deepest value on the way, and the names that it lacks.
    Missing(Slot<'a>, &'a [&'a str]),
}

pub(super) fn set(source: &str, tree: &Tree, path: &[&str], value: &Node) -> Result<String, String> {
    match find(source, tree, path)? {
        Found::Slot(slot) => replace(source, &slot, value),
        Found::Missing(slot, names) => insert(source, &slot, names, value),
    }
}

pub(super) fn append(source: &str, tree: &Tree, path: &[&str], value: &Node) -> Result<String, String> {
    let list = || Node::List(vec![value.clone()]);
    let slot = match find(source, tree, path)? {
        Found::Missing(slot, names) => return insert(source, &slot, names, &list()),
        Found::Slot(slot) => slot,
    };
    match &slot.tree.value {
        Value::List { items, .. } if items.is_empty() => replace(source, &slot, &list()),
        Value::List { is_flow: true, items } => add_to_flow(source, items.last(), &write::flow(value)),
        Value::List { .. } => {
            let column = children(source, &slot).last().map_or(0, |last| last.column);
            let text = format!("{:column$}-{}", "", write::value(value, column, false));
            insert_lines(source, slot.end(), &text)
        }
        Value::Scalar { node: Node::Null, .. } => replace(source, &slot, &list()),
        _ => Err("it is no list: `append` adds to lists".to_owned()),
    }
}

pub(super) fn remove(source: &str, tree: &Tree, path: &[&str]) -> Result<String, String> {
    let Some((name, parents)) = path.split_last() else { return Err("the path is empty".to_owned()) };
    let missing = || "nothing is there: leave the edit out".to_owned();
    let Found::Slot(parent) = find(source, tree, parents)? else { return Err(missing()) };
    let index = child_index(parent.tree, name)?.ok_or_else(missing)?;
    let (is_flow, empty) = match &parent.tree.value {
        Value::List { is_flow, .. } => (*is_flow, Node::List(Vec::new())),
        Value::Map { is_flow, .. } => (*is_flow, Node::Map(Map::new())),
        Value::Scalar { .. } => return Err(missing()),
    };
    let all = children(source, &parent);
    let child = all.get(index).ok_or_else(missing)?;
    if all.len() == 1 {
        return replace(source, &parent, &empty);
    }
    let next = all.get(index + 1);
    let range = match (is_flow, next, index.checked_sub(1).and_then(|before| all.get(before))) {
        (true, Some(next), _) => child.start..next.start,
        (true, None, Some(before)) => before.slot.end()..child.slot.end(),
        _ => block_range(source, child, next),
    };
    splice(source, vec![(range, String::new())])
}

/// What goes with a child in block style: its lines, or what is beside the dash of the collection that it begins.
fn block_range(source: &str, child: &Child<'_>, next: Option<&Child<'_>>) -> Range<usize> {
    let (start, end) = (child.start, child.slot.end());
    let line = line_start(source, start);
    match next {
        Some(next) if !source[line..start].trim().is_empty() => {
            let between = source.get(end..next.start).unwrap_or_default();
            let blanks = between.len() - between.trim_start_matches(' ').len();
            start..if between.contains('#') { end + blanks } else { next.start }
        }
        _ if next_line(source, end) == source.len() && !source.ends_with('\n') => {
            line.saturating_sub(1)..source.len()
        }
        _ => line..next_line(source, end),
    }
}

/// A value within a collection.
struct Child<'a> {
    /// Where the key or the dash is; in flow style, where the key or the value is.
    start: usize,
    column: usize,
    slot: Slot<'a>,
}

/// The values of a collection with their places.
fn children<'a>(source: &str, parent: &Slot<'a>) -> Vec<Child<'a>> {
    let mut end = parent.after;
    let mut all = Vec::new();
    match &parent.tree.value {
        Value::Scalar { .. } => {}
        Value::List { is_flow, items } => {
            for item in items {
                // Tags and anchors of the list itself are before the first dash.
                let skip = if all.is_empty() { skip_properties } else { skip_blank };
                let start = if *is_flow { item.range.start } else { skip(source, end) };
                let after = if source[start..].starts_with('-') && !is_flow { start + 1 } else { start };
                let column = column(source, start);
                let kind = if *is_flow { Kind::Flow } else { Kind::Item };
                let slot = Slot { tree: item, after, column, kind };
                end = slot.end();
                all.push(Child { start, column, slot });
            }
        }
        Value::Map { is_flow, entries } => {
            for entry in entries {
                let colon = skip_blank(source, entry.range.end);
                let after = if source[colon..].starts_with(':') { colon + 1 } else { entry.range.end };
                let (start, column) = (entry.range.start, column(source, entry.range.start));
                let kind = if *is_flow { Kind::Flow } else { Kind::Field };
                all.push(Child { start, column, slot: Slot { tree: &entry.tree, after, column, kind } });
            }
        }
    }
    all
}

fn child_index(tree: &Tree, name: &str) -> Result<Option<usize>, String> {
    match &tree.value {
        Value::List { items, .. } => super::path::index_of(items, name).map(Some),
        Value::Map { entries, .. } => Ok(entries.iter().rposition(|entry| entry.key == name)),
        Value::Scalar { .. } => Ok(None),
    }
}

fn find<'a>(source: &str, tree: &'a Tree, path: &'a [&'a str]) -> Result<Found<'a>, String> {
    let mut slot = Slot { tree, after: 0, column: 0, kind: Kind::Document };
    if source.starts_with("---") || source.contains("\n---") {
        // Behind the mark that begins the document.
        slot.after = source[..tree.range.start].rfind("---").map_or(0, |mark| mark + 3);
    }
    for (depth, name) in path.iter().enumerate() {
        match child_index(slot.tree, name)? {
            Some(index) => match children(source, &slot).get(index) {
                Some(child) => slot = child.slot,
                None => return Ok(Found::Missing(slot, &path[depth..])),
            },
            None => return Ok(Found::Missing(slot, &path[depth..])),
        }
    }
    Ok(Found::Slot(slot))
}

/// Adds a field, with maps around it for all names but the first.
fn insert(source: &str, slot: &Slot<'_>, names: &[&str], value: &Node) -> Result<String, String> {
    let Some((name, inner)) = names.split_first() else { return Err("the path is empty".to_owned()) };
    let value = inner.iter().rfold(value.clone(), |value, name| field(name, value));
    match &slot.tree.value {
        Value::Scalar { node: Node::Null, .. } => replace(source, slot, &field(name, value)),
        Value::Map { entries, .. } if entries.is_empty() => replace(source, slot, &field(name, value)),
        Value::Map { is_flow: true, entries } => {
            let text = format!("{}: {}", write::flow(&Node::from(*name)), write::flow(&value));
            add_to_flow(source, entries.last().map(|entry| &entry.tree), &text)
        }
        Value::Map { .. } => {
            let column = children(source, slot).last().map_or(0, |last| last.column);
            let text = format!("{:column$}{}", "", write::entry(name, &value, column));
            insert_lines(source, slot.end(), &text)
        }
        Value::List { .. } => Err(format!("it is a list, which has no `{name}`")),
        Value::Scalar { .. } => Err(format!("it is a scalar, which has no `{name}`")),
    }
}

fn field(name: &str, value: Node) -> Node {
    let mut map = Map::new();
    map.insert(name, value);
    map.into()
}

/// Adds lines, which end with a line break, after that of a place.
fn insert_lines(source: &str, end: usize, lines: &str) -> Result<String, String> {
    let place = line_end(source, end);
    let lines = lines.strip_suffix('\n').unwrap_or(lines);
    splice(source, vec![(place..place, format!("\n{lines}"))])
}

/// Adds behind the last value in flow style.
fn add_to_flow(source: &str, last: Option<&Tree>, text: &str) -> Result<String, String> {
    let place = last.map_or(0, |last| last.range.end);
    splice(source, vec![(place..place, format!(", {text}"))])
}

/// Replaces a value, or writes one where none is.
fn replace(source: &str, slot: &Slot<'_>, value: &Node) -> Result<String, String> {
    let (after, end) = (slot.after, slot.end());
    let first = if slot.is_empty() { after } else { skip_blank(source, after) };
    match slot.kind {
        Kind::Flow => {
            let space = if slot.is_empty() && source[..after].ends_with(':') { " " } else { "" };
            return splice(source, vec![(first..end, format!("{space}{}", write::flow(value)))]);
        }
        Kind::Document => {
            let text = value.to_yaml();
            return splice(source, vec![(first..line_end(source, end), text.trim_end().to_owned())]);
        }
        Kind::Field | Kind::Item => {}
    }
    let text = write::value(value, slot.column, slot.kind == Kind::Field);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    // What is beside the key, and the lines below it.
    let (head, body) = text.split_at(text.find('\n').unwrap_or(text.len()));
    let is_beside = !slot.is_empty() && !source[after..first].contains('\n');
    let is_block_collection =
        matches!(slot.tree.value, Value::List { is_flow: false, .. } | Value::Map { is_flow: false, .. });
    let is_block_scalar = matches!(slot.tree.value, Value::Scalar { is_block: true, .. });
    // A comment beside the key stays there.
    let (beside, below) = if slot.is_empty() {
        let line = line_end(source, after);
        (after..after, line..line)
    } else if !is_beside {
        (after..after, line_end(source, after)..line_end(source, end))
    } else if is_block_scalar {
        let header = source[first..].find(char::is_whitespace).map_or(source.len(), |length| first + length);
        (first..header, line_end(source, first)..line_end(source, end.max(header)))
    } else {
        let beside_end = if is_block_collection { line_end(source, end) } else { end };
        let line = line_end(source, end);
        (first..beside_end, line..line)
    };
    let beside_text = if beside.start == after || head.is_empty() { head } else { head.trim_start() };
    let beside = if head.is_empty() { after..beside.end } else { beside };
    if beside.end == below.start {
        return splice(source, vec![(beside.start..below.end, format!("{beside_text}{body}"))]);
    }
    splice(source, vec![(beside, beside_text.to_owned()), (below, body.to_owned())])
}
