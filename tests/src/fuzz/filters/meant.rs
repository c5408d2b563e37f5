//! What filters mean.

use kestra_core::Filter;

use super::super::read_back;

/// A filter, and what it means.
#[derive(Clone, Debug)]
pub enum Meant {
    /// A field, compared.
    Condition {
        /// The field; that of labels has a key.
        field: &'static str,
        /// The key of a label.
        key: Option<String>,
        /// How it is compared, by its name on the wire.
        operation: &'static str,
        /// What with: several values for a list.
        values: Vec<String>,
    },
    /// All of these, or one of them.
    Group {
        /// Whether all hold.
        all: bool,
        /// These.
        members: Vec<Meant>,
    },
}

impl Meant {
    /// A label with this key compared, or the id of a flow.
    pub fn condition(key: Option<String>, operation: &'static str, values: Vec<String>) -> Self {
        let field = if key.is_some() { "labels" } else { "flowId" };
        Self::Condition { field, key, operation, values }
    }

    /// What bytes say: the shape of a filter, and its texts.
    pub(super) fn of(
        shape: &mut impl Iterator<Item = u8>,
        texts: &mut impl Iterator<Item = String>,
        depth: usize,
    ) -> Self {
        let byte = shape.next().unwrap_or_default();
        let count = 1 + usize::from(byte >> 6);
        if byte & 1 == 1 && depth < 3 {
            let members = (0..count).map(|_| Self::of(shape, texts, depth + 1)).collect();
            return Self::Group { all: byte & 2 == 2, members };
        }
        let operations =
            ["EQUALS", "NOT_EQUALS", "CONTAINS", "IN", "NOT_IN", "PREFIX", "STARTS_WITH", "REGEX"];
        let operation = operations[usize::from(byte >> 3) % operations.len()];
        let field = ["labels", "flowId", "namespace", "q"][usize::from(byte >> 1) % 4];
        let mut text = || texts.next().unwrap_or_default();
        let key = (field == "labels").then(&mut text);
        let count = if operation.ends_with("IN") { count } else { 1 };
        Self::Condition { field, key, operation, values: (0..count).map(|_| text()).collect() }
    }

    /// The filter.
    pub fn filter(&self) -> Filter {
        match self {
            Self::Group { all: true, members } => Filter::all(members.iter().map(Self::filter)),
            Self::Group { all: false, members } => Filter::any(members.iter().map(Self::filter)),
            Self::Condition { field, key, operation, values } => {
                let field = match key {
                    Some(key) => Filter::label(key),
                    None => Filter::field(*field),
                };
                let value = values.concat();
                match *operation {
                    "IN" => field.is_in(values),
                    "NOT_IN" => field.not_in(values),
                    "EQUALS" => field.equals(value),
                    "NOT_EQUALS" => field.not_equals(value),
                    "PREFIX" => field.prefix(value),
                    "STARTS_WITH" => field.starts_with(value),
                    "REGEX" => field.matches(value),
                    _ => field.contains(value),
                }
            }
        }
    }

    /// Whether it holds where exactly those conditions hold that `holds` says.
    pub fn holds(&self, holds: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Group { all: true, members } => members.iter().all(|member| member.holds(holds)),
            Self::Group { all: false, members } => members.iter().any(|member| member.holds(holds)),
            Self::Condition { field, key, operation, values } => {
                let one = |operation: &str, values: &[String]| {
                    holds(&read_back::condition(field, operation, key.as_deref(), values))
                };
                let mut each = values.chunks(1);
                match *operation {
                    // Servers read the values of a label as one.
                    "IN" if key.is_some() => each.any(|value| one("EQUALS", value)),
                    "NOT_IN" if key.is_some() => each.all(|value| one("NOT_EQUALS", value)),
                    operation => one(operation, values),
                }
            }
        }
    }
}
