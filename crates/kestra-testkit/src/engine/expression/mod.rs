//! The common part of the expression language in flows: `{{ outputs.greet.value ?? 'nobody' | upper }}`.

mod eval;
mod filters;
mod functions;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use kestra_flow::pebble::{self, Piece};
use serde_json::{Map, Value};

/// The variables that an expression sees.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    variables: Map<String, Value>,
    /// Secrets by their keys; they are no variables, so nothing prints them.
    secrets: BTreeMap<String, String>,
    files: Option<Arc<dyn Files>>,
}

/// Where expressions find files.
pub(crate) trait Files: fmt::Debug + Send + Sync {
    /// The content at a URI, or at a path among the files of a namespace; else of the flow's own.
    fn read(&self, path: &str, namespace: Option<&str>) -> Result<Bytes, String>;
}

impl Scope {
    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    /// The same with secrets.
    pub(crate) fn with_secrets(mut self, secrets: &BTreeMap<String, String>) -> Self {
        self.secrets.clone_from(secrets);
        self
    }

    /// The same with files.
    pub(crate) fn with_files(mut self, files: Arc<dyn Files>) -> Self {
        self.files = Some(files);
        self
    }

    /// The content of a file.
    fn file(&self, path: &str, namespace: Option<&str>) -> Result<Bytes, String> {
        let files = self.files.as_ref().ok_or_else(|| format!("{path} (File not found)"))?;
        files.read(path, namespace)
    }

    /// A secret.
    pub(crate) fn secret(&self, key: &str) -> Option<&str> {
        self.secrets.get(key).map(String::as_str)
    }

    /// A variable.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// A variable that is a map, to add to it.
    pub(crate) fn map_mut(&mut self, name: &str) -> Option<&mut Map<String, Value>> {
        let entry = self.variables.entry(name).or_insert_with(|| Value::Object(Map::new()));
        entry.as_object_mut()
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExpressionError {
    /// A variable or a property that isn't there.
    Missing { name: String, expression: String, line: usize },
    /// No expression at all.
    Malformed { cause: String, template: String, line: usize },
    /// A value that can't be used so.
    Failed { cause: String, template: String, line: usize },
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, expression, line } => {
                write!(f, "Unable to find `{name}` used in the expression `{expression}` at line {line}")
            }
            Self::Malformed { cause, template, line } => {
                write!(f, "io.pebbletemplates.pebble.error.ParserException: {cause} ({template}:{line})")
            }
            Self::Failed { cause, template, line } => {
                write!(f, "io.pebbletemplates.pebble.error.PebbleException: {cause} ({template}:{line})")
            }
        }
    }
}

/// What evaluation can run into.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    Missing(String),
    Failed(String),
}

/// Replaces every `{{ ... }}` of a text by its value.
pub(crate) fn render(template: &str, scope: &Scope) -> Result<String, ExpressionError> {
    let mut out = String::with_capacity(template.len());
    for piece in pebble::pieces(template) {
        let (start, tree) = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Expression { at, tree, .. } => (at, tree),
        };
        let line = template[..start].matches('\n').count() + 1;
        let tree =
            tree.map_err(|cause| ExpressionError::Malformed { cause, template: template.to_owned(), line })?;
        let value = eval::value(&tree, scope).map_err(|trouble| match trouble {
            Trouble::Missing(name) => {
                ExpressionError::Missing { name, expression: template.to_owned(), line }
            }
            Trouble::Failed(cause) => ExpressionError::Failed { cause, template: template.to_owned(), line },
        })?;
        out.push_str(&text_of(&value));
    }
    Ok(out)
}

/// Renders every text within a JSON value.
pub(crate) fn render_value(value: &Value, scope: &Scope) -> Result<Value, ExpressionError> {
    Ok(match value {
        Value::String(text) => Value::String(render(text, scope)?),
        Value::Array(list) => {
            Value::Array(list.iter().map(|item| render_value(item, scope)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            let mut out = Map::new();
            for (key, value) in map {
                out.insert(render(key, scope)?, render_value(value, scope)?);
            }
            Value::Object(out)
        }
        other => other.clone(),
    })
}

/// A value as it is written into a text.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a rendered condition counts as true.
pub(crate) fn is_true(text: &str) -> bool {
    !matches!(text.trim(), "" | "false" | "0" | "-0")
}
