//! One sentence of documentation an operation, parameter, schema, field or value, in our own words: `summaries/*.yaml`.

mod fields;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use self::fields::FieldSummaries;
use super::files::{read, yaml_files};
use super::{Catalogue, Content, Operation};
use crate::error::{Error, Result};

/// A file of summaries.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SummariesFile {
    /// By area and operation.
    operations: BTreeMap<String, BTreeMap<String, String>>,
    /// By schema.
    schemas: BTreeMap<String, String>,
    /// By the name of a parameter on the wire, for every operation that has it.
    parameters: BTreeMap<String, String>,
    /// By area, operation and name of a parameter, where it means something else.
    operation_parameters: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// Of fields and values.
    models: FieldSummaries,
}

/// The summaries of everything in an operation that has a name on the wire.
fn parameters(operation: &mut Operation) -> impl Iterator<Item = (&str, &mut Option<String>)> {
    let query = operation.query.iter_mut().map(|parameter| (parameter.name.as_str(), &mut parameter.summary));
    let head =
        operation.headers.iter_mut().map(|parameter| (parameter.name.as_str(), &mut parameter.summary));
    let variants = operation.body.iter_mut().flat_map(|body| &mut body.variants);
    let parts = variants.filter_map(|variant| match &mut variant.content {
        Content::Multipart(multipart) => Some(&mut multipart.parts),
        _ => None,
    });
    let parts = parts.flatten().map(|part| (part.name.as_str(), &mut part.summary));
    query.chain(head).chain(parts)
}

/// Gives the summaries of parameters; one that no operation has is an error.
fn describe<'a>(
    operations: impl Iterator<Item = &'a mut Operation>,
    summaries: &BTreeMap<String, String>,
) -> std::result::Result<(), String> {
    let mut unused: BTreeSet<&str> = summaries.keys().map(String::as_str).collect();
    for operation in operations {
        for (name, summary) in parameters(operation) {
            if let Some(text) = summaries.get(name) {
                unused.remove(name);
                *summary = Some(text.clone());
            }
        }
    }
    match unused.first() {
        Some(name) => Err(format!("`{name}` is no parameter")),
        None => Ok(()),
    }
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
                let found = catalogue
                    .areas
                    .get_mut(&area)
                    .and_then(|operations| operations.iter_mut().find(|operation| operation.name == name));
                let operation =
                    found.ok_or_else(|| Error::parse(&path, format!("`{area}.{name}` is no operation")))?;
                operation.summary = Some(summary);
            }
        }
        let operations = catalogue.areas.values_mut().flatten();
        describe(operations, &file.parameters).map_err(|problem| Error::parse(&path, problem))?;
        for (area, operations) in file.operation_parameters {
            for (name, summaries) in operations {
                let known = catalogue.areas.get_mut(&area).into_iter().flatten();
                let found = known.filter(|operation| operation.name == name);
                describe(found, &summaries)
                    .map_err(|problem| Error::parse(&path, format!("{area}.{name}: {problem}")))?;
            }
        }
        for (name, summary) in file.schemas {
            let schema = catalogue.schemas.get_mut(&name);
            schema.ok_or_else(|| Error::parse(&path, format!("`{name}` is no schema")))?.summary =
                Some(summary);
        }
    }
    models.apply(catalogue).map_err(|problem| Error::parse(&folder, problem))
}
