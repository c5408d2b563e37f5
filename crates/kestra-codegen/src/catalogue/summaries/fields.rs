//! What the fields of schemas and the values of enums mean.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::catalogue::{Catalogue, EnumValue, Field, Kind};

/// Stands in a default for the noun of the schema that has the field.
const NOUN: &str = "{it}";

/// The part of the summaries that is about fields and values.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FieldSummaries {
    /// By schema and name on the wire.
    pub(super) fields: BTreeMap<String, BTreeMap<String, String>>,
    /// By name on the wire, for every schema that says nothing of its own.
    pub(super) field_defaults: BTreeMap<String, String>,
    /// By schema: the schema whose fields mean the same, where it says nothing of its own.
    pub(super) fields_like: BTreeMap<String, String>,
    /// By enum and value on the wire.
    pub(super) values: BTreeMap<String, BTreeMap<String, String>>,
    /// By schema: what it is called in a sentence, where its name doesn't tell.
    pub(super) nouns: BTreeMap<String, String>,
}

impl FieldSummaries {
    /// Takes what another file says.
    pub(super) fn join(&mut self, other: Self) {
        for (schema, fields) in other.fields {
            self.fields.entry(schema).or_default().extend(fields);
        }
        for (schema, values) in other.values {
            self.values.entry(schema).or_default().extend(values);
        }
        self.field_defaults.extend(other.field_defaults);
        self.fields_like.extend(other.fields_like);
        self.nouns.extend(other.nouns);
    }

    /// Gives the summaries to the fields and values; one of something that isn't there is an error.
    pub(super) fn apply(self, catalogue: &mut Catalogue) -> Result<(), String> {
        let mut own = self.fields;
        for (schema, like) in &self.fields_like {
            let theirs = own
                .get(like)
                .cloned()
                .ok_or_else(|| format!("`{schema}` is like `{like}`, which has none"))?;
            let known: BTreeSet<&str> = fields(catalogue, schema)?.iter().map(|f| f.name.as_str()).collect();
            let theirs: Vec<_> =
                theirs.into_iter().filter(|(name, _)| known.contains(name.as_str())).collect();
            let mine = own.entry(schema.clone()).or_default();
            for (name, summary) in theirs {
                mine.entry(name).or_insert(summary);
            }
        }
        for (schema, summaries) in own {
            let fields = fields(catalogue, &schema)?;
            for (name, summary) in summaries {
                let field = fields.iter_mut().find(|field| field.name == name);
                field.ok_or_else(|| format!("`{schema}.{name}` is no field"))?.summary = Some(summary);
            }
        }
        for (schema, summaries) in self.values {
            let values = values(catalogue, &schema)?;
            for (name, summary) in summaries {
                let value = values.iter_mut().find(|value| value.name == name);
                value.ok_or_else(|| format!("`{schema}` has no value `{name}`"))?.summary = Some(summary);
            }
        }
        if let Some(schema) = self.nouns.keys().find(|schema| !catalogue.schemas.contains_key(*schema)) {
            return Err(format!("`{schema}` is no schema"));
        }
        let mut unused: BTreeSet<&str> = self.field_defaults.keys().map(String::as_str).collect();
        for schema in catalogue.schemas.values_mut() {
            let noun = self.nouns.get(&schema.name).cloned().unwrap_or_else(|| noun(&schema.name));
            let (Kind::Object(object) | Kind::Open(object)) = &mut schema.kind else { continue };
            for field in object.fields.iter_mut().filter(|field| field.summary.is_none()) {
                if let Some(summary) = self.field_defaults.get(&field.name) {
                    unused.remove(field.name.as_str());
                    field.default_summary = Some(summary.replace(NOUN, &noun));
                }
            }
        }
        if unused.is_empty() {
            return Ok(());
        }
        let unused: Vec<&str> = unused.into_iter().collect();
        Err(format!("no field needs the defaults for {}", unused.join(", ")))
    }
}

fn kind<'a>(catalogue: &'a mut Catalogue, name: &str) -> Result<&'a mut Kind, String> {
    let schema = catalogue.schemas.get_mut(name).ok_or_else(|| format!("`{name}` is no schema"))?;
    Ok(&mut schema.kind)
}

fn fields<'a>(catalogue: &'a mut Catalogue, name: &str) -> Result<&'a mut Vec<Field>, String> {
    match kind(catalogue, name)? {
        Kind::Object(object) | Kind::Open(object) => Ok(&mut object.fields),
        _ => Err(format!("`{name}` has no fields")),
    }
}

fn values<'a>(catalogue: &'a mut Catalogue, name: &str) -> Result<&'a mut Vec<EnumValue>, String> {
    match kind(catalogue, name)? {
        Kind::Enum(values) => Ok(values),
        _ => Err(format!("`{name}` is no enum")),
    }
}

