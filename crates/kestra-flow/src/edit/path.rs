//! Where a path leads.

use crate::read::{Tree, Value};
use crate::{Map, Node};

/// One step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The field of a map.
    Key(String),
    /// The item of a list.
    Index(usize),
}

/// The steps of a path: items of lists by their position, and keys as they are once the tree ends.
pub(super) fn steps(tree: &Tree, path: &[&str]) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut tree = Some(tree);
    for name in path {
        let (step, next) = match tree.map(|tree| &tree.value) {
            Some(Value::List { items, .. }) => {
                let index = index_of(items, name)?;
                (Step::Index(index), items.get(index))
            }
            Some(Value::Map { entries, .. }) => {
                let entry = entries.iter().rfind(|entry| entry.key == *name);
                (Step::Key((*name).to_owned()), entry.map(|entry| &entry.tree))
            }
            Some(Value::Scalar { .. }) | None => (Step::Key((*name).to_owned()), None),
        };
        steps.push(step);
        tree = next;
    }
    Ok(steps)
}

/// The value that a step leads to.
pub(super) fn child<'a>(tree: &'a Tree, step: &Step) -> Option<&'a Tree> {
    match (&tree.value, step) {
        (Value::List { items, .. }, Step::Index(index)) => items.get(*index),
        (Value::Map { entries, .. }, Step::Key(key)) => {
            entries.iter().rfind(|entry| entry.key == *key).map(|entry| &entry.tree)
        }
        _ => None,
    }
}

/// The position of the item that a name means: that of its id, or else its position in digits.
pub(super) fn index_of(items: &[Tree], name: &str) -> Result<usize, String> {
    let is_named = |item: &&Tree| {
        matches!(&item.value, Value::Map { entries, .. } if entries.iter().any(|entry| {
            entry.key == "id" && matches!(&entry.tree.value, Value::Scalar { node: Node::String(id), .. } if id == name)
        }))
    };
    match items.iter().filter(is_named).count() {
        0 => name
            .parse()
            .ok()
            .filter(|index| *index < items.len())
            .ok_or_else(|| format!("no item of the list has the id or position `{name}`")),
        1 => Ok(items.iter().position(|item| is_named(&item)).unwrap_or_default()),
        several => Err(format!("{several} items of the list have the id `{name}`: name one by its position")),
    }
}

/// The node at the end of the steps; with `add` missing fields are added, as null at the end and as maps on the way.
pub(super) fn node_at<'a>(node: &'a mut Node, steps: &[Step], add: bool) -> Option<&'a mut Node> {
    let Some((first, rest)) = steps.split_first() else { return Some(node) };
    let next = match first {
        Step::Index(index) => node.as_list_mut()?.get_mut(*index)?,
        Step::Key(key) => {
            if add && node.is_null() {
                *node = Node::Map(Map::new());
            }
            let map = node.as_map_mut()?;
            if add && map.get(key).is_none() {
                map.insert(key.clone(), Node::Null);
            }
            map.get_mut(key)?
        }
    };
    node_at(next, rest, add)
}

/// Removes what is at the end of the steps.
pub(super) fn remove_at(node: &mut Node, steps: &[Step]) -> Option<()> {
    let (last, parents) = steps.split_last()?;
    let parent = node_at(node, parents, false)?;
    match last {
        Step::Key(key) => parent.as_map_mut()?.remove(key).map(drop),
        Step::Index(index) => {
            let items = parent.as_list_mut()?;
            (*index < items.len()).then(|| drop(items.remove(*index)))
        }
    }
}
