//! A function for each builder that sets what a recorded request has.

use crate::catalogue::{Content, Operation, Part, QueryParameter, Style, Type};
use crate::error::Result;
use crate::generate::names;
use crate::generate::operations::Builder;
use crate::generate::types::From;
use crate::generate::writer::Writer;

pub(super) fn write(operations: &[&Operation]) -> Result<String> {
    let mut file = Writer::new();
    file.blank();
    file.line("use kestra_core::Call;");
    file.blank();
    file.line("use crate::recorded::{Obstacle, Recorded};");
    file.blank();
    file.doc("The call that a builder makes of what was recorded; `None` for an operation that isn't known.");
    file.line("pub(crate) fn rebuild(operation: &str, r: &Recorded<'_>) -> Option<Result<Call, Obstacle>> {");
    file.line("Some(match operation {");
    for operation in operations {
        for builder in Builder::all(operation)? {
            let method = &builder.method;
            file.line(format!("{method:?} => {}(r),", names::escape(method)));
        }
    }
    file.line("_ => return None,");
    file.line("})");
    file.line("}");
    for operation in operations {
        for builder in Builder::all(operation)? {
            file.blank();
            write_function(&builder, &mut file);
        }
    }
    Ok(file.finish())
}

fn write_function(builder: &Builder<'_>, file: &mut Writer) {
    let operation = builder.operation;
    let mut arguments: Vec<String> = operation
        .path
        .iter()
        .map(|parameter| format!("r.path::<{}>({:?})?", text(&parameter.ty), parameter.name))
        .collect();
    arguments
        .extend(names::required_query(operation).into_iter().map(|(_, parameter)| required_query(parameter)));
    let content = builder.content();
    let required_body = content.filter(|_| builder.body_required());
    if let Some((content_type, content)) = content {
        match content {
            Content::Multipart(multipart) => {
                let parts = multipart.parts.iter().filter(|part| part.required);
                arguments.extend(parts.map(required_part));
            }
            content if required_body.is_some() => arguments.push(format!("{}?", body(content_type, content))),
            _ => {}
        }
    }
    let optional: Vec<&QueryParameter> =
        operation.query.iter().filter(|parameter| !parameter.required).collect();
    let filters = operation.query.iter().any(|parameter| parameter.ty == Type::Filters);

    file.line(format!(
        "fn {}(r: &Recorded<'_>) -> Result<Call, Obstacle> {{",
        names::escape(&builder.method)
    ));
    if content.is_none() {
        file.line("r.no_body()?;");
    }
    if let Some((_, Content::Multipart(_))) = content {
        file.line("r.form()?;");
    }
    let setters: Vec<&QueryParameter> =
        optional.into_iter().filter(|parameter| parameter.ty != Type::Filters).collect();
    let others = match content {
        Some((_, Content::Multipart(multipart))) => {
            multipart.inputs || multipart.parts.iter().any(|part| !part.required)
        }
        Some(_) => required_body.is_none(),
        None => false,
    };
    let mutable =
        if filters || !setters.is_empty() || others || builder.needs_filter() { "mut " } else { "" };
    file.line(format!(
        "let {mutable}b = ::kestra_operations::{}::new({});",
        builder.name(),
        arguments.join(", ")
    ));
    let required: Vec<&str> = operation
        .query
        .iter()
        .filter(|parameter| parameter.required)
        .map(|parameter| parameter.name.as_str())
        .collect();
    if setters.is_empty() {
        file.line(format!("r.only_query(&{required:?}, {filters})?;"));
    } else {
        file.line("for (name, value) in r.query() {");
        file.line("b = match name {");
        for name in required {
            file.line(format!("{name:?} => b,"));
        }
        for parameter in setters {
            file.line(format!(
                "{:?} => b.{}({}),",
                parameter.name,
                names::setter(&parameter.rust),
                query(parameter)
            ));
        }
        if filters {
            file.line("name if r.is_filter(name) => b,");
        }
        file.line("_ => return Err(r.unknown_parameter(name, value)),");
        file.line("};");
        file.line("}");
    }
    for parameter in &operation.query {
        if parameter.preset.as_deref() == Some("true") {
            let setter = names::setter(&parameter.rust);
            file.line(format!("if !r.has({:?}) {{ b = b.{setter}(false); }}", parameter.name));
        }
    }
    if filters {
        file.line("for filter in r.filters()? { b = b.filter(filter); }");
    }
    match content {
        Some((_, Content::Multipart(multipart))) => {
            if !others {
                let names: Vec<&str> = multipart.parts.iter().map(|part| part.name.as_str()).collect();
                file.line(format!("r.only_parts(&{names:?})?;"));
                file.line("Ok(b.into_call())");
                file.line("}");
                return;
            }
            file.line("for part in r.parts() {");
            let rest = match multipart.inputs {
                true => {
                    "match part.file() { \
                        Some(file) => b.input_file(part.name(), file), \
                        None => b.input(part.name(), part.text()?), \
                    }"
                }
                false => "return Err(r.unknown_part(part.name()))",
            };
            if multipart.parts.is_empty() {
                file.line(format!("b = {rest};"));
            } else {
                file.line("b = match part.name() {");
                for part in &multipart.parts {
                    let value = match part.required {
                        true => "b".to_owned(),
                        false => format!("b.{}({})", names::setter(&part.rust), optional_part(part)),
                    };
                    file.line(format!("{:?} => {value},", part.name));
                }
                file.line(format!("_ => {rest},"));
                file.line("};");
            }
            file.line("}");
        }
        Some((content_type, content)) if required_body.is_none() => {
            let setter = names::setter(&builder.body_name());
            file.line(format!("if r.has_body() {{ b = b.{setter}({}?); }}", body(content_type, content)));
        }
        _ => {}
    }
    if builder.needs_filter() {
        file.line("b = b.all();");
    }
    file.line("Ok(b.into_call())");
    file.line("}");
}

