//! What a newly imported document brings, for the person who decides about it.

use std::collections::BTreeMap;

use super::unite::Findings;
use crate::catalogue::{Catalogue, Field, Kind, Operation, Route, Version};

/// Adds what is new, gone or called otherwise, compared with the catalogue that was imported before.
pub(super) fn tell(before: &Catalogue, after: &Catalogue, newest: Version, findings: &mut Findings) {
    if before.areas.is_empty() {
        return;
    }
    let (old, new) = (by_name(before), by_name(after));
    for (name, operation) in &new {
        let known = old.get(name);
        if known.is_none() {
            findings.add(name, format!("is new: {}", route(operation)));
        }
        let was_there = known.is_none_or(|known| known.versions().until.is_none());
        if was_there && operation.versions().until == Some(newest) {
            findings.add(name, format!("ends before {newest}: {}", route(operation)));
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        findings.add(
            name,
            "is called otherwise now, which changes the client; name it in `operations`".to_owned(),
        );
    }
    for name in before.schemas.keys().filter(|name| !after.schemas.contains_key(*name)) {
        findings
            .add(name, "is called otherwise now, which changes the client; name it in `schemas`".to_owned());
    }
    types(before, after, findings);
    moves(after, newest, findings);
}

/// Tells fields that have another type than before, which changes the models.
fn types(before: &Catalogue, after: &Catalogue, findings: &mut Findings) {
    for (name, schema) in &after.schemas {
        let Some(known) = before.schemas.get(name) else { continue };
        for field in fields(&schema.kind) {
            if let Some(old) = fields(&known.kind).iter().find(|old| old.name == field.name)
                && old.ty != field.ty
            {
                findings.add(
                    &format!("{name}.{}", field.name),
                    format!("is {} now, {} before", field.ty, old.ty),
                );
            }
        }
    }
}

fn fields(kind: &Kind) -> &[Field] {
    match kind {
        Kind::Object(object) | Kind::Open(object) => &object.fields,
        Kind::Enum(_) | Kind::Alias(_) | Kind::Union(_) => &[],
    }
}

/// Tells routes that end where another with the same operation id begins.
fn moves(after: &Catalogue, newest: Version, findings: &mut Findings) {
    let all: Vec<&Operation> = after.areas.values().flatten().collect();
    for ended in all.iter().filter(|operation| operation.versions().until == Some(newest)) {
        let begins = |operation: &&&Operation| operation.versions().since == Some(newest);
        for begun in all.iter().filter(begins) {
            if begun.aliases.iter().any(|alias| ended.aliases.contains(alias)) {
                findings
                    .add("moves", format!("`{}: {}` if they are one operation", route(ended), route(begun)));
            }
        }
    }
}

fn by_name(catalogue: &Catalogue) -> BTreeMap<String, &Operation> {
    let operations = catalogue.areas.values().flatten();
    operations.map(|operation| (format!("{}.{}", operation.area, operation.name), operation)).collect()
}

fn route(operation: &Operation) -> String {
    let text = |route: &Route| format!("{} {}", route.method, route.path);
    operation.routes.first().map(text).unwrap_or_default()
}
