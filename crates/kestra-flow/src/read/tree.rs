//! What was read, with the places in the source.

use std::ops::Range;

use crate::Node;

/// A value and where it is in the source, in bytes.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) value: Value,
    /// From the first character of the value, after tag and anchor, to behind the last one. Empty where nothing is written.
    pub(crate) range: Range<usize>,
}

#[derive(Debug)]
pub(crate) enum Value {
    Scalar {
        node: Node,
        /// Whether it is written below a `|` or `>`.
        is_block: bool,
    },
    List {
        is_flow: bool,
        items: Vec<Tree>,
    },
    Map {
        is_flow: bool,
        entries: Vec<Entry>,
    },
}

/// A field of a map. Keys that are there several times are several entries, of which the last counts.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key is, its quotes included.
    pub(crate) range: Range<usize>,
    pub(crate) tree: Tree,
}

impl Tree {
    pub(crate) fn into_node(self) -> Node {
        match self.value {
            Value::Scalar { node, .. } => node,
            Value::List { items, .. } => items.into_iter().map(Self::into_node).collect(),
            Value::Map { entries, .. } => {
                Node::Map(entries.into_iter().map(|entry| (entry.key, entry.tree.into_node())).collect())
            }
        }
    }
}
