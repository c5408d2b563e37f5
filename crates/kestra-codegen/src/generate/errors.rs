//! The section of an operation's documentation that says when it fails.

use super::{facts, names};
use crate::catalogue::{Content, Edition, Operation, Type};

/// Variables of a path that name nothing which a server could miss.
const NO_THINGS: [&str; 13] = [
    "cls",
    "dispatch",
    "email",
    "integration",
    "kind",
    "metric",
    "namespace",
    "path",
    "serviceType",
    "stream",
    "type",
    "uri",
    "version",
];

/// The errors of an operation, each with when it occurs; `path` is that of `Error` and `ErrorKind`.
pub(super) fn section(operation: &Operation, path: &str) -> String {
    let problems = &operation.problems;
    let said = |problem: &Option<String>, derived: Option<String>| match problem {
        Some(problem) => Some(problem.clone()).filter(|problem| !problem.is_empty()),
        None => derived,
    };
    let mut lines = Vec::new();
    let predicates = [
        ("is_not_found", said(&problems.not_found, missing(operation))),
        ("already_exists", said(&problems.already_exists, None)),
        ("is_conflict", said(&problems.conflict, None)),
        ("is_invalid", said(&problems.invalid, invalid(operation))),
        ("is_forbidden", said(&problems.forbidden, forbidden(operation))),
    ];
    for (predicate, when) in predicates {
        lines.extend(when.map(|when| format!("- [`{predicate}`]({path}::Error::{predicate}) if {when}.")));
    }
    let kind = |name: &str, when: &str| format!("- [`{name}`]({path}::ErrorKind::{name}) {when}.");
    if facts::needs_filter(operation) {
        lines.push(kind("Build", "if neither a filter nor `all` is set"));
    }
    if let Some(when) = unsupported(operation) {
        lines.push(kind("Unsupported", &format!("if the server is {when}")));
    }
    match operation.guard.as_deref() {
        Some("ListedFailures") => lines.push(kind("Incomplete", "if a part of it failed")),
        Some(_) => lines.push(kind("Refused", "if the server would silently do something else or more")),
        None => {}
    }
    if lines.is_empty() {
        lines.push(format!("[`Error`]({path}::Error) says what any call can fail with."));
    }
    format!("\n\n# Errors\n\n{}", lines.join("\n"))
}

/// The servers that lack it.
fn unsupported(operation: &Operation) -> Option<String> {
    let range = operation.versions();
    let since = range.since.map(|since| format!("older than Kestra {since}"));
    let until = range.until.map(|until| format!("Kestra {until} or later"));
    let edition = (operation.edition == Edition::Enterprise).then(|| "open source".to_owned());
    let servers: Vec<String> = [since, until, edition].into_iter().flatten().collect();
    (!servers.is_empty()).then(|| servers.join(", or "))
}

/// Whether users have rights at all.
fn forbidden(operation: &Operation) -> Option<String> {
    (operation.edition == Edition::Enterprise).then(|| "the user may not do this".to_owned())
}

/// What of the path may not exist.
fn missing(operation: &Operation) -> Option<String> {
    let mut things: Vec<String> = Vec::new();
    for parameter in &operation.path {
        let name = parameter.name.as_str();
        let thing = match name.strip_suffix("Id") {
            _ if NO_THINGS.contains(&name) => continue,
            Some(thing) => names::snake(thing).replace('_', " "),
            None if matches!(name, "id" | "key" | "name" | "uid") => {
                operation.thing.clone().unwrap_or_else(|| "object".to_owned())
            }
            None => names::snake(name).replace('_', " "),
        };
        if !things.contains(&thing) {
            things.push(thing);
        }
    }
    match things.as_slice() {
        [] => None,
        things => Some(format!("the {} doesn't exist", things.join(" or "))),
    }
}

/// What of the request a server may refuse.
fn invalid(operation: &Operation) -> Option<String> {
    let mut faults: Vec<&str> = Vec::new();
    for variant in operation.body.iter().flat_map(|body| &body.variants) {
        let fault = match &variant.content {
            Content::Yaml => "the source is invalid",
            Content::Multipart(multipart) if multipart.inputs => "an input is missing or has a wrong value",
            Content::Json(Type::List(_)) | Content::Text | Content::Bytes | Content::Multipart(_) => continue,
            Content::Json(_) | Content::Form(_) | Content::Typed(_) => "the body has a wrong value",
        };
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    if operation.query.iter().any(|parameter| parameter.ty == Type::Filters) {
        faults.push("a filter has a field or comparison that the server doesn't know here");
    }
    match faults.as_slice() {
        [] => None,
        faults => Some(faults.join(", or ")),
    }
}
