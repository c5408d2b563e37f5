//! The catalogue's files: one an area, schemas in shards by first letter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::schema::Schema;
use super::{Catalogue, Generation};
use super::{characters, filters, wire_order};
use crate::error::{Error, Result};

/// Files that are no area's and aren't imported.
const OTHER_FILES: [&str; 3] = [characters::FILE, filters::FILE, wire_order::FILE];

/// An area's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaFile {
    area: String,
    operations: Vec<Operation>,
}

/// A shard of the schemas.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaFile {
    schemas: Vec<Schema>,
}

/// Reads a YAML file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
    serde_saphyr::from_str(&text).map_err(|error| Error::parse(path, error))
}

/// Reads a YAML file, or answers the default if there is none.
pub(crate) fn read_or_default<T: DeserializeOwned + Default>(path: &Path) -> Result<T> {
    if path.exists() { read(path) } else { Ok(T::default()) }
}

/// The YAML files of a folder, sorted by name; none if there is no folder.
pub(crate) fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
        let path = entry.map_err(|error| Error::io(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the imported catalogue, corrections not applied.
pub(crate) fn read_imported(folder: &Path) -> Result<Catalogue> {
    let mut catalogue = Catalogue::default();
    for path in yaml_files(folder)? {
        if path.file_name().is_some_and(|name| name == "generation.yaml") {
            catalogue.generation = read::<Generation>(&path)?;
            continue;
        }
        if path.file_name().is_some_and(|name| OTHER_FILES.iter().any(|other| name == *other)) {
            continue;
        }
        let file: AreaFile = read(&path)?;
        let mut operations = file.operations;
        for operation in &mut operations {
            operation.area.clone_from(&file.area);
        }
        if catalogue.areas.insert(file.area.clone(), operations).is_some() {
            return Err(Error::parse(&path, format!("area `{}` has another file too", file.area)));
        }
    }
    for path in yaml_files(&folder.join("schemas"))? {
        for schema in read::<SchemaFile>(&path)?.schemas {
            let name = schema.name.clone();
            if catalogue.schemas.insert(name.clone(), schema).is_some() {
                return Err(Error::parse(&path, format!("schema `{name}` is there twice")));
            }
        }
    }
    Ok(catalogue)
}

/// Writes the imported catalogue and removes files of areas and shards that it no longer has.
pub(crate) fn write_imported(folder: &Path, catalogue: &Catalogue) -> Result<()> {
    let header =
        "# Imported from Kestra's OpenAPI documents; corrections are in corrections/. Do not edit.\n";
    let mut written = Vec::new();
    for (area, operations) in &catalogue.areas {
        let file = AreaFile { area: area.clone(), operations: operations.clone() };
        written.push(write(&folder.join(format!("{area}.yaml")), header, &file)?);
    }
    let mut shards: BTreeMap<char, Vec<Schema>> = BTreeMap::new();
    for (name, schema) in &catalogue.schemas {
        let letter = name.chars().next().unwrap_or('_').to_ascii_lowercase();
        shards.entry(letter).or_default().push(schema.clone());
    }
    for (letter, schemas) in shards {
        written.push(write(
            &folder.join("schemas").join(format!("{letter}.yaml")),
            header,
            &SchemaFile { schemas },
        )?);
    }
    for path in yaml_files(folder)?.into_iter().chain(yaml_files(&folder.join("schemas"))?) {
        let kept = path
            .file_name()
            .is_some_and(|name| name == "generation.yaml" || OTHER_FILES.iter().any(|other| name == *other));
        if !kept && !written.contains(&path) {
            fs::remove_file(&path).map_err(|error| Error::io(&path, error))?;
        }
    }
    Ok(())
}

fn write<T: Serialize>(path: &Path, header: &str, value: &T) -> Result<PathBuf> {
    let body = serde_saphyr::to_string(value).map_err(|error| Error::parse(path, error))?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Error::io(parent, error))?;
    }
    fs::write(path, format!("{header}{body}")).map_err(|error| Error::io(path, error))?;
    Ok(path.to_owned())
}
