//! Structs of declared fields.

use crate::catalogue::{Field, Kind, Object, Presence, Schema, Type};
use crate::error::Result;
use crate::generate::docs;
use crate::generate::names;
use crate::generate::plan::Plan;
use crate::generate::types::{From, is_integer, is_label, takes_into};
use crate::generate::writer::Writer;

/// A field as it is written.
struct Member<'a> {
    field: &'a Field,
    name: String,
    presence: Presence,
    boxed: bool,
}

impl Member<'_> {
    /// The type of the value when it is there.
    fn value_type(&self) -> String {
        let ty = From::Models.ty(&self.field.ty);
        let ty = if self.field.sensitive { format!("crate::Sensitive<{ty}>") } else { ty };
        if self.boxed { format!("Box<{ty}>") } else { ty }
    }

    fn ty(&self) -> String {
        match self.presence {
            Presence::Optional => format!("Option<{}>", self.value_type()),
            Presence::Required | Presence::Collection | Presence::Plain => self.value_type(),
        }
    }

    /// The type of an argument that becomes the value.
    fn argument(&self) -> String {
        if self.field.sensitive {
            return format!("impl Into<crate::Sensitive<{}>>", From::Models.ty(&self.field.ty));
        }
        match &self.field.ty {
            Type::List(inner) if is_label(inner) => {
                "impl IntoIterator<Item = impl Into<crate::Label>>".to_owned()
            }
            ty => From::Models.argument(ty),
        }
    }

    /// The expression that makes the value of the argument.
    fn value(&self) -> String {
        let name = &self.name;
        let value = match &self.field.ty {
            _ if self.field.sensitive => format!("{name}.into()"),
            Type::List(inner) if is_label(inner) => format!("{name}.into_iter().collect()"),
            Type::List(inner) if is_integer(inner) => From::Models.value(&self.field.ty, name),
            ty if is_integer(ty) => From::Models.value(ty, name),
            Type::List(inner) if takes_into(inner) => format!("{name}.into_iter().map(Into::into).collect()"),
            Type::List(_) => format!("{name}.into_iter().collect()"),
            ty if takes_into(ty) => format!("{name}.into()"),
            _ => name.clone(),
        };
        if self.boxed { format!("Box::new({value})") } else { value }
    }

    /// How a derived `Deserialize` reads the field, if not as its type does.
    fn reading(&self) -> Option<&'static str> {
        match (&self.field.ty, self.presence) {
            (Type::List(inner), Presence::Collection) if is_label(inner) => None,
            (_, Presence::Collection) => Some("crate::lenient::or_default"),
            _ if self.field.sensitive => None,
            (Type::Int32 | Type::Int64 | Type::Double, Presence::Optional) => {
                Some("::kestra_core::internal::json::read")
            }
            _ => None,
        }
    }

    /// What serde is told about the field.
    fn attributes(&self, schema: &Schema, derived: bool) -> Option<String> {
        let mut attributes = Vec::new();
        if names::lower_camel(&self.name) != self.field.name {
            attributes.push(format!("rename = {:?}", self.field.name));
        }
        if derived {
            if self.presence != Presence::Required {
                attributes.push("default".to_owned());
            }
            if let Some(function) = self.reading() {
                attributes.push(format!("deserialize_with = {function:?}"));
            }
        }
        if self.presence == Presence::Plain {
            attributes.push(match self.field.ty {
                Type::String => skip("String::is_empty"),
                _ => skip(&format!("{}::is_blank", self.value_type())),
            });
        } else if schema.in_requests {
            match (&self.field.ty, self.presence) {
                (_, Presence::Required) => {}
                // What a request can't be without is sent even when it is empty.
                (_, Presence::Collection) if self.field.required => {}
                (_, Presence::Optional) => attributes.push(skip("Option::is_none")),
                (Type::List(inner), _) if is_label(inner) => attributes.push(skip("crate::Labels::is_empty")),
                (Type::Map(inner), _) if **inner == Type::Json => {
                    attributes.push(skip("::serde_json::Map::is_empty"))
                }
                (Type::Map(_), _) => attributes.push(skip("::std::collections::BTreeMap::is_empty")),
                _ => attributes.push(skip("Vec::is_empty")),
            }
        }
        let serde = format!("serde({})", attributes.join(", "));
        match attributes.is_empty() {
            true => None,
            false if schema.in_requests || derived => Some(format!("#[{serde}]")),
            false => Some(format!("#[cfg_attr(feature = \"serde\", {serde})]")),
        }
    }
}

