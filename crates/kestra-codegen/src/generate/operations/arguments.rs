//! What a builder's constructor takes: path variables, required parameters and a required body.

use crate::catalogue::{BodyVariant, Content, Operation, Type};
use crate::generate::names;
use crate::generate::types::From;

/// An argument of a constructor and what is done with it.
#[derive(Debug)]
pub(in crate::generate) struct Argument {
    /// Its name.
    pub(in crate::generate) name: String,
    /// Its type.
    pub(in crate::generate) ty: String,
    /// What it is.
    pub(in crate::generate) meaning: Option<String>,
    /// Where its value goes.
    pub(super) target: Target,
}

/// Where an argument's value goes, as code.
#[derive(Debug)]
pub(super) enum Target {
    /// A call that is chained to the making of the call.
    Chained(String),
    /// A statement of its own on `call`.
    Statement(String),
}

/// The arguments of a builder's constructor, in order.
pub(super) fn of(operation: &Operation, variant: Option<&BodyVariant>, body_required: bool) -> Vec<Argument> {
    let mut arguments: Vec<Argument> = Vec::new();
    for parameter in &operation.path {
        let name = names::escape(&parameter.rust);
        // Text is encoded as it comes in, so no copy of it is asked for.
        let (ty, value) = match &parameter.ty {
            Type::String => ("impl AsRef<str>".to_owned(), format!("{name}.as_ref()")),
            ty => (From::Elsewhere.argument(ty), From::Elsewhere.value(ty, &name)),
        };
        let meaning = parameter.summary.clone();
        arguments.push(Argument { ty, meaning, target: Target::Chained(format!(".path({value})")), name });
    }
    for (index, parameter) in names::required_query(operation) {
        let name = names::escape(&parameter.rust);
        arguments.push(Argument {
            ty: super::builder::query_argument(parameter),
            meaning: parameter.summary.clone(),
            target: Target::Statement(super::builder::query_statement(
                parameter,
                index,
                "&mut call",
                "call",
                &name,
            )),
            name,
        });
    }
    if let Some(variant) = variant {
        arguments.extend(body(operation, variant, body_required, &arguments));
    }
    arguments
}

fn body(operation: &Operation, variant: &BodyVariant, required: bool, others: &[Argument]) -> Vec<Argument> {
    let free = |name: &str| match others.iter().any(|other| other.name == name) {
        true => format!("{name}_body"),
        false => name.to_owned(),
    };
    match &variant.content {
        Content::Multipart(multipart) => multipart
            .parts
            .iter()
            .filter(|part| part.required)
            .map(|part| {
                let name = free(&names::escape(&part.rust));
                Argument {
                    ty: From::Elsewhere.argument(&part.ty),
                    meaning: part.summary.clone(),
                    target: Target::Statement(super::builder::part_statement(
                        part,
                        "&mut call",
                        "call",
                        &name,
                    )),
                    name,
                }
            })
            .collect(),
        _ if !required => Vec::new(),
        content => {
            let name = free(&body_name(operation, content));
            vec![Argument {
                ty: body_type(content),
                meaning: matches!(content, Content::Yaml).then(|| "YAML source.".to_owned()),
                target: Target::Statement(body_statement(variant, "call", &name)),
                name,
            }]
        }
    }
}

/// A name that says what a body is.
pub(super) fn body_name(operation: &Operation, content: &Content) -> String {
    match content {
        Content::Yaml => "source".to_owned(),
        Content::Text => "text".to_owned(),
        Content::Typed(_) => "value".to_owned(),
        Content::Json(Type::List(inner)) => match &**inner {
            Type::String if operation.name.ends_with("_by_ids") => "ids".to_owned(),
            Type::Ref(name) => format!("{}s", names::snake(name)),
            _ => "values".to_owned(),
        },
        Content::Json(Type::Ref(name)) => names::escape(&names::snake(name)),
        _ => "body".to_owned(),
    }
}

/// The type of a body's argument.
pub(super) fn body_type(content: &Content) -> String {
    match content {
        Content::Json(ty) | Content::Form(ty) | Content::Typed(ty) => From::Elsewhere.argument(ty),
        Content::Yaml | Content::Text => "impl Into<String>".to_owned(),
        Content::Bytes | Content::Multipart(_) => "impl Into<::kestra_core::Body>".to_owned(),
    }
}

/// The statement that sets a body on `place`, a call.
pub(super) fn body_statement(variant: &BodyVariant, place: &str, name: &str) -> String {
    let content_type = &variant.content_type;
    match &variant.content {
        Content::Json(ty) => {
            let value = From::Elsewhere.value(ty, name);
            format!("crate::parameters::json(&mut {place}, {content_type:?}, &{value});")
        }
        Content::Form(ty) => {
            let value = From::Elsewhere.value(ty, name);
            format!("crate::parameters::form(&mut {place}, &{value});")
        }
        Content::Typed(ty) => {
            let value = From::Elsewhere.value(ty, name);
            format!("{place}.set_body({content_type:?}, {value}.to_text().into());")
        }
        Content::Yaml => format!("crate::parameters::yaml(&mut {place}, {name}.into());"),
        Content::Text => format!("{place}.set_body({content_type:?}, Into::<String>::into({name}).into());"),
        Content::Bytes | Content::Multipart(_) => {
            format!("{place}.set_body({content_type:?}, {name}.into());")
        }
    }
}