/// What stands before the noun in the name of a request.
const VERBS: [&str; 8] = ["attach", "create", "link", "or", "patch", "run", "set", "update"];

/// What stands behind the noun: how a schema shows a thing, not which.
const FORMS: [&str; 12] = [
    "definition",
    "detail",
    "details",
    "entity",
    "item",
    "list",
    "request",
    "response",
    "result",
    "source",
    "stored",
    "summary",
];

/// Words that are written in capitals.
const CAPITALS: [&str; 4] = ["mcp", "scim", "sla", "ui"];

/// `case template` of `CaseTemplateRequest`.
fn noun(schema: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for c in schema.chars() {
        match words.last_mut() {
            Some(word) if !c.is_ascii_uppercase() => word.push(c),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
    }
    let all = words.clone();
    while words.last().is_some_and(|word| FORMS.contains(&word.as_str())) {
        words.pop();
    }
    let verbs = words.iter().take_while(|word| VERBS.contains(&word.as_str())).count();
    words.drain(..verbs);
    let words = if words.is_empty() { all } else { words };
    let written = |word: &String| match CAPITALS.contains(&word.as_str()) {
        true => word.to_uppercase(),
        false => word.clone(),
    };
    words.iter().map(written).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Object, Schema, Type, Versions};

    fn catalogue() -> Catalogue {
        let object = |name: &str| {
            let fields = ["id", "title"].map(|field| Field::new(field, field.to_owned(), Type::String));
            schema(name, Kind::Object(Object { fields: fields.to_vec() }))
        };
        let values = Kind::Enum(vec![EnumValue::new("NEW", "New".to_owned(), Versions::ALL)]);
        let schemas = [object("BookDetail"), object("Copy"), schema("BookState", values)];
        Catalogue {
            schemas: schemas.map(|schema| (schema.name.clone(), schema)).into(),
            ..Catalogue::default()
        }
    }

    fn schema(name: &str, kind: Kind) -> Schema {
        Schema {
            name: name.to_owned(),
            documents: Vec::new(),
            kind,
            sensitive: false,
            in_requests: false,
            in_answers: true,
            summary: None,
        }
    }

    fn apply(yaml: &str) -> Result<Catalogue, String> {
        let mut catalogue = catalogue();
        let summaries: FieldSummaries = serde_saphyr::from_str(yaml).unwrap();
        summaries.apply(&mut catalogue).map(|()| catalogue)
    }

    fn meanings(catalogue: &mut Catalogue, schema: &str) -> Vec<Option<String>> {
        fields(catalogue, schema).unwrap().iter().map(|field| field.meaning().map(str::to_owned)).collect()
    }

    #[test]
    fn a_field_has_its_own_meaning_or_that_of_a_like_schema_or_the_default() {
        let mut catalogue = apply(
            "fields: {BookDetail: {id: Number of the shelf.}}\n\
             fields_like: {Copy: BookDetail}\n\
             field_defaults: {title: 'Heading of the {it}.'}",
        )
        .unwrap();
        let (number, heading) =
            (Some("Number of the shelf.".to_owned()), |of: &str| Some(format!("Heading of the {of}.")));
        assert_eq!(meanings(&mut catalogue, "BookDetail"), [number.clone(), heading("book")]);
        assert_eq!(meanings(&mut catalogue, "Copy"), [number, heading("copy")]);
    }

    #[test]
    fn what_is_not_there_cannot_be_described() {
        for (yaml, problem) in [
            ("fields: {Book: {id: A.}}", "`Book` is no schema"),
            ("fields: {Copy: {key: A.}}", "`Copy.key` is no field"),
            ("fields: {BookState: {id: A.}}", "`BookState` has no fields"),
            ("values: {BookState: {OLD: A.}}", "`BookState` has no value `OLD`"),
            ("values: {Copy: {OLD: A.}}", "`Copy` is no enum"),
            ("fields_like: {Copy: BookDetail}", "`Copy` is like `BookDetail`, which has none"),
            ("field_defaults: {key: A.}", "no field needs the defaults for key"),
            ("nouns: {Book: book}", "`Book` is no schema"),
        ] {
            assert_eq!(apply(yaml).unwrap_err(), problem);
        }
    }

    #[test]
    fn a_noun_is_what_a_schema_shows() {
        assert_eq!(noun("CaseTemplateRequest"), "case template");
        assert_eq!(noun("CreateOrUpdateWorkerGroupRequest"), "worker group");
        assert_eq!(noun("McpServer"), "MCP server");
        assert_eq!(noun("Request"), "request");
    }
}
