//! Interprets schema objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalogue::{EnumValue, Field, Kind, Member, Object, Type, Union, Versions};
use crate::error::{Error, Result};
use crate::import::case;

/// Reads schemas and collects those that are written inline.
pub(crate) struct Reader<'a> {
    schemas: &'a Value,
    /// Schemas read so far, by name.
    pub(crate) found: BTreeMap<String, Kind>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Value) -> Self {
        Self { schemas: &document["components"]["schemas"], found: BTreeMap::new() }
    }

    /// The names of the document's schemas.
    pub(crate) fn names(&self) -> Vec<String> {
        self.schemas.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }

    /// Reads a named schema.
    pub(crate) fn top_level(&mut self, name: &str) -> Result<Kind> {
        let node = &self.schemas[name];
        self.kind(name, node)
    }

    fn kind(&mut self, name: &str, node: &Value) -> Result<Kind> {
        if let Some(values) = node["enum"].as_array() {
            return Ok(Kind::Enum(enum_values(values)));
        }
        let expression = node["oneOf"].as_array().is_some_and(|_| node.get("properties").is_some());
        if let Some(members) = node["oneOf"].as_array().filter(|_| !expression) {
            return self.union(name, node, members);
        }
        if node.get("properties").is_some() || node.get("allOf").is_some() {
            let mut object = Object::default();
            let mut seen = BTreeSet::new();
            self.collect_fields(name, node, &mut object, &mut seen)?;
            object.fields.sort_by(|a, b| a.name.cmp(&b.name));
            let open = matches!(&node["additionalProperties"], Value::Bool(true) | Value::Object(_));
            return Ok(if open { Kind::Open(object) } else { Kind::Object(object) });
        }
        Ok(Kind::Alias(self.ty(node, name)?))
    }

    fn union(&mut self, name: &str, node: &Value, members: &[Value]) -> Result<Kind> {
        let mapping = &node["discriminator"]["mapping"];
        let mut union = Union {
            discriminator: node["discriminator"]["propertyName"].as_str().map(str::to_owned),
            members: Vec::new(),
        };
        for (index, member) in members.iter().enumerate() {
            let ty = self.ty(member, &format!("{name}.Variant{index}"))?;
            let value = mapping
                .as_object()
                .into_iter()
                .flatten()
                .find(|(_, target)| *target == &member["$ref"])
                .map(|(value, _)| value.clone());
            let rust = value.as_deref().map_or_else(|| case::pascal(&ty.to_string()), case::pascal);
            union.members.push(Member { value, rust, ty });
        }
        union.members.sort_by(|a, b| (&a.value, &a.ty).cmp(&(&b.value, &b.ty)));
        if union.discriminator.is_none() && union.members.iter().any(|member| member.ty.schema().is_none()) {
            // Nothing tells the members apart by name: text or an object, so anything.
            return Ok(Kind::Alias(Type::Json));
        }
        Ok(Kind::Union(union))
    }

    /// Adds the fields of a schema and of what it inherits; what is nearer wins.
    fn collect_fields(
        &mut self,
        name: &str,
        node: &Value,
        object: &mut Object,
        seen: &mut BTreeSet<String>,
    ) -> Result<()> {
        let required: BTreeSet<&str> =
            node["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (wire, property) in node["properties"].as_object().into_iter().flatten() {
            let ty = self.ty(property, &format!("{name}.{}", case::pascal(wire)))?;
            add_field(object, wire, ty);
        }
        for parent in node["allOf"].as_array().into_iter().flatten() {
            if let Some(parent) = reference(parent) {
                if seen.insert(parent.to_owned()) {
                    let schemas = self.schemas;
                    self.collect_fields(parent, &schemas[parent], object, seen)?;
                }
            } else {
                self.collect_fields(name, parent, object, seen)?;
            }
        }
        for field in &mut object.fields {
            field.required |= required.contains(field.name.as_str());
        }
        Ok(())
    }

    /// The type that a schema object stands for; what it declares inline is found under the name `inline`.
    pub(crate) fn ty(&mut self, node: &Value, inline: &str) -> Result<Type> {
        if let Some(name) = reference(node) {
            return Ok(Type::Ref(name.to_owned()));
        }
        if let Some([only]) = node["allOf"].as_array().map(Vec::as_slice)
            && node.get("properties").is_none()
        {
            return self.ty(only, inline);
        }
        if node["enum"].is_array() || node.get("allOf").is_some() || node.get("properties").is_some() {
            let kind = self.kind(inline, node)?;
            self.found.insert(inline.to_owned(), kind);
            return Ok(Type::Ref(inline.to_owned()));
        }
        if node.get("oneOf").is_some() {
            return Ok(Type::Json);
        }
        let format = node["format"].as_str().unwrap_or_default();
        Ok(match (node["type"].as_str(), format) {
            (Some("string"), "date-time") => Type::Timestamp,
            (Some("string"), "date") => Type::Date,
            (Some("string"), "duration") => Type::Duration,
            (Some("string"), "binary" | "byte") => Type::Bytes,
            (Some("string"), _) => Type::String,
            (Some("boolean"), _) => Type::Bool,
            (Some("integer"), "int32") => Type::Int32,
            (Some("integer"), _) => Type::Int64,
            (Some("number"), _) => Type::Double,
            (Some("array"), _) => match node.get("items") {
                Some(items) => self.ty(items, inline)?.list(),
                None => Type::Json.list(),
            },
            (Some("object") | None, _) => match &node["additionalProperties"] {
                values @ Value::Object(_) => self.ty(values, &format!("{inline}.Value"))?.map(),
                Value::Bool(true) => Type::Json.map(),
                _ => Type::Json,
            },
            (Some(other), _) => return Err(Error::invalid(inline, format!("type `{other}` is not known"))),
        })
    }
}

/// The schema that a reference names.
pub(crate) fn reference(node: &Value) -> Option<&str> {
    node["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

fn add_field(object: &mut Object, wire: &str, ty: Type) {
    if object.fields.iter().any(|field| field.name == wire) {
        return;
    }
    object.fields.push(Field::new(wire, case::snake(wire), ty));
}

fn enum_values(values: &[Value]) -> Vec<EnumValue> {
    let mut values: Vec<EnumValue> = values
        .iter()
        .filter_map(Value::as_str)
        .map(|text| EnumValue::new(text, case::pascal(text), Versions::ALL))
        .collect();
    // Two values may differ only in what a Rust name can't show.
    let mut taken = BTreeSet::new();
    for value in &mut values {
        let base = value.rust.clone();
        let mut number = 2;
        while !taken.insert(value.rust.clone()) {
            value.rust = format!("{base}{number}");
            number += 1;
        }
    }
    values.sort_by(|a, b| a.name.cmp(&b.name));
    values
}
