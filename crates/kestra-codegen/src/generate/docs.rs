//! Documentation of generated items, from the catalogue's facts.

use super::{guards, names};
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

/// What an operation does, then its routes and facts.
pub(super) fn operation(operation: &Operation) -> String {
    let mut text = summary(operation);
    text.push_str("\n\n");
    let routes: Vec<String> = operation
        .routes
        .iter()
        .map(|route| match versions(route.versions) {
            Some(versions) => format!("`{} {}` (Kestra {versions})", route.method, route.path),
            None => format!("`{} {}` (Kestra 1.0 and later)", route.method, route.path),
        })
        .collect();
    text.push_str(&routes.join(", "));
    text.push_str(match operation.edition {
        Edition::OpenSource => "; open source; ",
        Edition::Enterprise => "; Enterprise; ",
    });
    text.push_str(match operation.replay {
        Replay::Safe => "only reads, and is repeated when an attempt fails.",
        Replay::Idempotent => "repeated when an attempt fails, as twice is the same as once.",
        Replay::StartsWork => "never repeated unless provably unsent or answered 429.",
    });
    if guards::looks_back(operation).is_some() {
        text.push_str(
            "\n\nFinds what began in the last 8 days, unless `since` or `look_back` say how far to look.",
        );
    }
    if let Some(hint) = &operation.instead {
        text.push_str(&format!("\n\nOn other versions use {hint}."));
    }
    if operation.deprecated {
        text.push_str("\n\nDeprecated by the server.");
    }
    text
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
    match versions(range) {
        Some(range) => format!("`{name}` {place}; {range}."),
        None => format!("`{name}` {place}."),
    }
}

/// What a parameter does, if that is known, and where it stands on the wire.
pub(super) fn parameter(summary: Option<&String>, name: &str, place: &str, range: Versions) -> String {
    match summary {
        Some(summary) => format!("{summary}\n\n{}", wire(name, place, range)),
        None => wire(name, place, range),
    }
}
