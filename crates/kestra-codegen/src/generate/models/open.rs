//! Types that plugins extend, and unions: JSON objects with accessors.

use crate::catalogue::{Kind, Object, Schema, Type, Union};
use crate::error::Result;
use crate::generate::docs;
use crate::generate::names;
use crate::generate::plan::Plan;
use crate::generate::writer::Writer;

pub(super) fn write(plan: &Plan<'_>, schema: &Schema, object: &Object, file: &mut Writer) -> Result<()> {
    let mut taken = names::Taken::new(format!("the schema `{}`", schema.name));
    file.line("open_type! {");
    file.nested_doc(1, &docs::schema(schema));
    file.nested(1, format!("{} {{", schema.name));
    for field in &object.fields {
        if matches!(field.name.as_str(), "id" | "type") {
            continue;
        }
        let name = names::accessor(&field.rust);
        taken.take(&name)?;
        file.nested(2, format!("{name} = {:?} as {},", field.name, reading(plan, &field.ty)));
    }
    file.nested(1, "}");
    file.line("}");
    Ok(())
}

pub(super) fn write_union(schema: &Schema, union: &Union, file: &mut Writer) -> Result<()> {
    let members: Vec<String> = union
        .members
        .iter()
        .map(|member| match &member.value {
            Some(value) => format!("`{}` (`{value}`)", member.ty),
            None => format!("`{}`", member.ty),
        })
        .collect();
    file.line("open_type! {");
    file.nested_doc(1, &docs::schema(schema));
    file.nested(1, "///");
    match &union.discriminator {
        Some(field) => file.nested_doc(
            1,
            &format!("Has the fields of one of these, told by `{field}`: {}.", members.join(", ")),
        ),
        None => file.nested_doc(1, &format!("Has the fields of one of these: {}.", members.join(", "))),
    }
    file.nested(1, format!("{} {{", schema.name));
    file.nested(1, "}");
    file.line("}");
    Ok(())
}

/// The accessor of `open_type!` that fits a type.
fn reading(plan: &Plan<'_>, ty: &Type) -> &'static str {
    match ty {
        Type::String | Type::Timestamp | Type::Date => "text",
        Type::Bool => "flag",
        Type::Int32 | Type::Int64 => "integer",
        Type::Double => "float",
        Type::Ref(name) => match plan.kind(name) {
            Some(Kind::Enum(_)) => "text",
            Some(Kind::Alias(ty)) => reading(plan, ty),
            _ => "value",
        },
        _ => "value",
    }
}
