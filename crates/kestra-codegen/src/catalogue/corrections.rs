//! Corrections: what the documents say wrong or leave out, as data with a reason each.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Catalogue;
use super::class::{Deletion, Edition, Effect, Precheck, Replay, Traffic};
use super::files::{read, yaml_files};
use super::newer::{Checked, unite_operation, unite_schema};
use super::operation::{Answer, Body, HeaderParameter, KnownValues, Operation, QueryParameter, Route, Style};
use super::patch::{FieldPatch, set};
use super::schema::{EnumValue, Kind, Presence, Schema};
use super::types::Type;
use super::versions::Versions;
use crate::error::{Error, Result};
use crate::import::case;

/// Corrections of one reason.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Correction {
    /// Why.
    reason: String,
    /// The operations that it changes, as `area.name`.
    operations: Vec<String>,
    /// The schemas that it changes.
    schemas: Vec<String>,
    /// Operations that no document has, by area.
    add_operations: BTreeMap<String, Vec<Operation>>,
    /// Schemas that no document has.
    add_schemas: Vec<Schema>,

    // What is changed in operations.
    name: Option<String>,
    edition: Option<Edition>,
    replay: Option<Replay>,
    traffic: Option<Traffic>,
    early_error: Option<bool>,
    precheck: Option<Precheck>,
    read_alike: BTreeMap<String, Vec<String>>,
    counted_by: Option<String>,
    body_filters: Option<String>,
    by_ids: Option<String>,
    listed_by: Option<String>,
    acts_by_query: Option<bool>,
    deletes: Option<Deletion>,
    bulk_item: Option<String>,
    effect: Option<Effect>,
    key_among: Option<String>,
    shows_inputs: Option<bool>,
    looks_back: Option<bool>,
    stable_sort: Option<Vec<String>>,
    webhook: Option<bool>,
    stops_server: Option<Versions>,
    instead: Option<String>,
    guard: Option<String>,
    needs_one_of: Option<Vec<String>>,
    redirects: Option<bool>,
    /// Why twice is once.
    evidence: Option<String>,
    deprecated: Option<bool>,
    answer: Option<Answer>,
    produces: Option<Vec<String>>,
    body: Option<Body>,
    no_body: bool,
    body_required: Option<bool>,
    /// The versions of its routes: of the only one, or of each by `METHOD path`.
    versions: Option<Versions>,
    routes: BTreeMap<String, Versions>,
    /// Routes in place of the document's, newest first.
    replace_routes: Vec<Route>,
    /// Aliases to add.
    aliases: Vec<String>,
    query: BTreeMap<String, QueryPatch>,
    path: BTreeMap<String, PathPatch>,
    headers: Vec<HeaderParameter>,

    // What is changed in schemas.
    open: Option<bool>,
    sensitive: Option<bool>,
    kind: Option<Kind>,
    fields: BTreeMap<String, FieldPatch>,
    /// Presence of all fields.
    presence: Option<Presence>,
    values: BTreeMap<String, Versions>,
    /// Values that are not on the wire.
    remove_values: Vec<String>,
}

/// What is changed in a query parameter; one that isn't there is added.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct QueryPatch {
    remove: bool,
    rust: Option<String>,
    item: Option<String>,
    #[serde(rename = "type")]
    ty: Option<Type>,
    style: Option<Style>,
    required: Option<bool>,
    deprecated: Option<bool>,
    versions: Option<Versions>,
    open_source_ignores: Option<String>,
    characters: Option<String>,
    uri: Option<bool>,
    empty_as: Option<String>,
    known_values: Option<KnownValues>,
    filter: Option<String>,
    preset: Option<String>,
    split: Option<bool>,
    names_tasks: Option<bool>,
    milliseconds: Option<Versions>,
    note: Option<String>,
}

/// What is changed in a path variable.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PathPatch {
    rust: Option<String>,
    #[serde(rename = "type")]
    ty: Option<Type>,
}

