//! Edits of sources.

use kestra_flow::{Edit, Node, read};

use super::{fields, text};

/// A source that can be read is written to the same values, and an edit of it either says what is meant or changes nothing.
///
/// The input is a source, the names of a path, one a line, and a value.
pub fn edit(data: &[u8]) {
    let mut fields = fields(data).map(text);
    let [source, path, value] = [fields.next(), fields.next(), fields.next()].map(Option::unwrap_or_default);
    let path: Vec<&str> = path.lines().collect();
    let Ok(node) = read(&source) else { return };
    let yaml = node.to_yaml();
    assert_eq!(read(&yaml), Ok(node), "{source:?} is written as {yaml:?}");
    let value = read(&value).unwrap_or(Node::String(value));
    for kind in 0..3 {
        let mut edit = Edit::new(&source);
        let result = match kind {
            0 => edit.set(&path, value.clone()).map(drop),
            1 => edit.append(&path, value.clone()).map(drop),
            _ => edit.remove(&path).map(drop),
        };
        let is_read = read(edit.as_str()).is_ok();
        assert!(if result.is_ok() { is_read } else { edit.as_str() == source }, "{source:?} became {edit}");
    }
}
