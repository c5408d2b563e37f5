//! What the parameters of operations do, when servers refuse them, and examples.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::catalogue::{Catalogue, Content, Operation, Problems};

/// Stands in the summary of a path's variable for what the path names.
const THING: &str = "{it}";

/// By area and operation.
type ByOperation<T> = BTreeMap<String, BTreeMap<String, T>>;

/// The part of the summaries that is about requests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OperationSummaries {
    /// By the name of a parameter on the wire, for every operation that has it.
    parameters: BTreeMap<String, String>,
    /// By name of a parameter, where it means something else.
    operation_parameters: ByOperation<BTreeMap<String, String>>,
    /// By the name of a variable of the path.
    path_parameters: BTreeMap<String, String>,
    /// What the paths of an area name.
    things: BTreeMap<String, String>,
    /// When a server refuses an operation.
    errors: ByOperation<Problems>,
    /// Lines of code.
    examples: ByOperation<String>,
}

impl OperationSummaries {
    /// Gives the summaries to the operations; one of something that isn't there is an error.
    pub(super) fn apply(self, catalogue: &mut Catalogue) -> Result<(), String> {
        describe(catalogue.areas.values_mut().flatten(), &self.parameters)?;
        for (area, thing) in self.things {
            let operations = catalogue.areas.get_mut(&area).ok_or_else(|| format!("`{area}` is no area"))?;
            for operation in operations {
                operation.thing = Some(thing.clone());
            }
        }
        describe_paths(catalogue.areas.values_mut().flatten(), &self.path_parameters)?;
        for_each(catalogue, self.operation_parameters, |operation, mut summaries| {
            for parameter in &mut operation.path {
                parameter.summary = summaries.remove(&parameter.name).or(parameter.summary.take());
            }
            describe(std::iter::once(operation), &summaries)
        })?;
        for_each(catalogue, self.errors, |operation, problems| {
            operation.problems = problems;
            Ok(())
        })?;
        for_each(catalogue, self.examples, |operation, example| {
            operation.example = Some(example);
            Ok(())
        })
    }
}

/// The operation of this name.
pub(super) fn find<'a>(
    catalogue: &'a mut Catalogue,
    area: &str,
    name: &str,
) -> Result<&'a mut Operation, String> {
    let known = catalogue.areas.get_mut(area).into_iter().flatten();
    let mut found = known.filter(|operation| operation.name == name);
    found.next().ok_or_else(|| format!("`{area}.{name}` is no operation"))
}

fn for_each<T>(
    catalogue: &mut Catalogue,
    summaries: ByOperation<T>,
    mut give: impl FnMut(&mut Operation, T) -> Result<(), String>,
) -> Result<(), String> {
    for (area, operations) in summaries {
        for (name, value) in operations {
            let operation = find(catalogue, &area, &name)?;
            give(operation, value).map_err(|problem| format!("{area}.{name}: {problem}"))?;
        }
    }
    Ok(())
}

/// The summaries of everything in an operation that has a name on the wire, but the path's variables.
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
) -> Result<(), String> {
    let mut unused: BTreeSet<&str> = summaries.keys().map(String::as_str).collect();
    for operation in operations {
        for (name, summary) in parameters(operation) {
            if let Some(text) = summaries.get(name) {
                unused.remove(name);
                *summary = Some(text.clone());
            }
        }
    }
    no_rest(&unused, "parameter")
}

/// Gives the summaries of the paths' variables; one that no path has is an error.
fn describe_paths<'a>(
    operations: impl Iterator<Item = &'a mut Operation>,
    summaries: &BTreeMap<String, String>,
) -> Result<(), String> {
    let mut unused: BTreeSet<&str> = summaries.keys().map(String::as_str).collect();
    for operation in operations {
        let thing = operation.thing.as_deref().unwrap_or("object");
        for parameter in &mut operation.path {
            if let Some(text) = summaries.get(&parameter.name) {
                unused.remove(parameter.name.as_str());
                parameter.summary = Some(text.replace(THING, thing));
            }
        }
    }
    no_rest(&unused, "variable of a path")
}

fn no_rest(unused: &BTreeSet<&str>, what: &str) -> Result<(), String> {
    match unused.first() {
        Some(name) => Err(format!("`{name}` is no {what}")),
        None => Ok(()),
    }
}
