//! What is the same thing under two names, and what things are called: `corrections/names.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalogue::{Type, Version, Versions};
use crate::error::{Error, Result};

/// The corrections that decide how documents are joined.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Versions whose documents leave out what is deprecated.
    #[serde(default)]
    pub without_deprecated: Vec<String>,
    /// Modules of tags, where the tag's snake case isn't good.
    #[serde(default)]
    pub areas: Vec<Names>,
    /// Areas of operations (by route), where that of their tag isn't good.
    #[serde(default)]
    pub operation_areas: Vec<Names>,
    /// Old routes of operations, with the newest.
    #[serde(default)]
    pub moves: Vec<Names>,
    /// Names of operations, by newest route.
    #[serde(default)]
    pub operations: Vec<Names>,
    /// Go keys of operations, by newest route.
    #[serde(default)]
    pub go_keys: Vec<Names>,
    /// Names of schemas, or the types that they are, by the document's name.
    #[serde(default)]
    pub schemas: Vec<Names>,
    /// Ends of field names whose values are never shown.
    #[serde(default)]
    pub sensitive: Vec<Sensitive>,
}

/// Names that have one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Why.
    pub reason: String,
    /// The documents of which it is true.
    #[serde(default)]
    pub versions: Versions,
    /// From what the documents say to what we say.
    pub names: BTreeMap<String, String>,
}

/// Fields, by name, whose values are never shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitive {
    /// Why.
    pub reason: String,
    /// Wire names.
    pub names: Vec<String>,
}

fn find<'a>(groups: &'a [Names], name: &str, version: Option<Version>) -> Option<&'a str> {
    groups
        .iter()
        .filter(|group| version.is_none_or(|version| group.versions.contains(version)))
        .find_map(|group| group.names.get(name))
        .map(String::as_str)
}

impl Identity {
    /// The area of a tag.
    #[must_use]
    pub fn area(&self, tag: &str, route: &str) -> String {
        find(&self.operation_areas, route, None)
            .or_else(|| find(&self.areas, tag, None))
            .map_or_else(|| super::case::snake(tag), str::to_owned)
    }

    /// The newest route of what an old route leads to, over any number of moves.
    #[must_use]
    pub fn moved<'a>(&'a self, route: &'a str) -> &'a str {
        let next = |route: &&'a str| find(&self.moves, route, None).filter(|newer| newer != route);
        // Bounded, as a wrong correction may lead back to where it began.
        std::iter::successors(Some(route), next).take(16).last().unwrap_or(route)
    }

    /// The name of an operation.
    #[must_use]
    pub fn operation(&self, route: &str) -> Option<&str> {
        find(&self.operations, route, None)
    }

    /// The Go key of an operation.
    #[must_use]
    pub fn go_key(&self, route: &str) -> Option<&str> {
        find(&self.go_keys, route, None)
    }

    /// The type that a schema of a document is, if a correction says so.
    ///
    /// # Errors
    ///
    /// The correction names no type.
    pub fn schema(&self, name: &str, version: Version) -> Result<Option<Type>> {
        let Some(text) = find(&self.schemas, name, Some(version)) else { return Ok(None) };
        text.parse().map(Some).map_err(|error: crate::catalogue::BadType| {
            Error::invalid(format!("corrections/names.yaml, schema {name}"), error.to_string())
        })
    }

    /// Whether a field's value is never shown.
    #[must_use]
    pub fn is_sensitive(&self, field: &str) -> bool {
        self.sensitive.iter().any(|group| group.names.iter().any(|name| name == field))
    }
}
