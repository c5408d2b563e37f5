//! The models: a struct, enum or open type for each schema that a generated operation reaches.

mod object;
mod open;

use super::MODELS;
use super::docs;
use super::files::Files;
use super::names;
use super::plan::{Home, Plan};
use super::types::From;
use super::writer::Writer;
use crate::catalogue::{EnumValue, Kind, Schema, Type};
use crate::error::Result;

pub(super) fn write(plan: &Plan<'_>, files: &mut Files) -> Result<()> {
    for (home, schemas) in &plan.schemas {
        let mut file = Writer::new();
        for schema in schemas {
            file.blank();
            write_schema(plan, schema, &mut file)?;
        }
        files.add(home.path(MODELS), file.finish());
    }
    Home::add_modules(Home::modules(plan.schemas.keys()), MODELS, files);
    Ok(())
}

fn write_schema(plan: &Plan<'_>, schema: &Schema, file: &mut Writer) -> Result<()> {
    match &schema.kind {
        Kind::Object(fields) => object::write(plan, schema, fields, file),
        Kind::Open(fields) => open::write(plan, schema, fields, file),
        Kind::Enum(values) => write_enum(schema, values, file),
        Kind::Alias(ty) => write_alias(schema, ty, file),
        Kind::Union(union) => open::write_union(schema, union, file),
    }
}

fn write_enum(schema: &Schema, values: &[EnumValue], file: &mut Writer) -> Result<()> {
    let mut taken = names::Taken::new(format!("the enum `{}`", schema.name));
    file.line("string_enum! {");
    file.nested_doc(1, &docs::schema(schema));
    file.nested(1, format!("{} {{", schema.name));
    for value in values {
        let variant = taken.numbered(&names::variant(&value.rust));
        file.nested_doc(2, &docs::value(value));
        file.nested(2, format!("{variant} = {:?},", value.name));
    }
    file.nested(1, "}");
    file.line("}");
    Ok(())
}

fn write_alias(schema: &Schema, ty: &Type, file: &mut Writer) -> Result<()> {
    file.doc(&docs::schema(schema));
    file.line(format!("pub type {} = {};", schema.name, From::Models.ty(ty)));
    Ok(())
}
