//! Types and schemas of the catalogue as JSON Schema.

use serde_json::{Map, Value, json};

use crate::catalogue::{Catalogue, Kind, Object, Presence, Schema, Type, Version};

/// All schemas by name.
pub(super) fn schemas(catalogue: &Catalogue, version: Version) -> Map<String, Value> {
    catalogue.schemas.iter().map(|(name, schema)| (name.clone(), of_schema(schema, version))).collect()
}

fn of_schema(schema: &Schema, version: Version) -> Value {
    let mut value = match &schema.kind {
        Kind::Object(object) => {
            let mut value = of_object(object, version);
            if schema.in_requests && !schema.in_answers {
                // A misspelled field of a request would be ignored without a word.
                value["additionalProperties"] = Value::from(false);
            }
            value
        }
        Kind::Open(object) => of_object(object, version),
        Kind::Enum(values) => {
            let names: Vec<&str> = values
                .iter()
                .filter(|value| value.versions.contains(version))
                .map(|value| value.name.as_str())
                .collect();
            json!({"type": "string", "enum": names})
        }
        Kind::Alias(ty) => of_type(ty),
        Kind::Union(union) => {
            let members: Vec<Value> = union.members.iter().map(|member| of_type(&member.ty)).collect();
            json!({"anyOf": members})
        }
    };
    if let (Some(summary), Some(object)) = (&schema.summary, value.as_object_mut()) {
        object.insert("description".to_owned(), Value::from(summary.as_str()));
    }
    value
}

fn of_object(object: &Object, version: Version) -> Value {
    let fields = || object.fields.iter().filter(|field| field.versions.contains(version));
    let properties: Map<String, Value> =
        fields().map(|field| (field.name.clone(), of_type(&field.ty))).collect();
    let required: Vec<&str> = fields()
        .filter(|field| field.presence() == Presence::Required)
        .map(|field| field.name.as_str())
        .collect();
    let mut value = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        value["required"] = required.into();
    }
    value
}

/// A type as JSON Schema.
pub(super) fn of_type(ty: &Type) -> Value {
    match ty {
        Type::String => json!({"type": "string"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Int32 => json!({"type": "integer", "format": "int32"}),
        Type::Int64 => json!({"type": "integer", "format": "int64"}),
        Type::Double => json!({"type": "number"}),
        Type::Timestamp => json!({"type": "string", "format": "date-time"}),
        Type::Date => json!({"type": "string", "format": "date"}),
        Type::Duration => json!({"type": ["string", "number"]}),
        Type::Json => json!({}),
        Type::Bytes => json!({"type": "string", "format": "binary"}),
        Type::Filters => json!({"type": "object", "additionalProperties": {"type": "object"}}),
        Type::List(inner) => json!({"type": "array", "items": of_type(inner)}),
        Type::Map(inner) => json!({"type": "object", "additionalProperties": of_type(inner)}),
        Type::Page(inner) => {
            let rows = json!({"type": "array", "items": of_type(inner)});
            let page = json!({
                "type": "object",
                "properties": {"results": rows, "total": {"type": "integer"}, "nextCursor": {"type": "string"}},
            });
            json!({"anyOf": [page, rows]})
        }
        Type::Nullable(inner) => json!({"anyOf": [of_type(inner), {"type": "null"}]}),
        Type::Ref(name) => json!({"$ref": format!("#/components/schemas/{name}")}),
    }
}
