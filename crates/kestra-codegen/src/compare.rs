//! Compares a server's OpenAPI document with what the catalogue says of its version.

mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::schemas::Schemas;
use crate::catalogue::{
    Answer, Body, Catalogue, Content, Edition, Multipart, Operation, QueryParameter, Route, Type, Version,
};
use crate::error::Result;
use crate::openapi::{Document, DocumentOperation};

/// What a document and the catalogue say differently of one version, each a line that begins with the place.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// What the document has and the catalogue lacks.
    pub missing: BTreeSet<String>,
    /// What the catalogue has for this version and the document lacks.
    pub extra: BTreeSet<String>,
    /// What both have, each with another type.
    pub other: BTreeSet<String>,
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = [
            ("The catalogue lacks", &self.missing),
            ("The catalogue has, the document doesn't", &self.extra),
            ("The catalogue has otherwise", &self.other),
        ];
        for (title, lines) in groups.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            writeln!(f, "{title} ({}):", lines.len())?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}

/// Compares a document with what the catalogue says of the version of the document's server.
///
/// Operations are matched by method and path, types by their structure, so that names don't matter. A document of an
/// open-source server isn't expected to have Enterprise operations.
///
/// # Errors
///
/// The document can't be interpreted.
pub fn compare(document: &Document, catalogue: &Catalogue) -> Result<Differences> {
    let version = document.server_version();
    let contents = document.contents()?;
    let ours = by_route(catalogue, version);
    let mut differences = Differences::default();
    let mut schemas = Schemas::new(&contents.schemas, &catalogue.schemas, version);
    let mut seen = BTreeSet::new();
    for theirs in &contents.operations {
        let key = key(&theirs.method, &theirs.path);
        match ours.get(&key) {
            Some((operation, _)) => {
                operation_differences(theirs, operation, version, &mut schemas, &mut differences);
            }
            None => _ = differences.missing.insert(format!("{} {}", theirs.method, theirs.path)),
        }
        seen.insert(key);
    }
    let enterprise = contents.operations.iter().any(|operation| operation.edition == Edition::Enterprise)
        || document.title().ends_with("EE");
    for (key, (operation, route)) in &ours {
        if !seen.contains(key) && (enterprise || operation.edition == Edition::OpenSource) {
            differences.extra.insert(format!("{} {}", route.method, route.path));
        }
    }
    Ok(differences)
}

/// Method and path with nameless variables, as versions call them differently.
fn key(method: &str, path: &str) -> String {
    let mut key = format!("{method} ");
    for (index, part) in path.split('{').enumerate() {
        match part.split_once('}').filter(|_| index > 0) {
            Some((_, rest)) => key.extend(["{}", rest]),
            None => key.push_str(part),
        }
    }
    key
}

fn by_route(catalogue: &Catalogue, version: Version) -> BTreeMap<String, (&Operation, &Route)> {
    let operations = catalogue.areas.values().flatten();
    let routes =
        operations.flat_map(|operation| operation.routes.iter().map(move |route| (operation, route)));
    routes
        .filter(|(_, route)| route.versions.contains(version))
        .map(|(operation, route)| (key(&route.method, &route.path), (operation, route)))
        .collect()
}

fn operation_differences(
    theirs: &DocumentOperation,
    ours: &Operation,
    version: Version,
    schemas: &mut Schemas<'_>,
    differences: &mut Differences,
) {
    let route = format!("{} {}", theirs.method, theirs.path);
    let query: BTreeMap<&str, &QueryParameter> = ours
        .query
        .iter()
        .filter(|parameter| parameter.versions.contains(version))
        .map(|parameter| (parameter.name.as_str(), parameter))
        .collect();
    for parameter in &theirs.query {
        match query.get(parameter.name.as_str()) {
            Some(known) => {
                schemas.types(&format!("{route} ?{}", parameter.name), &parameter.ty, &known.ty, differences);
            }
            None => _ = differences.missing.insert(format!("{route} ?{}", parameter.name)),
        }
    }
    for name in query.keys().filter(|name| !theirs.query.iter().any(|parameter| parameter.name == **name)) {
        differences.extra.insert(format!("{route} ?{name}"));
    }
    bodies(&route, theirs.body.as_ref(), ours.body.as_ref(), version, schemas, differences);
    let place = format!("{route} response");
    match (&theirs.answer, &ours.answer) {
        (
            Answer::Json(a) | Answer::OptionalJson(a) | Answer::Events(a),
            Answer::Json(b) | Answer::OptionalJson(b) | Answer::Events(b),
        ) => schemas.types(&place, a, b, differences),
        // A document that says nothing of a response that is JSON just says less.
        (Answer::Empty, _) | (_, Answer::Empty) => {}
        (a, b) if std::mem::discriminant(a) == std::mem::discriminant(b) => {}
        (a, b) => _ = differences.other.insert(format!("{place}: {} there, {} here", name(a), name(b))),
    }
}

fn bodies(
    route: &str,
    theirs: Option<&Body>,
    ours: Option<&Body>,
    version: Version,
    schemas: &mut Schemas<'_>,
    differences: &mut Differences,
) {
    let ours: Vec<_> = ours
        .iter()
        .flat_map(|body| &body.variants)
        .filter(|variant| variant.versions.contains(version))
        .collect();
    let theirs: Vec<_> = theirs.iter().flat_map(|body| &body.variants).collect();
    for variant in &theirs {
        let place = format!("{route} body {}", variant.content_type);
        match ours.iter().find(|known| known.content_type == variant.content_type) {
            Some(known) => match (&variant.content, &known.content) {
                (Content::Json(a) | Content::Form(a), Content::Json(b) | Content::Form(b)) => {
                    schemas.types(&place, a, b, differences);
                }
                (Content::Multipart(a), Content::Multipart(b)) => {
                    parts(&place, a, b, schemas, differences);
                }
                _ => {}
            },
            None => _ = differences.missing.insert(place),
        }
    }
    for known in ours {
        if !theirs.iter().any(|variant| variant.content_type == known.content_type) {
            differences.extra.insert(format!("{route} body {}", known.content_type));
        }
    }
}

fn parts(
    place: &str,
    theirs: &Multipart,
    ours: &Multipart,
    schemas: &mut Schemas<'_>,
    differences: &mut Differences,
) {
    for part in &theirs.parts {
        match ours.parts.iter().find(|known| known.name == part.name) {
            Some(known) => schemas.types(&format!("{place} {}", part.name), &part.ty, &known.ty, differences),
            None => _ = differences.missing.insert(format!("{place} {}", part.name)),
        }
    }
    for known in &ours.parts {
        if !theirs.parts.iter().any(|part| part.name == known.name) {
            differences.extra.insert(format!("{place} {}", known.name));
        }
    }
}

const fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Empty => "no body",
        Answer::Json(_) | Answer::OptionalJson(_) => "JSON",
        Answer::Events(_) => "an event stream",
        Answer::Download => "a download",
        _ => "text",
    }
}

/// The name of a type in JSON, or `any`.
const fn json_name(ty: &Type) -> &'static str {
    match ty {
        Type::String | Type::Bytes => "string",
        Type::Timestamp | Type::Date | Type::Duration => "date, time or duration",
        Type::Bool => "boolean",
        Type::Int32 | Type::Int64 => "integer",
        Type::Double => "number",
        Type::List(_) | Type::Filters => "array",
        Type::Map(_) | Type::Page(_) | Type::Ref(_) => "object",
        Type::Json | Type::Nullable(_) => "any",
    }
}
