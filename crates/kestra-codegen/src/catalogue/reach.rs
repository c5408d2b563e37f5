//! Which schemas requests and answers reach.

use std::collections::BTreeSet;

use super::operation::{Content, Operation};
use super::schema::{Kind, Schema};
use super::types::Type;
use super::{Catalogue, Presence};

impl Catalogue {
    /// The part of the catalogue that is generated: the areas that are switched on and the schemas that they reach,
    /// with directions and presence as that part has them.
    #[must_use]
    pub fn generated(&self) -> Self {
        let mut part = Self { generation: self.generation.clone(), ..Self::default() };
        for area in &self.generation.areas {
            if let Some(operations) = self.areas.get(area) {
                part.areas.insert(area.clone(), operations.clone());
            }
        }
        let (requests, answers) = part.roots();
        let mut reached = self.reached(&requests);
        reached.extend(self.reached(&answers));
        for name in reached {
            if let Some(schema) = self.schemas.get(&name) {
                part.schemas.insert(name, schema.clone());
            }
        }
        part
    }

    /// Sets direction of schemas and presence of fields.
    pub(crate) fn settle(&mut self) {
        let (requests, answers) = self.roots();
        let (requests, answers) = (self.reached(&requests), self.reached(&answers));
        for (name, schema) in &mut self.schemas {
            schema.in_requests = requests.contains(name);
            schema.in_answers = answers.contains(name);
            let requests_only = schema.in_requests && !schema.in_answers;
            let (Kind::Object(object) | Kind::Open(object)) = &mut schema.kind else { continue };
            for field in &mut object.fields {
                field.presence.get_or_insert(
                    match (requests_only, field.required, field.ty.is_collection()) {
                        (true, true, _) => Presence::Required,
                        (false, _, true) => Presence::Collection,
                        _ => Presence::Optional,
                    },
                );
            }
        }
    }

    fn roots(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let mut requests = BTreeSet::new();
        let mut answers = BTreeSet::new();
        for operation in self.areas.values().flatten() {
            requests.extend(request_types(operation).filter_map(Type::schema).map(str::to_owned));
            answers.extend(operation.answer.ty().and_then(Type::schema).map(str::to_owned));
        }
        (requests, answers)
    }

    fn reached(&self, roots: &BTreeSet<String>) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<String> = roots.iter().cloned().collect();
        while let Some(name) = open.pop() {
            if reached.insert(name.clone())
                && let Some(schema) = self.schemas.get(&name)
            {
                open.extend(schema_types(schema).filter_map(Type::schema).map(str::to_owned));
            }
        }
        reached
    }
}

/// The types that a schema names.
pub(crate) fn schema_types(schema: &Schema) -> Box<dyn Iterator<Item = &Type> + '_> {
    match &schema.kind {
        Kind::Object(object) | Kind::Open(object) => Box::new(object.fields.iter().map(|field| &field.ty)),
        Kind::Enum(_) => Box::new(std::iter::empty()),
        Kind::Alias(ty) => Box::new(std::iter::once(ty)),
        Kind::Union(union) => Box::new(union.members.iter().map(|member| &member.ty)),
    }
}

/// The types that an operation's request names.
pub(crate) fn request_types(operation: &Operation) -> impl Iterator<Item = &Type> {
    let path = operation.path.iter().map(|parameter| &parameter.ty);
    let query = operation.query.iter().map(|parameter| &parameter.ty);
    let headers = operation.headers.iter().map(|parameter| &parameter.ty);
    let variants = operation.body.iter().flat_map(|body| &body.variants);
    let body = variants.flat_map(|variant| match &variant.content {
        Content::Json(ty) | Content::Form(ty) | Content::Typed(ty) => vec![ty],
        Content::Multipart(multipart) => multipart.parts.iter().map(|part| &part.ty).collect(),
        Content::Yaml | Content::Text | Content::Bytes => Vec::new(),
    });
    path.chain(query).chain(headers).chain(body)
}
