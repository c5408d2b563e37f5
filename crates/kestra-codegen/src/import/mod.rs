//! Joins OpenAPI documents of several versions into the catalogue's files.

pub mod case;
mod identity;
mod join;
mod names;
mod news;
mod unite;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use self::identity::{Identity, Names, Sensitive};
pub use self::names::SchemaNames;
pub(crate) use self::names::generic;
pub use self::unite::Findings;
use crate::catalogue::{
    Answer, Catalogue, Content, Kind, Schema, Type, Version, read_imported, read_or_default, write_imported,
};
use crate::error::Result;
use crate::openapi::{Contents, Document, DocumentOperation};

/// Folder of the documents that were imported, in their compact form, below the catalogue's.
const DOCUMENTS: &str = "documents";

/// Imports documents into the catalogue's folder, beside those that were imported before, and returns what needs a
/// person's decision.
///
/// A document of a version that is there already replaces it. Without documents the kept ones are joined anew.
///
/// # Errors
///
/// A document that can't be interpreted, or a file that can't be read or written.
pub fn import(documents: &[Document], folder: &Path) -> Result<Findings> {
    let identity: Identity = read_or_default(&folder.join("corrections").join("names.yaml"))?;
    let kept = folder.join(DOCUMENTS);
    for document in documents {
        // One that can't be interpreted isn't kept.
        document.contents()?;
        document.keep(&kept)?;
    }
    let all = Document::kept(&kept)?;
    let (mut catalogue, mut findings) = unite(&all, &identity)?;
    let before = read_imported(folder)?;
    if let Some(newest) = all.last() {
        news::tell(&before, &catalogue, newest.version, &mut findings);
    }
    catalogue.generation = before.generation;
    write_imported(folder, &catalogue)?;
    Ok(findings)
}

/// Joins documents into a catalogue, corrections of names applied and no others.
///
/// # Errors
///
/// A document that can't be interpreted.
pub fn unite(documents: &[Document], identity: &Identity) -> Result<(Catalogue, Findings)> {
    let mut findings = Findings::default();
    let all: BTreeSet<Version> = documents.iter().map(|document| document.version).collect();
    let mut contents: Vec<(Version, Contents)> = Vec::new();
    for document in documents {
        contents.push((document.version, document.contents()?));
    }
    contents.sort_by_key(|(version, _)| std::cmp::Reverse(*version));

    let every: BTreeSet<(Version, String)> = contents
        .iter()
        .flat_map(|(version, contents)| contents.schemas.keys().map(|name| (*version, name.clone())))
        .collect();
    let names = SchemaNames::choose(&every, identity)?;
    let (schemas, aliases) = schemas(&all, &contents, &names, identity, &mut findings);

    let mut entries = Vec::new();
    for (version, contents) in contents {
        let rename = |name: &str| inline_aliases(names.ty(version, name), &aliases);
        entries
            .extend(contents.operations.into_iter().map(|operation| (version, renamed(operation, &rename))));
    }
    let areas = join::join(&all, entries, identity, &mut findings)?;
    Ok((Catalogue { areas, schemas, ..Catalogue::default() }, findings))
}

/// The united schemas, and those that are only another name of a type.
fn schemas(
    all: &BTreeSet<Version>,
    contents: &[(Version, Contents)],
    names: &SchemaNames,
    identity: &Identity,
    findings: &mut Findings,
) -> (BTreeMap<String, Schema>, BTreeMap<String, Type>) {
    let mut groups: BTreeMap<String, Vec<(Version, String, Kind)>> = BTreeMap::new();
    for (version, contents) in contents {
        for (name, kind) in &contents.schemas {
            if let Some(rust) = names.schema(*version, name) {
                let kind = renamed_kind(kind, &|inner| names.ty(*version, inner));
                groups.entry(rust.to_owned()).or_default().push((*version, name.clone(), kind));
            }
        }
    }
    let mut united = BTreeMap::new();
    let mut aliases = BTreeMap::new();
    for (rust, members) in groups {
        let kinds: Vec<_> = members.iter().map(|(version, _, kind)| (*version, kind)).collect();
        match unite::kinds(&rust, all, &kinds, findings) {
            Some(Kind::Alias(ty)) => _ = aliases.insert(rust, ty),
            Some(kind) => {
                let mut documents = Vec::new();
                for (_, name, _) in &members {
                    if !documents.contains(name) {
                        documents.push(name.clone());
                    }
                }
                let schema = Schema {
                    name: rust.clone(),
                    documents,
                    kind,
                    sensitive: false,
                    in_requests: false,
                    in_answers: false,
                    summary: None,
                };
                united.insert(rust, schema);
            }
            None => {}
        }
    }
    for schema in united.values_mut() {
        schema.kind =
            renamed_kind(&schema.kind, &|name| inline_aliases(Type::Ref(name.to_owned()), &aliases));
        if let Kind::Object(object) | Kind::Open(object) = &mut schema.kind {
            for field in &mut object.fields {
                field.sensitive = identity.is_sensitive(&field.name);
            }
        }
    }
    (united, aliases)
}

/// The type with names that only stand for another type replaced, a few levels deep.
fn inline_aliases(ty: Type, aliases: &BTreeMap<String, Type>) -> Type {
    (0..8).fold(ty, |ty, _| {
        ty.renamed(&|name| aliases.get(name).cloned().unwrap_or_else(|| Type::Ref(name.to_owned())))
    })
}

fn renamed_kind(kind: &Kind, rename: &dyn Fn(&str) -> Type) -> Kind {
    let mut kind = kind.clone();
    match &mut kind {
        Kind::Object(object) | Kind::Open(object) => {
            for field in &mut object.fields {
                field.ty = field.ty.renamed(rename);
            }
        }
        Kind::Alias(ty) => *ty = ty.renamed(rename),
        Kind::Union(union) => {
            for member in &mut union.members {
                member.ty = member.ty.renamed(rename);
                if member.value.is_none() {
                    member.rust = case::pascal(&member.ty.to_string());
                }
            }
        }
        Kind::Enum(_) => {}
    }
    kind
}

fn renamed(mut operation: DocumentOperation, rename: &dyn Fn(&str) -> Type) -> DocumentOperation {
    for parameter in &mut operation.path_parameters {
        parameter.ty = parameter.ty.renamed(rename);
    }
    for parameter in &mut operation.query {
        parameter.ty = parameter.ty.renamed(rename);
    }
    for variant in operation.body.iter_mut().flat_map(|body| &mut body.variants) {
        match &mut variant.content {
            Content::Json(ty) | Content::Form(ty) => *ty = ty.renamed(rename),
            Content::Multipart(multipart) => {
                for part in &mut multipart.parts {
                    part.ty = part.ty.renamed(rename);
                }
            }
            Content::Yaml | Content::Text | Content::Typed(_) | Content::Bytes => {}
        }
    }
    if let Answer::Json(ty) | Answer::OptionalJson(ty) | Answer::Events(ty) = &mut operation.answer {
        *ty = ty.renamed(rename);
    }
    operation
}