/// A file of corrections.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectionsFile {
    corrections: Vec<Correction>,
}

/// Applies all corrections in `corrections/`, first what they add, then what they change; files by name, each in its order.
pub(super) fn apply(folder: &Path, catalogue: &mut Catalogue) -> Result<()> {
    let mut files = Vec::new();
    for path in yaml_files(&folder.join("corrections"))? {
        // Names are applied when the documents are imported.
        if path.file_name().is_some_and(|name| name == "names.yaml") {
            continue;
        }
        let file: CorrectionsFile = read(&path)?;
        for correction in &file.corrections {
            correction.add(catalogue).map_err(|error| Error::parse(&path, error))?;
        }
        files.push((path, file.corrections));
    }
    let checked = Checked(catalogue.generation.checked);
    for (path, corrections) in files {
        for correction in corrections {
            correction.change(catalogue, checked).map_err(|error| Error::parse(&path, error))?;
        }
    }
    Ok(())
}

impl Correction {
    /// Adds what no document has.
    fn add(&self, catalogue: &mut Catalogue) -> Result<()> {
        if self.reason.trim().is_empty() {
            return Err(Error::invalid(format!("{:?} {:?}", self.operations, self.schemas), "has no reason"));
        }
        for (area, operations) in &self.add_operations {
            let known = catalogue.areas.entry(area.clone()).or_default();
            for operation in operations {
                let place = known.iter().position(|other| other.name == operation.name);
                let operation = match place.map(|place| known.remove(place)) {
                    Some(document) => unite_operation(document, operation),
                    None => Operation { area: area.clone(), ..operation.clone() },
                };
                known.push(operation);
            }
            known.sort_by(|a, b| a.name.cmp(&b.name));
        }
        for schema in &self.add_schemas {
            let schema = match catalogue.schemas.remove(&schema.name) {
                Some(document) => unite_schema(document, schema)?,
                None => schema.clone(),
            };
            catalogue.schemas.insert(schema.name.clone(), schema);
        }
        Ok(())
    }

    /// Changes what the documents have.
    fn change(&self, catalogue: &mut Catalogue, checked: Checked) -> Result<()> {
        for place in &self.operations {
            let found = place.split_once('.').and_then(|(area, name)| {
                catalogue.areas.get_mut(area)?.iter_mut().find(|operation| operation.name == name)
            });
            let operation = found.ok_or_else(|| Error::invalid(place.as_str(), "is no operation"))?;
            self.apply_to_operation(operation, checked)?;
        }
        for name in &self.schemas {
            let schema = catalogue
                .schemas
                .get_mut(name)
                .ok_or_else(|| Error::invalid(name.as_str(), "is no schema"))?;
            self.apply_to_schema(schema, checked)?;
        }
        Ok(())
    }

