//! Reads YAML as Kestra's servers do: YAML 1.1 by SnakeYAML's rules for scalars, with what Jackson makes of them.

mod error;
mod number;
mod plain;
mod reader;
mod tree;

use std::str::FromStr;

pub use error::ParseError;
pub(crate) use tree::{Tree, Value};

use crate::{Flow, Node};

/// Reads each document with the places of its values.
pub(crate) fn trees(source: &str) -> Result<Vec<Tree>, ParseError> {
    reader::read(source, false)
}

/// Reads the first document of a source as Kestra's servers do. Returns null if there is no document.
///
/// What differs from other readers of YAML:
///
/// - `yes`, `on`, `off` and `no` are booleans, `012` is 10; `08`, `0o17`, `1:30` and dates are strings.
/// - Of several documents only the first is read.
/// - The last of several equal keys counts.
/// - An alias is the name of its anchor as a string, whether the anchor exists or not, and no alias is a key.
/// - `<<` is a key like any other.
///
/// ```
/// use kestra_flow::{Node, read};
///
/// let node = read("a: on\nb: 012")?;
/// let map = node.as_map().unwrap();
/// assert_eq!((map.get("a"), map.get("b")), (Some(&Node::Bool(true)), Some(&Node::Integer(10))));
/// # Ok::<(), kestra_flow::ParseError>(())
/// ```
///
/// # Errors
///
/// Returns an error with line and column if the document isn't YAML, or a server doesn't read it.
pub fn read(source: &str) -> Result<Node, ParseError> {
    Ok(reader::read(source, true)?.pop().map(Tree::into_node).unwrap_or_default())
}

/// Reads each document of a source; otherwise as [`read`] does.
///
/// # Errors
///
/// Returns the errors of [`read`], for any of the documents.
pub fn read_all(source: &str) -> Result<Vec<Node>, ParseError> {
    Ok(reader::read(source, false)?.into_iter().map(Tree::into_node).collect())
}

impl FromStr for Node {
    type Err = ParseError;

    /// Reads the first document, as [`read`] does.
    fn from_str(source: &str) -> Result<Self, ParseError> {
        read(source)
    }
}

impl FromStr for Flow {
    type Err = ParseError;

    /// Reads the source of a flow, as [`read`] does. Order and unknown fields are kept,
    /// comments are not; [`Edit`](crate::Edit) keeps them.
    fn from_str(source: &str) -> Result<Self, ParseError> {
        match read(source)? {
            Node::Map(map) => Ok(Self::from(map)),
            _ => Err(ParseError::new(source, "a flow is a map with `id`, `namespace` and `tasks`", 1, 1)),
        }
    }
}
