//! Interprets operation objects.

use serde_json::Value;

use super::schema::Reader;
use crate::catalogue::{
    Answer, Body, BodyVariant, Content, Edition, Multipart, Part, PathParameter, QueryParameter, Style, Type,
    Versions,
};
use crate::error::{Error, Result};
use crate::import::case;

/// An operation as a document has it.
#[derive(Clone, Debug)]
pub struct DocumentOperation {
    /// Method in upper case.
    pub method: String,
    /// Path template.
    pub path: String,
    /// The id.
    pub id: String,
    /// The first tag.
    pub tag: String,
    /// Whether it is marked as Enterprise; only newer documents mark at all.
    pub edition: Edition,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// Path variables in the order of the path, the tenant left out.
    pub path_parameters: Vec<PathParameter>,
    /// Query parameters, sorted by name.
    pub query: Vec<QueryParameter>,
    /// The request's body.
    pub body: Option<Body>,
    /// The body of a successful answer.
    pub answer: Answer,
    /// Media types of a successful answer.
    pub produces: Vec<String>,
}

pub(crate) fn read(
    reader: &mut Reader<'_>,
    method: &str,
    path: &str,
    node: &Value,
) -> Result<DocumentOperation> {
    let method = method.to_ascii_uppercase();
    let place = format!("{method} {path}");
    let text = |value: &Value, what: &str| {
        value.as_str().map(str::to_owned).ok_or_else(|| Error::invalid(&place, format!("has no {what}")))
    };
    let id = text(&node["operationId"], "operationId")?;
    let tag = text(&node["tags"][0], "tag")?;
    let owner = case::pascal(&id);
    let edition = if node["x-kestra"]["edition"] == "ee" { Edition::Enterprise } else { Edition::OpenSource };

    let mut query = Vec::new();
    let mut declared = Vec::new();
    for parameter in node["parameters"].as_array().into_iter().flatten() {
        let name = text(&parameter["name"], "name of a parameter")?;
        let ty = reader.ty(&parameter["schema"], &format!("{owner}.{}", case::pascal(&name)))?;
        match parameter["in"].as_str() {
            Some("path") => {
                declared.push(PathParameter { rust: case::snake(&name), name, ty, summary: None })
            }
            Some("query") => query.push(query_parameter(name, ty, parameter)),
            // The documents name none that a caller would set; corrections add those that servers read.
            Some("header" | "cookie") => {}
            other => return Err(Error::invalid(&place, format!("parameter `{name}` is in {other:?}"))),
        }
    }
    query.sort_by(|a, b| a.name.cmp(&b.name));
    // The order of the path is what a caller expects; a variable that isn't declared is text.
    let path_parameters = variables(path)
        .filter(|name| *name != "tenant")
        .map(|name| {
            let found = declared.iter().find(|parameter| parameter.name == name);
            found.cloned().unwrap_or_else(|| PathParameter {
                name: name.to_owned(),
                rust: case::snake(name),
                ty: Type::String,
                summary: None,
            })
        })
        .collect();

    let body = body(reader, &owner, &node["requestBody"])?;
    let (answer, produces) = answer(reader, &owner, &node["responses"])?;
    let deprecated = node["deprecated"] == true;
    let path = path.to_owned();
    Ok(DocumentOperation {
        method,
        path,
        id,
        tag,
        edition,
        deprecated,
        path_parameters,
        query,
        body,
        answer,
        produces,
    })
}

/// The variables of a path template.
pub(crate) fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

fn query_parameter(name: String, ty: Type, node: &Value) -> QueryParameter {
    // Filters are documented as a list of objects and sent in the bracket syntax.
    let ty = if name == "filters" { Type::Filters } else { ty };
    let style = if matches!(ty, Type::Map(_)) { Style::Pairs } else { Style::Repeat };
    QueryParameter {
        rust: case::snake(&name),
        item: None,
        required: node["required"] == true && node["schema"].get("default").is_none() && ty != Type::Filters,
        deprecated: node["deprecated"] == true,
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
        name,
        ty,
        style,
    }
}

fn body(reader: &mut Reader<'_>, owner: &str, node: &Value) -> Result<Option<Body>> {
    let Some(content) = node["content"].as_object() else { return Ok(None) };
    let mut variants = Vec::new();
    for (content_type, media) in content {
        let schema = &media["schema"];
        let content = match content_type.as_str() {
            "multipart/form-data" => Content::Multipart(multipart(reader, owner, schema)?),
            "application/x-www-form-urlencoded" => {
                Content::Form(reader.ty(schema, &format!("{owner}.Form"))?)
            }
            "application/x-yaml" => Content::Yaml,
            kind if kind.ends_with("json") => Content::Json(reader.ty(schema, &format!("{owner}.Request"))?),
            kind if kind.starts_with("text/") => Content::Text,
            _ => Content::Bytes,
        };
        variants.push(BodyVariant { content_type: content_type.clone(), content, versions: Versions::ALL });
    }
    variants.sort_by(|a, b| a.content_type.cmp(&b.content_type));
    Ok(Some(Body { required: node["required"] == true, variants }))
}

fn multipart(reader: &mut Reader<'_>, owner: &str, schema: &Value) -> Result<Multipart> {
    let mut multipart = Multipart::default();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let ty = reader.ty(property, &format!("{owner}.{}", case::pascal(name)))?;
        let required =
            schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name));
        multipart.parts.push(Part {
            name: name.clone(),
            rust: case::snake(name),
            ty,
            required,
            summary: None,
        });
    }
    // A body without named parts takes parts of any name.
    multipart.inputs = multipart.parts.is_empty();
    multipart.parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(multipart)
}

fn answer(reader: &mut Reader<'_>, owner: &str, responses: &Value) -> Result<(Answer, Vec<String>)> {
    let mut answers = Vec::new();
    let mut produces = Vec::new();
    let mut empty = false;
    for (_, response) in
        responses.as_object().into_iter().flatten().filter(|(status, _)| status.starts_with('2'))
    {
        let Some(content) = response["content"].as_object() else {
            empty = true;
            continue;
        };
        for (content_type, media) in content {
            if !produces.contains(content_type) {
                produces.push(content_type.clone());
            }
            answers.push(one_answer(reader, owner, content_type, &media["schema"])?);
        }
    }
    produces.sort();
    let answer = match answers.into_iter().next() {
        Some(Answer::Json(ty)) if empty => Answer::OptionalJson(ty),
        Some(answer) => answer,
        None => Answer::Empty,
    };
    Ok((answer, produces))
}

fn one_answer(reader: &mut Reader<'_>, owner: &str, content_type: &str, schema: &Value) -> Result<Answer> {
    Ok(match content_type {
        "text/event-stream" => Answer::Events(reader.ty(schema, &format!("{owner}.Event"))?),
        "text/json" => Answer::Json(reader.ty(schema, &format!("{owner}.Response"))?),
        "application/octet-stream" | "application/x-ndjson" => Answer::Download,
        kind if kind.ends_with("json") => match reader.ty(schema, &format!("{owner}.Response"))? {
            Type::Bytes => Answer::Download,
            ty => Answer::Json(ty),
        },
        _ => Answer::Text,
    })
}