/// The type that a recorded text is read as.
fn text(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::Int32 | Type::Int64 => "i64",
        Type::Double => "f64",
        Type::Timestamp => "::jiff::Timestamp",
        Type::Date => "::jiff::civil::Date",
        _ => "String",
    }
}

fn required_query(parameter: &QueryParameter) -> String {
    let name = &parameter.name;
    match &parameter.ty {
        Type::Filters => "Vec::new()".to_owned(),
        Type::List(inner) if parameter.style == Style::Repeat => {
            format!("r.all::<{}>({name:?})?", text(inner))
        }
        Type::List(inner) => format!("r.required_list::<{}>({name:?})?", text(inner)),
        Type::Map(_) => format!("r.all_pairs({name:?})?"),
        ty => format!("r.required::<{}>({name:?})?", text(ty)),
    }
}

fn query(parameter: &QueryParameter) -> String {
    match &parameter.ty {
        Type::List(inner) if parameter.style == Style::Repeat => {
            format!("[r.item::<{}>(name, value)?]", text(inner))
        }
        Type::List(inner) => format!("r.list::<{}>(name, value)?", text(inner)),
        Type::Map(_) if parameter.style == Style::Comma => "r.comma_pairs(name, value)?".to_owned(),
        Type::Map(_) => "[r.pair(name, value)?]".to_owned(),
        ty => format!("r.value::<{}>(name, value)?", text(ty)),
    }
}

fn required_part(part: &Part) -> String {
    let name = &part.name;
    match &part.ty {
        Type::Bytes => format!("r.file({name:?})?"),
        Type::List(inner) if **inner == Type::Bytes => format!("r.files({name:?})?"),
        ty => format!("r.text_part::<{}>({name:?})?", text(ty)),
    }
}

fn optional_part(part: &Part) -> String {
    match &part.ty {
        Type::Bytes => "part.required_file()?".to_owned(),
        Type::List(inner) if **inner == Type::Bytes => "[part.required_file()?]".to_owned(),
        ty => format!("part.value::<{}>()?", text(ty)),
    }
}

fn body(content_type: &str, content: &Content) -> String {
    match content {
        Content::Json(ty) => format!("r.json::<{}>({content_type:?})", From::Elsewhere.ty(ty)),
        Content::Form(ty) => format!("r.form_fields::<{}>()", From::Elsewhere.ty(ty)),
        Content::Typed(ty) => format!("r.body_value::<{}>({content_type:?})", From::Elsewhere.ty(ty)),
        Content::Yaml | Content::Text => format!("r.body_text({content_type:?})"),
        Content::Bytes | Content::Multipart(_) => format!("r.body_bytes({content_type:?})"),
    }
}
