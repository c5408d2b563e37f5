//! A source beside a schema.

use std::collections::BTreeMap;
use std::ops::Range;

use super::finding::{Finding, Severity, place};
use super::kind::{Definition, Kind, Scalar};
use super::replaced;
use super::scalar::{self, Mismatch};
use super::schema::Schema;
use crate::Node;
use crate::read::{Tree, Value};

/// What is found in one source.
pub(super) struct Walk<'a> {
    pub(super) schema: &'a Schema,
    pub(super) source: &'a str,
    pub(super) findings: Vec<Finding>,
}

/// A field and its value; of several with one key the last counts.
pub(super) type Fields<'a> = BTreeMap<&'a str, (&'a Range<usize>, &'a Tree)>;

/// Returns the fields of a map that are not null, as servers take null for absent.
pub(super) fn fields(tree: &Tree) -> Option<Fields<'_>> {
    let Value::Map { entries, .. } = &tree.value else { return None };
    let mut fields: Fields<'_> =
        entries.iter().map(|entry| (entry.key.as_str(), (&entry.range, &entry.tree))).collect();
    fields.retain(|_, (_, tree)| !is_null(tree));
    Some(fields)
}

fn is_null(tree: &Tree) -> bool {
    matches!(&tree.value, Value::Scalar { node: Node::Null, .. })
}

pub(super) fn text(tree: &Tree) -> Option<&str> {
    match &tree.value {
        Value::Scalar { node, .. } => node.as_str(),
        _ => None,
    }
}

impl<'a> Walk<'a> {
    pub(super) fn error(&mut self, at: usize, path: &str, message: impl Into<String>) {
        self.find(Severity::Error, at, path, message.into());
    }

    pub(super) fn find(&mut self, severity: Severity, at: usize, path: &str, message: String) {
        let (line, column) = place(self.source, at);
        self.findings.push(Finding { severity, line, column, path: path.to_owned(), message });
    }

    /// Holds a value to a kind.
    pub(super) fn value(&mut self, tree: &Tree, kind: &Kind, path: &str) {
        if is_null(tree) {
            return;
        }
        match kind {
            Kind::Any => {}
            Kind::Dynamic(kind)
                if is_property(kind) || text(tree).is_some_and(|text| text.contains("{{")) => {}
            Kind::Dynamic(kind) => self.value(tree, kind, path),
            Kind::Scalar(scalar) => self.scalar(tree, scalar, path),
            Kind::List(kind) => match &tree.value {
                Value::List { items, .. } => {
                    for (index, item) in items.iter().enumerate() {
                        self.value(item, kind, &format!("{path}[{index}]"));
                    }
                }
                _ => self.error(tree.range.start, path, "must be a list"),
            },
            Kind::Map(kind) => match fields(tree) {
                Some(fields) => {
                    for (key, (_, tree)) in fields {
                        self.value(tree, kind, &join(path, key));
                    }
                }
                None => self.error(tree.range.start, path, "must be a map"),
            },
            Kind::Object(name) => {
                if let Some(definition) = self.schema.definitions.get(name) {
                    self.object(tree, definition, path);
                }
            }
            Kind::Group(index) => self.of_group(tree, *index, path),
            Kind::Either(kinds) => self.either(tree, kinds, path),
        }
    }

    fn scalar(&mut self, tree: &Tree, scalar: &Scalar, path: &str) {
        let Value::Scalar { node, .. } = &tree.value else {
            return self.error(tree.range.start, path, format!("must be {}", scalar::expected(scalar)));
        };
        match scalar::check(node, scalar) {
            Ok(()) => self.read_otherwise(tree, node, scalar, path),
            Err(Mismatch::Kind) => {
                self.error(tree.range.start, path, format!("must be {}", scalar::expected(scalar)));
            }
            Err(Mismatch::Word(words)) => {
                let word = node.as_str().unwrap_or_default();
                let help = nearest(word, words.iter().map(String::as_str)).map_or_else(
                    || format!("must be one of {}", words.join(", ")),
                    |word| format!("did you mean `{word}`?"),
                );
                self.error(tree.range.start, path, format!("`{word}` is not allowed: {help}"));
            }
        }
    }

