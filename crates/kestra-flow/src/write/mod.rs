//! Writes nodes as YAML in block style, two blanks a level.

mod scalar;

use crate::Node;

/// How far a level is indented.
const STEP: usize = 2;

/// The longest key that servers read without `?` before it, in bytes.
const LONGEST_KEY: usize = 1000;

/// A node as a document.
pub(crate) fn document(node: &Node) -> String {
    let mut writer = Writer::default();
    match node {
        Node::Map(map) if !map.is_empty() => writer.map(map.iter(), 0),
        Node::List(items) if !items.is_empty() => writer.list(items, 0),
        other => {
            writer.out.push_str(&inline(other));
            writer.out.push('\n');
        }
    }
    writer.out
}

/// The fields of a map as a document.
pub(crate) fn fields<'a>(fields: impl Iterator<Item = (&'a str, &'a Node)>) -> String {
    let mut writer = Writer::default();
    writer.map(fields, 0);
    if writer.out.is_empty() {
        writer.out.push_str("{}\n");
    }
    writer.out
}

/// What follows the colon or the dash of an entry at this column, up to the end of its last line.
#[cfg(feature = "edit")]
pub(crate) fn value(node: &Node, column: usize, is_after_key: bool) -> String {
    let mut writer = Writer::default();
    writer.value(node, column, is_after_key);
    writer.out
}

/// A field from its key to the end of its last line, for a map at this column.
#[cfg(feature = "edit")]
pub(crate) fn entry(key: &str, node: &Node, column: usize) -> String {
    let mut writer = Writer::default();
    writer.map(std::iter::once((key, node)), column);
    writer.out
}

/// A node in flow style, in one line.
#[cfg(feature = "edit")]
pub(crate) fn flow(node: &Node) -> String {
    match node {
        Node::String(text) => scalar::in_flow(text),
        Node::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Node::Map(map) => {
            let fields = map.iter().map(|(key, node)| format!("{}: {}", scalar::in_flow(key), flow(node)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => inline(other),
    }
}

#[derive(Default)]
struct Writer {
    out: String,
}

impl Writer {
    /// Writes from where the first key belongs; `indent` is its column.
    fn map<'a>(&mut self, fields: impl Iterator<Item = (&'a str, &'a Node)>, indent: usize) {
        for (index, (key, node)) in fields.enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            let key = scalar::inline(key);
            if key.len() > LONGEST_KEY {
                self.out.push_str("? ");
                self.out.push_str(&key);
                self.out.push('\n');
                self.indent(indent);
            } else {
                self.out.push_str(&key);
            }
            self.out.push(':');
            self.value(node, indent, true);
        }
    }

    /// Writes from where the first dash belongs; `indent` is its column.
    fn list(&mut self, items: &[Node], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.out.push('-');
            self.value(item, indent, false);
        }
    }

    /// Writes what follows the colon or dash of an entry, whose column is `indent`, up to the end of its last line.
    fn value(&mut self, node: &Node, indent: usize, is_after_key: bool) {
        let inner = indent + STEP;
        match node {
            Node::Map(map) if !map.is_empty() => {
                self.begin(inner, is_after_key);
                self.map(map.iter(), inner);
            }
            Node::List(items) if !items.is_empty() => {
                self.begin(inner, is_after_key);
                self.list(items, inner);
            }
            Node::String(text) if scalar::fits_block(text) => self.block(text, inner),
            other => {
                self.out.push(' ');
                self.out.push_str(&inline(other));
                self.out.push('\n');
            }
        }
    }

    /// A collection begins below its key, but beside its dash.
    fn begin(&mut self, indent: usize, is_after_key: bool) {
        if is_after_key {
            self.out.push('\n');
            self.indent(indent);
        } else {
            self.out.push(' ');
        }
    }

    /// Writes text of several lines, each as it is.
    fn block(&mut self, text: &str, indent: usize) {
        self.out.push_str(" |");
        if text.starts_with(['\n', ' ', '\t']) {
            // The first line doesn't show how far the text is indented.
            self.out.push_str(&STEP.to_string());
        }
        let lines = match text.strip_suffix('\n') {
            Some(lines) => {
                if lines.ends_with('\n') {
                    self.out.push('+');
                }
                lines
            }
            None => {
                self.out.push('-');
                text
            }
        };
        self.out.push('\n');
        for line in lines.split('\n') {
            if !line.is_empty() {
                self.indent(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// A scalar or an empty collection in one line.
fn inline(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(flag) => flag.to_string(),
        Node::Integer(number) => number.to_string(),
        Node::Float(number) => scalar::float(*number),
        Node::String(text) => scalar::inline(text),
        Node::List(_) => "[]".to_owned(),
        Node::Map(_) => "{}".to_owned(),
    }
}
