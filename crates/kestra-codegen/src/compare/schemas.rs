//! Walks the types of a document and of the catalogue side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::{Differences, json_name};
use crate::catalogue::{Kind, Object, Schema, Type, Version};

/// The schemas of both sides, and which pairs were compared already.
pub(super) struct Schemas<'a> {
    theirs: &'a BTreeMap<String, Kind>,
    ours: &'a BTreeMap<String, Schema>,
    version: Version,
    seen: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(
        theirs: &'a BTreeMap<String, Kind>,
        ours: &'a BTreeMap<String, Schema>,
        version: Version,
    ) -> Self {
        Self { theirs, ours, version, seen: BTreeSet::new() }
    }

    /// Compares two types and all that they lead to; each pair of schemas is compared once, under the document's name.
    pub(super) fn types(&mut self, place: &str, theirs: &Type, ours: &Type, differences: &mut Differences) {
        let (theirs, ours) = (self.their_type(theirs), self.our_type(ours));
        match (&theirs, &ours) {
            // One that says less, and texts: formats of strings are corrected on purpose.
            (Type::Json, _) | (_, Type::Json) => {}
            (Type::Filters, _) | (_, Type::Filters) => {}
            (Type::List(a), Type::List(b) | Type::Page(b)) | (Type::Map(a), Type::Map(b)) => {
                self.types(place, a, b, differences);
            }
            (Type::Page(a), Type::Page(b)) => self.types(place, a, b, differences),
            (Type::Nullable(a), b) | (b, Type::Nullable(a)) => {
                let (a, b) = ((**a).clone(), b.clone());
                self.types(place, &a, &b, differences);
            }
            (Type::Ref(a), Type::Ref(b)) => self.schemas(a, b, differences),
            (Type::Ref(a), other) if self.is_text(a) && is_text(other) => {}
            (other, Type::Ref(b)) if self.is_our_text(b) && is_text(other) => {}
            (a, b) if is_text(a) && is_text(b) && *a != Type::Bytes => {
                // A string that became a time, or the other way round, is another type in Rust.
                if json_name(a) != json_name(b) && *a != Type::String {
                    differences.other.insert(format!("{place}: {a} there, {b} here"));
                }
            }
            (a, b) if json_name(a) == json_name(b) => {}
            (a, b) => {
                differences.other.insert(format!("{place}: {} there, {} here", json_name(a), json_name(b)));
            }
        }
    }

    fn schemas(&mut self, theirs: &str, ours: &str, differences: &mut Differences) {
        let Some((their_name, kind)) = self.theirs.get_key_value(theirs) else { return };
        let Some((our_name, schema)) = self.ours.get_key_value(ours) else { return };
        if !self.seen.insert((their_name, our_name)) {
            return;
        }
        match (kind, &schema.kind) {
            (Kind::Object(a) | Kind::Open(a), Kind::Object(b) | Kind::Open(b)) => {
                self.fields(theirs, a, b, differences);
            }
            (Kind::Enum(a), Kind::Enum(b)) => {
                let known: BTreeSet<&str> = b.iter().map(|value| value.name.as_str()).collect();
                for value in a.iter().filter(|value| !known.contains(value.name.as_str())) {
                    differences.missing.insert(format!("{theirs} value {}", value.name));
                }
                let given: BTreeSet<&str> = a.iter().map(|value| value.name.as_str()).collect();
                for value in b.iter().filter(|value| value.versions.contains(self.version)) {
                    if !given.contains(value.name.as_str()) {
                        differences.extra.insert(format!("{theirs} value {}", value.name));
                    }
                }
            }
            (Kind::Union(_), _) | (_, Kind::Union(_)) => {}
            _ => _ = differences.other.insert(format!("{theirs}: another kind of schema")),
        }
    }

    fn fields(&mut self, name: &str, theirs: &Object, ours: &Object, differences: &mut Differences) {
        for field in &theirs.fields {
            match ours.fields.iter().find(|known| known.name == field.name) {
                Some(known) if known.versions.contains(self.version) => {
                    self.types(&format!("{name}.{}", field.name), &field.ty, &known.ty, differences);
                }
                _ => _ = differences.missing.insert(format!("{name}.{}", field.name)),
            }
        }
        for known in ours.fields.iter().filter(|known| known.versions.contains(self.version)) {
            if !theirs.fields.iter().any(|field| field.name == known.name) {
                differences.extra.insert(format!("{name}.{}", known.name));
            }
        }
    }

    /// The type with another name of a type, or a generic one, replaced by what it stands for.
    fn their_type(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        for _ in 0..8 {
            let Type::Ref(name) = &ty else { break };
            match (crate::import::generic(name), self.theirs.get(name)) {
                (Some(generic), _) => ty = generic,
                (None, Some(Kind::Alias(alias))) => ty = alias.clone(),
                _ => break,
            }
        }
        ty
    }

    fn our_type(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        for _ in 0..8 {
            match &ty {
                Type::Ref(name) => match self.ours.get(name).map(|schema| &schema.kind) {
                    Some(Kind::Alias(alias)) => ty = alias.clone(),
                    _ => break,
                },
                _ => break,
            }
        }
        ty
    }

    fn is_text(&self, theirs: &str) -> bool {
        matches!(self.theirs.get(theirs), Some(Kind::Enum(_)))
    }

    fn is_our_text(&self, ours: &str) -> bool {
        matches!(self.ours.get(ours).map(|schema| &schema.kind), Some(Kind::Enum(_)))
    }
}

const fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Bytes | Type::Timestamp | Type::Date | Type::Duration)
}