    /// Warns of a scalar that is read as another string than is written, such as `yes` or `012`.
    fn read_otherwise(&mut self, tree: &Tree, node: &Node, scalar: &Scalar, path: &str) {
        let written = self.source.get(tree.range.clone()).unwrap_or_default();
        let read = scalar::plain(node);
        if matches!(scalar, Scalar::String)
            && matches!(node, Node::Bool(_) | Node::Integer(_))
            && !written.eq_ignore_ascii_case(&read)
        {
            let message =
                format!("`{written}` is read as `{read}`: quote it if it is meant as it is written");
            self.find(Severity::Warning, tree.range.start, path, message);
        }
    }

    /// Takes the kind that fits best: the first without findings, else that with the shape of the value.
    fn either(&mut self, tree: &Tree, kinds: &[Kind], path: &str) {
        let before = self.findings.len();
        let mut best: Option<Vec<Finding>> = None;
        for kind in kinds {
            self.value(tree, kind, path);
            let found = self.findings.split_off(before);
            if found.is_empty() {
                return;
            }
            // A finding deeper inside says more than one about the shape.
            let depth = |found: &[Finding]| found.iter().map(|finding| finding.path.len()).max();
            if best.as_deref().is_none_or(|best| depth(&found) > depth(best)) {
                best = Some(found);
            }
        }
        self.findings.extend(best.unwrap_or_default());
    }

    fn of_group(&mut self, tree: &Tree, index: usize, path: &str) {
        let Some(group) = self.schema.groups.get(index) else { return };
        let Some(fields) = fields(tree) else {
            return self.error(tree.range.start, path, "must be a map with `type`");
        };
        let Some((range, kind)) = fields.get("type") else {
            return self.error(tree.range.start, path, "`type` is missing");
        };
        let Value::Scalar { node, .. } = &kind.value else {
            return self.error(kind.range.start, &join(path, "type"), "must be a string");
        };
        let word = node.as_str().unwrap_or_default();
        let name =
            group.get(word).or_else(|| replaced::renamed(word, group).filter(|_| self.schema.has_old_names));
        match name.and_then(|name| self.schema.definitions.get(name)) {
            Some(definition) => self.chosen(tree, definition, path, true),
            None if !self.schema.is_whole && replaced::is_of_a_plugin(word, group) => {}
            None => {
                let at = if kind.range.is_empty() { range.start } else { kind.range.start };
                let help = replaced::by(word, group)
                    .map(|other| format!(": use {other}"))
                    .or_else(|| {
                        nearest(word, group.keys().map(String::as_str))
                            .map(|near| format!(": did you mean `{near}`?"))
                    })
                    .unwrap_or_default();
                self.error(at, &join(path, "type"), format!("unknown type `{word}`{help}"));
            }
        }
    }

    pub(super) fn object(&mut self, tree: &Tree, definition: &Definition, path: &str) {
        self.chosen(tree, definition, path, false);
    }

    /// Holds a map to a definition; one that was chosen by the field `type` may have another name for it.
    fn chosen(&mut self, tree: &Tree, definition: &Definition, path: &str, is_by_type: bool) {
        let Some(found) = fields(tree) else {
            return self.error(tree.range.start, path, "must be a map");
        };
        for (key, (range, tree)) in &found {
            let path = join(path, key);
            match definition.fields.get(*key) {
                Some(_) if is_by_type && *key == "type" => {}
                Some(field) => self.value(tree, &field.kind, &path),
                None => {
                    let help = nearest(key, definition.fields.keys().map(String::as_str))
                        .map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
                    self.error(range.start, &path, format!("unknown field `{key}`{help}"));
                }
            }
        }
        for (name, field) in &definition.fields {
            // The inputs of 1.x may have the id under its old name.
            let is_by_old_name =
                name == "id" && definition.fields.contains_key("name") && found.contains_key("name");
            if field.is_required && !found.contains_key(name.as_str()) && !is_by_old_name {
                self.error(tree.range.start, path, format!("`{name}` is missing"));
            }
        }
    }
}

/// Returns whether a server keeps whatever it is given until the task runs.
fn is_property(kind: &Kind) -> bool {
    match kind {
        Kind::Scalar(_) => true,
        Kind::Either(kinds) => kinds.iter().any(is_property),
        _ => false,
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Returns the word that was probably meant.
fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The last part of a class says most.
    let last = |text: &str| text.rsplit('.').next().unwrap_or_default().to_lowercase();
    let wanted = last(word);
    let near = words.map(|word| (strsim::jaro_winkler(&wanted, &last(word)), word));
    near.filter(|(nearness, _)| *nearness > 0.87).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, word)| word)
}
