//! Types that plugins extend, and unions: JSON objects with accessors.

use crate::catalogue::{Kind, Object, Schema, Type, Union};
use crate::error::{Error, Result};
use crate::generate::docs;
use crate::generate::names;
use crate::generate::plan::Plan;
use crate::generate::writer::Writer;
use crate::import::case;

/// Accessors of every open type: name, name on the wire, and what it means where the schema doesn't say.
const EVERYWHERE: [(&str, &str, &str); 2] = [
    ("id", "id", "The id of the object."),
    ("type_", "type", "The type of the object, which decides what other fields there are."),
];

pub(super) fn write(plan: &Plan<'_>, schema: &Schema, object: &Object, file: &mut Writer) -> Result<()> {
    let mut taken = names::Taken::new(format!("the schema `{}`", schema.name));
    file.line(if schema.sensitive { "secret_type! {" } else { "open_type! {" });
    file.nested_doc(1, &docs::schema(schema));
    file.nested(1, format!("{} {{", schema.name));
    for (name, wire, meaning) in EVERYWHERE {
        let declared = object.fields.iter().find(|field| field.name == wire);
        let doc = declared.filter(|field| field.meaning().is_some()).map(docs::field);
        file.nested_doc(2, &doc.unwrap_or_else(|| format!("{meaning} (`{wire}`)")));
        file.nested(2, format!("{name} = {wire:?} as text,"));
    }
    for field in &object.fields {
        if EVERYWHERE.iter().any(|(_, wire, _)| *wire == field.name) {
            continue;
        }
        let name = names::accessor(&field.rust);
        taken.take(&name)?;
        file.nested_doc(2, &docs::field(field));
        file.nested(2, format!("{name} = {:?} as {},", field.name, reading(plan, &field.ty)));
    }
    file.nested(1, "}");
    file.line("}");
    Ok(())
}

/// Writes a union whose members a field tells apart.
pub(super) fn write_union(schema: &Schema, union: &Union, file: &mut Writer) -> Result<()> {
    let missing =
        |what: &str| Error::invalid("generated code", format!("the union `{}` has {what}", schema.name));
    let field =
        union.discriminator.as_deref().ok_or_else(|| missing("no field that tells its members apart"))?;
    let mut members = Vec::new();
    for member in &union.members {
        let name = member.ty.schema().ok_or_else(|| missing("a member that is no schema"))?;
        let value = member.value.as_deref().ok_or_else(|| missing("a member without a value"))?;
        members.push((case::snake(&member.rust), name, value));
    }
    let listed: Vec<String> =
        members.iter().map(|(_, name, value)| format!("[`{name}`](crate::{name}) (`{value}`)")).collect();
    file.line("union_type! {");
    file.nested_doc(1, &docs::schema(schema));
    file.nested(1, "///");
    file.nested_doc(1, &format!("Has the fields of one of these, told by `{field}`: {}.", listed.join(", ")));
    file.nested(1, format!("{} by {field:?} {{", schema.name));
    for (accessor, name, value) in &members {
        file.nested(2, format!("as_{accessor} {name} = {value:?},"));
    }
    file.nested(1, "}");
    file.line("}");
    if schema.in_requests {
        file.blank();
        file.line("union_members! {");
        file.nested(1, format!("{} by {field:?} {{", schema.name));
        for (_, name, value) in &members {
            file.nested(2, format!("{name} = {value:?},"));
        }
        file.nested(1, "}");
        file.line("}");
    }
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