fn skip(function: &str) -> String {
    format!("skip_serializing_if = {function:?}")
}

pub(super) fn write(plan: &Plan<'_>, schema: &Schema, object: &Object, file: &mut Writer) -> Result<()> {
    let mut taken = names::Taken::new(format!("the schema `{}`", schema.name));
    let mut members = Vec::new();
    for field in &object.fields {
        let name = names::escape(&field.rust);
        taken.take(&name)?;
        let presence = match field.presence() {
            // Its emptiness isn't visible from outside, so absence has to be.
            Presence::Collection if field.sensitive => Presence::Optional,
            presence => presence,
        };
        members.push(Member { field, name, presence, boxed: plan.is_recursive(&schema.name, &field.ty) });
    }
    let mut required: Vec<&Member<'_>> =
        members.iter().filter(|member| member.presence == Presence::Required).collect();
    required.sort_by_key(|member| names::rank(&member.field.name));
    let is_name = is_name(&required);
    // A table invents what is missing, as an answer may lack anything. What a request can't be without must be there.
    let derived = !required.is_empty();

    file.doc(&docs::schema(schema));
    let mut derives = vec!["Clone", "Debug", "PartialEq"];
    derives.push(if derived { "::serde::Deserialize" } else { "Default" });
    if schema.in_requests {
        derives.push("::serde::Serialize");
    }
    file.line(format!("#[derive({})]", derives.join(", ")));
    let rename = "serde(rename_all = \"camelCase\")";
    let serialize = "feature = \"serde\", derive(::serde::Serialize)";
    match (schema.in_requests, derived) {
        (true, _) => file.line(format!("#[{rename}]")),
        (false, true) => {
            file.line(format!("#[cfg_attr({serialize})]"));
            file.line(format!("#[{rename}]"));
        }
        (false, false) => file.line(format!("#[cfg_attr({serialize}, {rename})]")),
    }
    file.line("#[non_exhaustive]");
    file.line(format!("pub struct {} {{", schema.name));
    for member in &members {
        let mut doc = docs::field(member.field);
        if is_free_form(&member.field.ty) {
            doc.push_str(docs::DIGITS);
        }
        file.doc(&doc);
        if let Some(attributes) = member.attributes(schema, derived) {
            file.line(attributes);
        }
        // The parts of a name can be read, but not changed one by one.
        let visibility = if is_name && member.presence == Presence::Required { "" } else { "pub " };
        file.line(format!("{visibility}{}: {},", member.name, member.ty()));
    }
    file.line("}");

    if !derived {
        write_table(plan.wire_order(&schema.name), schema, &members, file);
    } else if is_in_table(plan, &schema.name) {
        let fields: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        file.blank();
        file.line("made_whole! {");
        file.nested(1, format!("{} {{ {} }}", schema.name, fields.join(", ")));
        file.line("}");
    }
    if schema.in_requests {
        write_setters(schema, &members, &required, file);
        if is_name {
            write_conversion(schema, &required, file);
        }
    }
    if is_name {
        write_getters(schema, &required, file);
    }
    Ok(())
}

/// Whether it holds any JSON.
fn is_free_form(ty: &Type) -> bool {
    match ty {
        Type::Json => true,
        Type::List(inner) | Type::Map(inner) | Type::Page(inner) | Type::Nullable(inner) => {
            is_free_form(inner)
        }
        _ => false,
    }
}

/// Whether a table has a field of the type.
fn is_in_table(plan: &Plan<'_>, name: &str) -> bool {
    plan.schemas.values().flatten().any(|schema| match &schema.kind {
        Kind::Object(object) => {
            object.fields.iter().all(|field| field.presence() != Presence::Required)
                && object.fields.iter().any(|field| field.ty.schema() == Some(name))
        }
        _ => false,
    })
}