    fn apply_to_operation(&self, operation: &mut Operation, checked: Checked) -> Result<()> {
        let place = format!("{}.{}", operation.area, operation.name);
        set(&mut operation.name, self.name.as_ref());
        set(&mut operation.edition, self.edition.as_ref());
        set(&mut operation.replay, self.replay.as_ref());
        set(&mut operation.traffic, self.traffic.as_ref());
        set(&mut operation.early_error, self.early_error.as_ref());
        if self.precheck.is_some() {
            operation.precheck.clone_from(&self.precheck);
        }
        if !self.read_alike.is_empty() {
            operation.read_alike.clone_from(&self.read_alike);
        }
        if self.counted_by.is_some() {
            operation.counted_by.clone_from(&self.counted_by);
        }
        for (target, value) in [
            (&mut operation.by_ids, &self.by_ids),
            (&mut operation.body_filters, &self.body_filters),
            (&mut operation.listed_by, &self.listed_by),
            (&mut operation.bulk_item, &self.bulk_item),
            (&mut operation.key_among, &self.key_among),
        ] {
            if value.is_some() {
                target.clone_from(value);
            }
        }
        set(&mut operation.acts_by_query, self.acts_by_query.as_ref());
        if self.deletes.is_some() {
            operation.deletes = self.deletes;
        }
        if self.effect.is_some() {
            operation.effect.clone_from(&self.effect);
        }
        set(&mut operation.shows_inputs, self.shows_inputs.as_ref());
        set(&mut operation.looks_back, self.looks_back.as_ref());
        set(&mut operation.stable_sort, self.stable_sort.as_ref());
        set(&mut operation.webhook, self.webhook.as_ref());
        if self.stops_server.is_some() {
            operation.stops_server = self.stops_server;
        }
        if self.instead.is_some() {
            operation.instead.clone_from(&self.instead);
        }
        if self.guard.is_some() {
            operation.guard.clone_from(&self.guard);
        }
        if self.evidence.is_some() {
            operation.evidence.clone_from(&self.evidence);
        }
        set(&mut operation.needs_one_of, self.needs_one_of.as_ref());
        set(&mut operation.redirects, self.redirects.as_ref());
        set(&mut operation.deprecated, self.deprecated.as_ref());
        set(&mut operation.answer, self.answer.as_ref());
        set(&mut operation.produces, self.produces.as_ref());
        if self.body.is_some() {
            operation.body.clone_from(&self.body);
        }
        if self.no_body {
            operation.body = None;
        }
        if let (Some(required), Some(body)) = (self.body_required, &mut operation.body) {
            body.required = required;
        }
        self.apply_to_routes(&place, operation, checked)?;
        operation.aliases.extend(self.aliases.iter().cloned());
        for (name, patch) in &self.query {
            patch.apply(&place, name, &mut operation.query, checked)?;
        }
        for (name, patch) in &self.path {
            let found = operation.path.iter_mut().find(|parameter| parameter.name == *name);
            let parameter =
                found.ok_or_else(|| Error::invalid(&place, format!("has no path variable `{name}`")))?;
            set(&mut parameter.rust, patch.rust.as_ref());
            set(&mut parameter.ty, patch.ty.as_ref());
        }
        operation.headers.extend(self.headers.iter().cloned());
        Ok(())
    }

    fn apply_to_routes(&self, place: &str, operation: &mut Operation, checked: Checked) -> Result<()> {
        let newer = checked.take_newer(&mut operation.routes);
        let ended = operation.versions().until;
        if let Some(versions) = self.versions {
            let [route] = operation.routes.as_mut_slice() else {
                return Err(Error::invalid(place, "has several routes; name each in `routes`"));
            };
            route.versions = versions;
        }
        for (name, versions) in &self.routes {
            let found =
                operation.routes.iter_mut().find(|route| format!("{} {}", route.method, route.path) == *name);
            found.ok_or_else(|| Error::invalid(place, format!("has no route `{name}`")))?.versions =
                *versions;
        }
        if !self.replace_routes.is_empty() {
            operation.routes.clone_from(&self.replace_routes);
        }
        checked.put_back(newer, ended, &mut operation.routes);
        Ok(())
    }

