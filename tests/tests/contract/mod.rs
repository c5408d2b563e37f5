//! Requests of our builders against OpenAPI documents.

mod document;
mod sample;

use std::collections::BTreeMap;
use std::path::Path;

use kestra_codegen::catalogue::{Catalogue, Content, Operation, Type, Version};
use kestra_core::{ErrorKind, OperationInfo};
use kestra_tests::recorded::{Exchange, Unmade, request_of};

pub(crate) use document::Document;
use sample::{Sampler, full};

/// What came of holding all operations to a document.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Requests that were made.
    pub(crate) requests: usize,
    /// Operations that the document doesn't have, though servers do.
    pub(crate) missing: Vec<String>,
    /// What breaks the document, as `operation place: what`.
    pub(crate) violations: Vec<String>,
    /// What could not be made.
    pub(crate) unmade: Vec<String>,
}

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../api")).unwrap()
}

/// Makes every operation with all that can be set, and with what has to be, and holds both to the document.
pub(crate) fn hold(catalogue: &Catalogue, version: Version, document: &Document) -> Outcome {
    let by_key: BTreeMap<(&str, &str), &Operation> = catalogue
        .areas
        .values()
        .flatten()
        .map(|operation| ((operation.area.as_str(), operation.go_key.as_str()), operation))
        .collect();
    let mut outcome = Outcome::default();
    for info in kestra_operations::operations() {
        let Some(operation) = by_key.get(&(info.area, info.go_key)) else {
            outcome.unmade.push(format!("{}: isn't in the catalogue", info.name));
            continue;
        };
        // Filters alone: a server ignores some parameters beside them, so that nothing sends both.
        let has_filters = operation.query.iter().any(|parameter| parameter.ty == Type::Filters);
        for (all, filters) in [(true, false), (false, false), (false, true)] {
            if filters && !has_filters {
                continue;
            }
            let sampler = Sampler { catalogue, version, all, filters };
            hold_one(sampler, info, operation, document, &mut outcome);
        }
    }
    outcome
}

fn hold_one(
    sampler: Sampler<'_>,
    info: &OperationInfo,
    operation: &Operation,
    document: &Document,
    outcome: &mut Outcome,
) {
    let Some(content) = content(info, operation, sampler.version) else { return };
    let Some(exchange) = sampler.exchange(operation, content, info.name == operation.name) else { return };
    let exchange: Exchange = serde_json::from_value(exchange).unwrap();
    let version = full(sampler.version).parse().unwrap();
    match request_of(info, &exchange, version) {
        // Not every search can look for text.
        Err(Unmade::Refused(error)) if sampler.filters && error.kind() == ErrorKind::Unsupported => {}
        Err(problem) => outcome.unmade.push(format!("{}: {problem}", info.name)),
        Ok(request) => {
            outcome.requests += 1;
            if !document.has(request.method().as_str(), request.uri().path()) {
                outcome.missing.push(info.name.to_owned());
                return;
            }
            let found = document.violations(&request);
            outcome.violations.extend(found.into_iter().map(|what| format!("{} {what}", info.name)));
        }
    }
}

/// The body of a builder: none, or the kind that its name says; `None` if the version doesn't read it.
#[allow(clippy::option_option, reason = "no builder, or one without a body")]
fn content<'a>(
    info: &OperationInfo,
    operation: &'a Operation,
    version: Version,
) -> Option<Option<(&'a str, &'a Content)>> {
    let Some(body) = &operation.body else { return Some(None) };
    let place = body.variants.iter().position(|variant| {
        let kind = match &variant.content {
            Content::Json(_) => "json",
            Content::Yaml => "yaml",
            Content::Text | Content::Typed(_) => "text",
            Content::Bytes => "bytes",
            Content::Form(_) => "form",
            Content::Multipart(_) => "multipart",
        };
        info.name == format!("{}_{kind}", operation.name)
    });
    let place = if info.name == operation.name { 0 } else { place? };
    let variant = body.variants.get(place)?;
    variant.versions.contains(version).then_some(Some((variant.content_type.as_str(), &variant.content)))
}
