//! Unites what the versions' documents say of one thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{
    Answer, Body, BodyVariant, Content, EnumValue, Field, Kind, Object, Type, Version, Versions,
};

/// What was found that doesn't fit; printed for the person who runs the import.
#[derive(Debug, Default)]
pub struct Findings(pub BTreeSet<String>);

impl Findings {
    pub(super) fn add(&mut self, place: &str, message: String) {
        self.0.insert(format!("{place}: {message}"));
    }
}

/// The range that says which versions of those that have the owner have the part.
#[must_use]
pub(super) fn versions(
    all: &BTreeSet<Version>,
    owner: &BTreeSet<Version>,
    part: &BTreeSet<Version>,
) -> Versions {
    let since = part.first().filter(|first| owner.first() != Some(first)).copied();
    let until = part
        .last()
        .filter(|last| owner.last() != Some(last))
        .and_then(|last| all.iter().find(|version| *version > last))
        .copied();
    Versions { since, until }
}

/// Unites two types of one thing, the newer first.
pub(super) fn types(newer: &Type, older: &Type, place: &str, findings: &mut Findings) -> Type {
    match (newer, older) {
        (a, b) if a == b => a.clone(),
        (Type::Int32 | Type::Int64, Type::Int32 | Type::Int64) => Type::Int64,
        (Type::Double, Type::Int32 | Type::Int64) | (Type::Int32 | Type::Int64, Type::Double) => Type::Double,
        (Type::List(a), Type::List(b)) => types(a, b, place, findings).list(),
        (Type::Map(a), Type::Map(b)) => types(a, b, place, findings).map(),
        (Type::Page(a), Type::Page(b) | Type::List(b)) => Type::Page(Box::new(types(a, b, place, findings))),
        (Type::Json, other) | (other, Type::Json) => {
            findings.add(place, format!("any JSON in one version, {other} in another"));
            Type::Json
        }
        (a, b) => {
            findings.add(place, format!("{a} in the newer version, {b} in the older"));
            a.clone()
        }
    }
}

/// A schema's kinds, newest first, each with its version.
pub(super) fn kinds(
    place: &str,
    all: &BTreeSet<Version>,
    kinds: &[(Version, &Kind)],
    findings: &mut Findings,
) -> Option<Kind> {
    let owner: BTreeSet<Version> = kinds.iter().map(|(version, _)| *version).collect();
    let (_, newest) = kinds.first()?;
    let mut open = false;
    let mut values: BTreeMap<&str, (&EnumValue, BTreeSet<Version>)> = BTreeMap::new();
    let mut objects = Vec::new();
    for (version, kind) in kinds {
        match (newest, kind) {
            (Kind::Object(_) | Kind::Open(_), Kind::Object(object) | Kind::Open(object)) => {
                open |= matches!(kind, Kind::Open(_));
                objects.push((*version, object));
            }
            (Kind::Enum(_), Kind::Enum(more)) => {
                for value in more {
                    values.entry(&value.name).or_insert_with(|| (value, BTreeSet::new())).1.insert(*version);
                }
            }
            (a, b) if a == b => {}
            _ => findings.add(place, format!("another kind of schema in {version}")),
        }
    }
    Some(match newest {
        Kind::Object(_) | Kind::Open(_) => {
            let object = Object { fields: fields(place, all, &owner, &objects, findings) };
            if open { Kind::Open(object) } else { Kind::Object(object) }
        }
        Kind::Enum(_) => {
            let united = values
                .into_values()
                .map(|(value, part)| EnumValue { versions: versions(all, &owner, &part), ..value.clone() });
            Kind::Enum(united.collect())
        }
        other => (*other).clone(),
    })
}

fn fields(
    place: &str,
    all: &BTreeSet<Version>,
    owner: &BTreeSet<Version>,
    objects: &[(Version, &Object)],
    findings: &mut Findings,
) -> Vec<Field> {
    let mut fields: BTreeMap<&str, (Field, BTreeSet<Version>)> = BTreeMap::new();
    for (version, object) in objects {
        for field in &object.fields {
            let (united, part) =
                fields.entry(&field.name).or_insert_with(|| (field.clone(), BTreeSet::new()));
            united.ty = types(&united.ty, &field.ty, &format!("{place}.{}", field.name), findings);
            part.insert(*version);
        }
    }
    fields
        .into_iter()
        .map(|(name, (mut field, part))| {
            // What one schema of the same version lacks is not required either.
            field.required = objects
                .iter()
                .all(|(_, object)| object.fields.iter().any(|other| other.name == name && other.required));
            field.versions = versions(all, owner, &part);
            field
        })
        .collect()
}

/// Unites two answers of one operation, the newer first.
pub(super) fn answers(newer: &Answer, older: &Answer, place: &str, findings: &mut Findings) -> Answer {
    let json = |a: &Type, b: &Type, findings: &mut Findings| match (a, b) {
        // A document that says any JSON where another says more just says less.
        (Type::Json, known) | (known, Type::Json) => known.clone(),
        _ => types(a, b, place, findings),
    };
    match (newer, older) {
        (a, b) if a == b => a.clone(),
        (Answer::Json(a), Answer::Json(b)) => Answer::Json(json(a, b, findings)),
        (Answer::Events(a), Answer::Events(b)) => Answer::Events(types(a, b, place, findings)),
        (Answer::Json(a) | Answer::OptionalJson(a), Answer::Json(b) | Answer::OptionalJson(b)) => {
            Answer::OptionalJson(json(a, b, findings))
        }
        (Answer::Json(ty) | Answer::OptionalJson(ty), Answer::Empty)
        | (Answer::Empty, Answer::Json(ty) | Answer::OptionalJson(ty)) => Answer::OptionalJson(ty.clone()),
        (a, b) => {
            findings.add(place, format!("answers {a:?} in the newer version, {b:?} in the older"));
            a.clone()
        }
    }
}

/// Unites the bodies of one operation, newest first.
pub(super) fn bodies(
    place: &str,
    all: &BTreeSet<Version>,
    bodies: &[(Version, Option<&Body>)],
    findings: &mut Findings,
) -> Option<Body> {
    let owner: BTreeSet<Version> = bodies.iter().map(|(version, _)| *version).collect();
    let mut variants: Vec<(BodyVariant, BTreeSet<Version>)> = Vec::new();
    for (version, body) in bodies {
        for variant in body.iter().flat_map(|body| &body.variants) {
            match variants.iter_mut().find(|(known, _)| known.content_type == variant.content_type) {
                Some((known, part)) => {
                    if let (Content::Json(a), Content::Json(b)) = (&mut known.content, &variant.content) {
                        *a = types(a, b, place, findings);
                    } else if known.content != variant.content {
                        findings.add(place, format!("another {} body in {version}", variant.content_type));
                    }
                    part.insert(*version);
                }
                None => variants.push((variant.clone(), BTreeSet::from([*version]))),
            }
        }
    }
    if variants.is_empty() {
        return None;
    }
    let required = bodies.iter().all(|(_, body)| body.is_some_and(|body| body.required));
    let united = variants
        .into_iter()
        .map(|(variant, part)| BodyVariant { versions: versions(all, &owner, &part), ..variant });
    Some(Body { required, variants: united.collect() })
}
