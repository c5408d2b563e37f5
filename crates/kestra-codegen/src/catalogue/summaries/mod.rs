//! Documentation in our own words of operations, parameters, schemas, fields and values: `summaries/*.yaml`.

mod fields;
mod operations;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use self::fields::FieldSummaries;
use self::operations::OperationSummaries;
use super::Catalogue;
use super::files::{read, yaml_files};
use crate::error::{Error, Result};

/// A file of summaries.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SummariesFile {
    /// Sentences by area and operation.
    operations: BTreeMap<String, BTreeMap<String, String>>,
    /// By schema.
    schemas: BTreeMap<String, String>,
    /// Of fields and values.
    models: FieldSummaries,
    /// Of parameters, errors and examples of operations.
    requests: OperationSummaries,
}

/// Reads the summaries and gives them to what they describe.
pub(super) fn apply(folder: &Path, catalogue: &mut Catalogue) -> Result<()> {
    let folder = folder.join("summaries");
    let mut models = FieldSummaries::default();
    for path in yaml_files(&folder)? {
        let file: SummariesFile = read(&path)?;
        models.join(file.models);
        for (area, summaries) in file.operations {
            for (name, summary) in summaries {
                let operation = operations::find(catalogue, &area, &name);
                operation.map_err(|problem| Error::parse(&path, problem))?.summary = Some(summary);
            }
        }
        file.requests.apply(catalogue).map_err(|problem| Error::parse(&path, problem))?;
        for (name, summary) in file.schemas {
            let schema = catalogue.schemas.get_mut(&name);
            schema.ok_or_else(|| Error::parse(&path, format!("`{name}` is no schema")))?.summary =
                Some(summary);
        }
    }
    models.apply(catalogue).map_err(|problem| Error::parse(&folder, problem))
}
