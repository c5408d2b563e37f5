//! Reads an OpenAPI 3.0 document: its operations and schemas as this crate's types, names still the document's.

mod compact;
mod operation;
mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use self::operation::DocumentOperation;
use crate::catalogue::{Kind, Version};
use crate::error::{Error, Result};

/// An OpenAPI document in its compact form, and the version of the catalogue that it stands for.
#[derive(Debug)]
pub struct Document {
    /// The version of the catalogue that it stands for, such as 1.3.
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
        let value: Value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| Error::invalid(format!("document {version}"), error.to_string()))?;
        if !value["paths"].is_object() {
            return Err(Error::invalid(
                format!("document {version}"),
                "has no paths: it is no OpenAPI document",
            ));
        }
        Ok(Self { version, value: compact::compact(&value, text) })
    }

    /// Reads the documents that an earlier import kept in a folder, oldest version first.
    ///
    /// # Errors
    ///
    /// A file that can't be read, is no JSON, or isn't named after a version.
    pub fn kept(folder: &Path) -> Result<Vec<Self>> {
        let mut documents = Vec::new();
        for path in files(folder)? {
            let text = std::fs::read_to_string(&path).map_err(|error| Error::io(&path, error))?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let version = stem.parse().map_err(|error| Error::parse(&path, error))?;
            let value = serde_json::from_str(&text).map_err(|error| Error::parse(&path, error))?;
            documents.push(Self { version, value });
        }
        documents.sort_by_key(|document| document.version);
        Ok(documents)
    }

    /// Writes the document into a folder, where [`kept`](Self::kept) finds it.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let path = folder.join(format!("{}.json", self.version));
        std::fs::write(&path, compact::write(&self.value)).map_err(|error| Error::io(&path, error))
    }

    /// Returns the document in its compact form.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.value
    }

    /// Returns the document's title; that of an Enterprise server ends in `EE`.
    #[must_use]
    pub fn title(&self) -> &str {
        self.value["info"]["title"].as_str().unwrap_or_default()
    }

    /// Returns the version of the server that the document is of, as its `info` says, such as 1.3.26; without one, the
    /// version that it stands for.
    #[must_use]
    pub fn server_version(&self) -> Version {
        let told = self.value["info"]["version"].as_str().unwrap_or_default();
        let release = told.split(['-', '+']).next().unwrap_or_default();
        release.parse().unwrap_or(self.version)
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

/// Returns the JSON files of a folder; none if there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
        let path = entry.map_err(|error| Error::io(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}
