//! One sentence of documentation an operation or schema, in our own words: `summaries/*.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Catalogue;
use super::files::{read, yaml_files};
use crate::error::{Error, Result};

/// A file of summaries.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SummariesFile {
    /// By area and operation.
    operations: BTreeMap<String, BTreeMap<String, String>>,
    /// By schema.
    schemas: BTreeMap<String, String>,
}

/// Reads the summaries and gives them to what they describe.
pub(super) fn apply(folder: &Path, catalogue: &mut Catalogue) -> Result<()> {
    for path in yaml_files(&folder.join("summaries"))? {
        let file: SummariesFile = read(&path)?;
        for (area, summaries) in file.operations {
            for (name, summary) in summaries {
                let found = catalogue
                    .areas
                    .get_mut(&area)
                    .and_then(|operations| operations.iter_mut().find(|operation| operation.name == name));
                let operation =
                    found.ok_or_else(|| Error::parse(&path, format!("`{area}.{name}` is no operation")))?;
                operation.summary = Some(summary);
            }
        }
        for (name, summary) in file.schemas {
            let schema = catalogue.schemas.get_mut(&name);
            schema.ok_or_else(|| Error::parse(&path, format!("`{name}` is no schema")))?.summary =
                Some(summary);
        }
    }
    Ok(())
}