    fn apply_to_schema(&self, schema: &mut Schema, checked: Checked) -> Result<()> {
        set(&mut schema.kind, self.kind.as_ref());
        match (self.open, &mut schema.kind) {
            (Some(true), Kind::Object(object)) => schema.kind = Kind::Open(std::mem::take(object)),
            (Some(false), Kind::Open(object)) => schema.kind = Kind::Object(std::mem::take(object)),
            (Some(_), Kind::Alias(_)) => schema.kind = Kind::Open(super::Object::default()),
            _ => {}
        }
        if self.sensitive.is_some() && !matches!(schema.kind, Kind::Open(_)) {
            return Err(Error::invalid(&schema.name, "is not open; its fields can be sensitive"));
        }
        set(&mut schema.sensitive, self.sensitive.as_ref());
        if !self.fields.is_empty() || self.presence.is_some() {
            let (Kind::Object(object) | Kind::Open(object)) = &mut schema.kind else {
                return Err(Error::invalid(&schema.name, "has no fields"));
            };
            for (name, patch) in &self.fields {
                patch.apply(&schema.name, name, object, checked)?;
            }
            object.fields.sort_by(|a, b| a.name.cmp(&b.name));
            for field in object.fields.iter_mut().filter(|_| self.presence.is_some()) {
                field.presence = self.presence;
            }
        }
        if !self.values.is_empty() || !self.remove_values.is_empty() {
            let Kind::Enum(values) = &mut schema.kind else {
                return Err(Error::invalid(&schema.name, "has no values"));
            };
            for name in &self.remove_values {
                let before = values.len();
                values.retain(|value| value.name != *name);
                if values.len() == before {
                    return Err(Error::invalid(&schema.name, format!("has no value `{name}`")));
                }
            }
            for (name, versions) in &self.values {
                let known = values.iter().position(|value| value.name == *name).map(|at| values.remove(at));
                let versions = known.map_or(*versions, |known| checked.range(*versions, known.versions));
                values.push(EnumValue::new(name, case::pascal(name), versions));
            }
            values.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(())
    }
}

impl QueryPatch {
    fn apply(
        &self,
        place: &str,
        name: &str,
        parameters: &mut Vec<QueryParameter>,
        checked: Checked,
    ) -> Result<()> {
        if self.remove {
            let before = parameters.len();
            parameters.retain(|parameter| parameter.name != name);
            if parameters.len() == before {
                return Err(Error::invalid(place, format!("has no query parameter `{name}`")));
            }
            return Ok(());
        }
        if !parameters.iter().any(|parameter| parameter.name == name) {
            let ty = self.ty.clone().ok_or_else(|| {
                Error::invalid(
                    place,
                    format!("has no query parameter `{name}`, and to add it a type is needed"),
                )
            })?;
            parameters.push(QueryParameter {
                name: name.to_owned(),
                rust: case::snake(name),
                item: None,
                ty,
                style: Style::default(),
                required: false,
                deprecated: false,
                versions: Versions::ALL,
                open_source_ignores: None,
                characters: None,
                uri: false,
                empty_as: None,
                known_values: None,
                filter: None,
                preset: None,
                split: false,
                names_tasks: false,
                milliseconds: None,
                note: None,
                summary: None,
            });
            parameters.sort_by(|a, b| a.name.cmp(&b.name));
        }
        for parameter in parameters.iter_mut().filter(|parameter| parameter.name == name) {
            set(&mut parameter.rust, self.rust.as_ref());
            set(&mut parameter.ty, self.ty.as_ref());
            set(&mut parameter.style, self.style.as_ref());
            set(&mut parameter.required, self.required.as_ref());
            set(&mut parameter.deprecated, self.deprecated.as_ref());
            if let Some(versions) = self.versions {
                parameter.versions = checked.range(versions, parameter.versions);
            }
            if self.item.is_some() {
                parameter.item.clone_from(&self.item);
            }
            if self.open_source_ignores.is_some() {
                parameter.open_source_ignores.clone_from(&self.open_source_ignores);
            }
            if self.characters.is_some() {
                parameter.characters.clone_from(&self.characters);
            }
            set(&mut parameter.uri, self.uri.as_ref());
            if self.empty_as.is_some() {
                parameter.empty_as.clone_from(&self.empty_as);
            }
            if self.known_values.is_some() {
                parameter.known_values.clone_from(&self.known_values);
            }
            if self.filter.is_some() {
                parameter.filter.clone_from(&self.filter);
            }
            if self.preset.is_some() {
                parameter.preset.clone_from(&self.preset);
            }
            set(&mut parameter.split, self.split.as_ref());
            set(&mut parameter.names_tasks, self.names_tasks.as_ref());
            if self.milliseconds.is_some() {
                parameter.milliseconds = self.milliseconds;
            }
            if self.note.is_some() {
                parameter.note.clone_from(&self.note);
            }
        }
        Ok(())
    }
}
