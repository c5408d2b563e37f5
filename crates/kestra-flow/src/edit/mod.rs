//! Changes of the text of a source.

mod change;
mod error;
mod path;
mod text;

use std::fmt;

pub use error::EditError;

use crate::Node;
use crate::read::{self, Tree};

/// An editor of the text of a source: comments, blank lines and styles stay where nothing is changed.
///
/// A path names fields of maps, and items of lists by their `id`, or by their position counted from 0. After each edit the
/// text is read again; if it doesn't have exactly the intended values then, the edit is an error and changes nothing.
///
/// ```
/// use kestra_flow::{Edit, Task};
///
/// let mut edit = Edit::new(
///     "id: hello # the first one
/// namespace: company.team
///
/// tasks:
///   - id: answer # says it
///     type: io.kestra.plugin.core.debug.Return
///     format: Hello
/// ",
/// );
/// edit.set(&["tasks", "answer", "format"], "Hi")?.append(&["tasks"], Task::log("done", "over"))?;
/// assert_eq!(
///     edit.as_str(),
///     "id: hello # the first one
/// namespace: company.team
///
/// tasks:
///   - id: answer # says it
///     type: io.kestra.plugin.core.debug.Return
///     format: Hi
///   - id: done
///     type: io.kestra.plugin.core.log.Log
///     message: over
/// "
/// );
/// # Ok::<(), kestra_flow::EditError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    source: String,
}

impl Edit {
    /// Creates an editor of a source. If the source can't be read, the first edit returns an error.
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into() }
    }

    /// Sets the value at a path, in place of an existing value. Creates missing maps on the way.
    ///
    /// A null is written as `null`; [`remove`](Edit::remove) removes a field.
    ///
    /// # Errors
    ///
    /// Returns an error, and changes nothing, if the source can't be read, if the path leads to a list item that doesn't
    /// exist or into a scalar, or if the value can't be set without changing others.
    pub fn set(&mut self, path: &[&str], value: impl Into<Node>) -> Result<&mut Self, EditError> {
        let value = value.into();
        self.change(
            path,
            |source, tree| change::set(source, tree, path, &value),
            |node, steps| path::node_at(node, steps, true).map(|place| *place = value.clone()),
        )
    }

    /// Adds a value to the end of the list at a path. Creates the list if it doesn't exist.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`set`](Edit::set), and an error if the value at the path is not a list.
    pub fn append(&mut self, path: &[&str], value: impl Into<Node>) -> Result<&mut Self, EditError> {
        let value = value.into();
        self.change(
            path,
            |source, tree| change::append(source, tree, path, &value),
            |node, steps| {
                let place = path::node_at(node, steps, true)?;
                if place.is_null() {
                    *place = Node::List(Vec::new());
                }
                place.as_list_mut().map(|items| items.push(value.clone()))
            },
        )
    }

    /// Removes the field or list item at a path. Comments above it stay. A map or list that loses its only entry becomes
    /// `{}` or `[]`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`set`](Edit::set), and an error if there is nothing at the path.
    pub fn remove(&mut self, path: &[&str]) -> Result<&mut Self, EditError> {
        self.change(path, |source, tree| change::remove(source, tree, path), path::remove_at)
    }

    /// Returns line and column of the value at a path, both counted from 1, or `None` if there is none. For a value that is a map or
    /// a list they are of its first entry.
    #[must_use]
    pub fn position(&self, path: &[&str]) -> Option<(usize, usize)> {
        let trees = read::trees(&self.source).ok()?;
        let mut tree = trees.first()?;
        for step in path::steps(tree, path).ok()? {
            tree = path::child(tree, &step)?;
        }
        let start = tree.range.start.min(self.source.len());
        let before = self.source.get(..start)?;
        Some((before.matches('\n').count() + 1, text::column(&self.source, start) + 1))
    }

    /// Returns the text as it is now.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Makes a new text, and keeps it if its values are those of the old text with the expected change.
    fn change(
        &mut self,
        path: &[&str],
        edited: impl FnOnce(&str, &Tree) -> Result<String, String>,
        expected: impl FnOnce(&mut Node, &[path::Step]) -> Option<()>,
    ) -> Result<&mut Self, EditError> {
        let error = |cause: String| EditError::new(path, cause);
        if self.source.contains('\u{85}') {
            return Err(error("lines end in U+0085: end them in line feeds first".to_owned()));
        }
        let mut trees = read::trees(&self.source).map_err(|problem| error(problem.to_string()))?;
        if trees.len() != 1 {
            return Err(error(format!("the source has {} documents: edit one at a time", trees.len())));
        }
        let tree = trees.remove(0);
        let steps = path::steps(&tree, path).map_err(error)?;
        let edited = edited(&self.source, &tree).map_err(error)?;
        let mut meant = tree.into_node();
        expected(&mut meant, &steps)
            .ok_or_else(|| error("the path leads into a value without fields".to_owned()))?;
        match read::read_all(&edited) {
            Ok(documents) if documents == [meant] => {
                self.source = edited;
                Ok(self)
            }
            _ => Err(error(
                "the text around it can't be changed without changing more: change the source by hand, or read it as a `Flow`"
                    .to_owned(),
            )),
        }
    }
}

// Without the text, which may hold secrets.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("bytes", &self.source.len()).finish_non_exhaustive()
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl From<Edit> for String {
    fn from(edit: Edit) -> Self {
        edit.source
    }
}

impl From<&Edit> for String {
    fn from(edit: &Edit) -> Self {
        edit.source.clone()
    }
}