/// The table of the fields by which the object is read, in the order in which servers send them.
fn write_table(order: &[String], schema: &Schema, members: &[Member<'_>], file: &mut Writer) {
    let mut members: Vec<&Member<'_>> = members.iter().collect();
    let place = |member: &&Member<'_>| order.iter().position(|name| *name == member.field.name);
    members.sort_by_key(|member| place(member).unwrap_or(order.len()));
    file.blank();
    file.line("::kestra_core::object! {");
    file.nested(1, format!("{} {{", schema.name));
    for (place, member) in members.iter().enumerate() {
        file.nested(2, format!("{place} {} = {:?},", member.name, member.field.name));
    }
    file.nested(1, "}");
    file.line("}");
}

fn write_setters(schema: &Schema, members: &[Member<'_>], required: &[&Member<'_>], file: &mut Writer) {
    file.blank();
    file.line(format!("impl {} {{", schema.name));
    let arguments: Vec<String> =
        required.iter().map(|member| format!("{}: {}", member.name, member.argument())).collect();
    if required.is_empty() {
        file.line("/// Creates an empty value.");
        file.line("pub fn new() -> Self { Self::default() }");
    } else {
        file.line("/// Creates a value with its required fields.");
        file.line(format!("pub fn new({}) -> Self {{", arguments.join(", ")));
        let fields: Vec<String> = members
            .iter()
            .map(|member| match member.presence {
                Presence::Required if member.value() == member.name => member.name.clone(),
                Presence::Required => format!("{}: {}", member.name, member.value()),
                Presence::Optional => format!("{}: None", member.name),
                Presence::Collection | Presence::Plain => format!("{}: Default::default()", member.name),
            })
            .collect();
        file.line(format!("Self {{ {} }}", fields.join(", ")));
        file.line("}");
    }
    for member in members.iter().filter(|member| member.presence != Presence::Required) {
        let name = &member.name;
        let value = match member.presence {
            Presence::Optional => format!("Some({})", member.value()),
            Presence::Required | Presence::Collection | Presence::Plain => member.value(),
        };
        file.blank();
        file.line(format!("/// Sets [`{0}`](field@Self::{0}).", member.name));
        file.line(format!(
            "pub fn {}(mut self, {name}: {}) -> Self {{ self.{name} = {value}; self }}",
            names::field_setter(name),
            member.argument()
        ));
    }
    file.line("}");
}

/// Returns whether the required fields are the name of something in a namespace.
fn is_name(required: &[&Member<'_>]) -> bool {
    let is_part =
        |member: &&Member<'_>| member.field.ty == Type::String && names::is_part_of_name(&member.field.name);
    matches!(required, [first, _, ..] if first.field.name == "namespace") && required.iter().all(is_part)
}

fn write_getters(schema: &Schema, required: &[&Member<'_>], file: &mut Writer) {
    file.blank();
    file.line(format!("impl {} {{", schema.name));
    for (place, member) in required.iter().enumerate() {
        if place > 0 {
            file.blank();
        }
        file.doc(&docs::field(member.field));
        file.line("#[must_use]");
        file.line(format!("pub fn {0}(&self) -> &str {{ &self.{0} }}", member.name));
    }
    file.line("}");
}

/// A name is taken as a tuple as well.
fn write_conversion(schema: &Schema, required: &[&Member<'_>], file: &mut Writer) {
    let types = ["A", "B", "C", "D"].get(..required.len()).unwrap_or_default();
    let bounds: Vec<String> = types.iter().map(|ty| format!("{ty}: Into<String>")).collect();
    let fields: Vec<&str> = required.iter().map(|member| member.name.as_str()).collect();
    let (types, fields) = (types.join(", "), fields.join(", "));
    file.blank();
    file.line(format!("impl<{}> From<({types})> for {} {{", bounds.join(", "), schema.name));
    file.line(format!("fn from(({fields}): ({types})) -> Self {{ Self::new({fields}) }}"));
    file.line("}");
}
