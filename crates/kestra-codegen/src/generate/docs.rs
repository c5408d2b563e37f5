//! Documentation of generated items, from the catalogue's facts.

use super::operations::Argument;
use super::{errors, names};
use crate::catalogue::{Edition, EnumValue, Field, Operation, Replay, Schema, Versions};

/// `1.2 and later`, `before 2.0`, or nothing for all.
pub(super) fn versions(versions: Versions) -> Option<String> {
    match (versions.since, versions.until) {
        (None, None) => None,
        (Some(since), None) => Some(format!("{since} and later")),
        (None, Some(until)) => Some(format!("before {until}")),
        (Some(since), Some(until)) => Some(format!("{since} and later, before {until}")),
    }
}

/// What a field means, then what holds of its type and versions, and its name on the wire.
pub(super) fn field(field: &Field) -> String {
    let mut text = match (field.meaning(), versions(field.versions)) {
        (Some(meaning), _) => format!("{meaning}{}", needs(field.versions)),
        (None, Some(range)) => return format!("`{}` on the wire; {range}.", field.name),
        (None, None) => return format!("`{}` on the wire.", field.name),
    };
    if field.sensitive {
        text.push_str(" `Debug` hides it.");
    }
    text.push_str(&format!(" (`{}`)", field.name));
    text
}

/// What a field of any JSON does with integers that no [`serde_json::Number`] has.
pub(super) const DIGITS: &str = "\n\nAn integer over 64 bits is a string of its digits.";

/// What a value of an enum means, and how it is written on the wire.
pub(super) fn value(value: &EnumValue) -> String {
    match &value.summary {
        Some(summary) => format!("{summary}{} (`{}`)", needs(value.versions), value.name),
        None => format!("`{}` on the wire.{}", value.name, needs(value.versions)),
    }
}

/// The versions that have something, as a sentence behind others.
fn needs(range: Versions) -> String {
    match (range.since, range.until) {
        (None, None) => String::new(),
        (Some(since), None) => format!(" Requires Kestra {since} or later."),
        (None, Some(until)) => format!(" Kestra before {until} only."),
        (Some(since), Some(until)) => format!(" Kestra {since} or later, before {until}, only."),
    }
}

/// What an operation does, then its routes and facts, and when it fails; `arguments` are those of a method.
pub(super) fn operation(operation: &Operation, arguments: &[Argument], errors: &str) -> String {
    let mut text = summary(operation);
    text.push_str(&list(arguments));
    text.push_str("\n\n");
    let routes: Vec<String> = operation
        .routes
        .iter()
        .map(|route| match versions(route.versions) {
            Some(versions) => format!("`{} {}` (Kestra {versions})", route.method, route.path),
            None => format!("`{} {}`", route.method, route.path),
        })
        .collect();
    text.push_str(&routes.join(", "));
    text.push('.');
    if operation.edition == Edition::Enterprise {
        text.push_str(" Enterprise Edition only.");
    }
    text.push_str(match operation.replay {
        Replay::Safe => " Only reads, and is retried.",
        Replay::Idempotent => " Idempotent, and so retried.",
        Replay::NonIdempotent => " Not idempotent: retried only if the request was not sent, or after a 429.",
    });
    if operation.looks_back {
        text.push_str(" Looks at the last 8 days only, unless `since` or `look_back` is set.");
    }
    if operation.deprecated {
        text.push_str(" Deprecated by the server.");
    }
    match (&operation.instead, operation.stops_server.and_then(versions)) {
        (Some(hint), Some(stopped)) => text.push_str(&format!(
            "\n\nKestra {stopped}, may shut down when it is asked for this, so the call is refused there unless it is \
             `.unchecked()`; use {hint}."
        )),
        (Some(hint), None) => text.push_str(&format!("\n\nOn other versions use {hint}.")),
        (None, _) => {}
    }
    text.push_str(&errors::section(operation, errors));
    text
}

/// Arguments of a constructor or method, each with what it is.
pub(super) fn list(arguments: &[Argument]) -> String {
    let mut text = String::new();
    for argument in arguments {
        if let Some(meaning) = &argument.meaning {
            text.push_str(if text.is_empty() { "\n\n" } else { "\n" });
            text.push_str(&format!("- `{}`: {}", argument.name, names::noun_phrase(meaning)));
        }
    }
    text
}

/// An example of a method, as code that is compiled and not run.
pub(super) fn example(operation: &Operation) -> String {
    let Some(example) = &operation.example else { return String::new() };
    format!(
        "\n\n# Examples\n\n```no_run\n# async fn example(client: kestra::Client) -> Result<(), kestra::BoxError> {{\n{}\n# \
         Ok(())\n# }}\n```",
        example.trim_end()
    )
}

/// One sentence on what an operation does.
pub(super) fn summary(operation: &Operation) -> String {
    match &operation.summary {
        Some(summary) => summary.clone(),
        None => format!("{}.", names::sentence(&operation.name)),
    }
}

/// What a schema is.
pub(super) fn schema(schema: &Schema) -> String {
    match &schema.summary {
        Some(summary) => summary.clone(),
        None => format!("{}.", names::sentence(&names::snake(&schema.name))),
    }
}

/// Where a value stands on the wire, and which versions have it.
pub(super) fn wire(name: &str, place: &str, range: Versions) -> String {
    format!("`{name}` {place}.{}", needs(range))
}

/// What a parameter does, if that is known, and where it stands on the wire.
pub(super) fn parameter(summary: Option<&String>, name: &str, place: &str, range: Versions) -> String {
    match summary {
        Some(summary) => format!("{summary}{}\n\n`{name}` {place}.", needs(range)),
        None => wire(name, place, range),
    }
}
