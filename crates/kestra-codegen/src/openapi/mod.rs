//! Reads an OpenAPI 3.0 document: its operations and schemas as this crate's types, names still the document's.

mod operation;
mod schema;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

pub use self::operation::DocumentOperation;
use crate::catalogue::{Kind, Version};
use crate::error::{Error, Result};

/// One document and the version that it is of.
#[derive(Debug)]
pub struct Document {
    /// The version that it is of.
    pub version: Version,
    value: Value,
}

/// What a document says: operations in its order, schemas by the document's name.
#[derive(Debug, Default)]
pub struct Contents {
    /// The operations.
    pub operations: Vec<DocumentOperation>,
    /// The schemas, with those that are written inline under names such as `Owner.Field`.
    pub schemas: BTreeMap<String, Kind>,
}

impl Document {
    /// Reads a document from its file.
    ///
    /// # Errors
    ///
    /// The file can't be read or is no YAML.
    pub fn read(version: Version, path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        Self::parse(version, &text).map_err(|error| Error::parse(path, error))
    }

    /// Reads a document from its text.
    ///
    /// # Errors
    ///
    /// It is no YAML.
    pub fn parse(version: Version, text: &str) -> Result<Self> {
        // A document may be larger and more deeply nested than the limits that protect from hostile input.
        let options = serde_saphyr::options! { budget: None, alias_limits: serde_saphyr::options::AliasLimits::default() };
        let value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| Error::invalid(format!("document {version}"), error.to_string()))?;
        Ok(Self { version, value })
    }

    /// The document as it was read.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.value
    }

    /// Interprets the document.
    ///
    /// # Errors
    ///
    /// Something in it is written in a way that isn't known.
    pub fn contents(&self) -> Result<Contents> {
        let mut contents = Contents::default();
        let mut reader = schema::Reader::new(&self.value);
        for name in reader.names() {
            let kind = reader.top_level(&name)?;
            reader.found.insert(name, kind);
        }
        let paths = self.value["paths"].as_object();
        for (path, methods) in paths.into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                contents.operations.push(operation::read(&mut reader, method, path, operation)?);
            }
        }
        contents.schemas = reader.found;
        Ok(contents)
    }
}
