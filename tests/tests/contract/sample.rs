//! Sample requests: what a caller could set, made from the catalogue.

use kestra_codegen::catalogue::{
    Catalogue, Content, Kind, Object, Operation, Presence, QueryParameter, Style, Type, Version,
};
use serde_json::{Map, Value, json};

/// How deep samples of bodies nest.
const DEPTH: usize = 4;

/// Makes samples for servers of one version.
#[derive(Clone, Copy)]
pub(crate) struct Sampler<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) version: Version,
    /// Everything that can be set, or only what has to be.
    pub(crate) all: bool,
    /// Whether a search has a filter.
    pub(crate) filters: bool,
}

impl Sampler<'_> {
    /// An exchange that asks for the operation, with this kind of body; one that is not the first is always sent.
    pub(crate) fn exchange(
        self,
        operation: &Operation,
        content: Option<(&str, &Content)>,
        first: bool,
    ) -> Option<Value> {
        let route = operation.routes.iter().find(|route| route.versions.contains(self.version))?;
        let mut path = route.path.replace("{tenant}", "main");
        for parameter in &operation.path {
            let value = self.text(&parameter.ty, &parameter.name);
            path = path.replace(&format!("{{{}}}", parameter.name), &value);
        }
        let mut query = Vec::new();
        for parameter in operation.query.iter().filter(|parameter| parameter.versions.contains(self.version))
        {
            // Both say from when.
            let is_doubled = parameter.name == "timeRange"
                && operation.query.iter().any(|other| other.name == "startDate");
            if (self.all && !is_doubled)
                || parameter.required
                || (self.filters && parameter.ty == Type::Filters)
            {
                self.query(parameter, &mut query);
            }
        }
        let body_required = !first || operation.body.as_ref().is_some_and(|body| body.required);
        let body = content.filter(|_| self.all || body_required);
        let body = body.map(|(content_type, content)| self.body(content_type, content));
        Some(json!({
            "request": {"method": route.method, "path": path, "query": query, "body": body},
            "response": {},
            "recorded": {"server_version": full(self.version)},
        }))
    }

    fn query(self, parameter: &QueryParameter, query: &mut Vec<(String, String)>) {
        let name = parameter.name.clone();
        match (&parameter.ty, parameter.style) {
            (Type::Filters, _) if self.filters => {
                query.push(("filters[q][EQUALS]".to_owned(), "text".to_owned()))
            }
            (Type::Filters, _) => {}
            (Type::Map(_), Style::Comma) => query.push((name, "team,data,stage,a b".to_owned())),
            (Type::Map(_), _) => {
                query.push((name.clone(), "team:data".to_owned()));
                query.push((name, "stage:a b".to_owned()));
            }
            // A label has a key and a value, and no key is there twice.
            (Type::List(_), _) if name == "labels" => {
                query.push((name.clone(), "team:data".to_owned()));
                query.push((name, "stage:a b".to_owned()));
            }
            (Type::List(inner), Style::Comma) => {
                let value = self.text(inner, &name);
                query.push((name, format!("{value},{value}")));
            }
            (Type::List(inner), _) => {
                let value = self.text(inner, &name);
                query.push((name.clone(), value.clone()));
                query.push((name, value));
            }
            (ty, _) => query.push((name.clone(), self.text(ty, &name))),
        }
    }

    /// A value of a path or a query.
    fn text(self, ty: &Type, name: &str) -> String {
        match ty {
            // Where the server sorts by is checked by it.
            Type::String if name == "sort" => "id:asc".to_owned(),
            Type::String => "sample-1".to_owned(),
            ty => match self.json(ty, 0) {
                Value::String(text) => text,
                value => value.to_string(),
            },
        }
    }

    fn body(self, content_type: &str, content: &Content) -> Value {
        let text = |text: String| json!({"content_type": content_type, "kind": "text", "value": text});
        match content {
            Content::Json(ty) => text(self.json(ty, 0).to_string()),
            Content::Yaml => text("id: sample\nnamespace: company.team\n".to_owned()),
            Content::Text | Content::Bytes => text("sample".to_owned()),
            Content::Typed(_) => text("\"sample\"".to_owned()),
            Content::Form(ty) => {
                let fields = self.json(ty, 0);
                let fields = fields.as_object().into_iter().flatten();
                let pairs: Vec<String> =
                    fields.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("1"))).collect();
                text(pairs.join("&"))
            }
            Content::Multipart(multipart) => {
                let mut parts = Vec::new();
                for part in multipart.parts.iter().filter(|part| self.all || part.required) {
                    parts.push(match &part.ty {
                        Type::Bytes => {
                            json!({"name": part.name, "filename": "sample.yaml", "text": "id: sample"})
                        }
                        Type::List(_) => {
                            json!({"name": part.name, "filename": "sample.yaml", "text": "id: sample"})
                        }
                        ty => json!({"name": part.name, "text": self.text(ty, &part.name)}),
                    });
                }
                if multipart.inputs && self.all {
                    parts.push(json!({"name": "an-input", "text": "value"}));
                    parts.push(json!({"name": "a-file", "filename": "a.csv", "text": "a,b"}));
                }
                json!({"content_type": content_type, "kind": "multipart", "parts": parts})
            }
        }
    }

    fn json(self, ty: &Type, depth: usize) -> Value {
        match ty {
            Type::String => json!("sample"),
            Type::Bool => json!(true),
            Type::Int32 | Type::Int64 => json!(1),
            Type::Double => json!(1.5),
            Type::Timestamp => json!("2026-01-02T03:04:05Z"),
            Type::Date => json!("2026-01-02"),
            Type::Duration => json!("PT1M30S"),
            Type::Json => json!({"any": [1, "a", null]}),
            Type::Bytes | Type::Filters => Value::Null,
            Type::List(inner) => json!([self.json(inner, depth + 1)]),
            Type::Map(inner) => json!({"key": self.json(inner, depth + 1)}),
            Type::Page(inner) => json!({"results": [self.json(inner, depth + 1)], "total": 1}),
            Type::Nullable(inner) => self.json(inner, depth),
            Type::Ref(name) => self.schema(name, depth),
        }
    }

    fn schema(self, name: &str, depth: usize) -> Value {
        match self.catalogue.schemas.get(name).map(|schema| &schema.kind) {
            Some(Kind::Object(object) | Kind::Open(object)) => self.object(object, depth),
            Some(Kind::Enum(values)) => {
                let value = values.iter().find(|value| value.versions.contains(self.version));
                json!(value.map_or("", |value| value.name.as_str()))
            }
            Some(Kind::Alias(ty)) => self.json(ty, depth),
            Some(Kind::Union(union)) => {
                let Some(member) = union.members.first() else { return Value::Null };
                let mut value = self.json(&member.ty, depth);
                if let (Some(field), Some(text)) = (&union.discriminator, &member.value) {
                    value[field] = json!(text);
                }
                value
            }
            None => Value::Null,
        }
    }

    fn object(self, object: &Object, depth: usize) -> Value {
        let mut value = Map::new();
        for field in object.fields.iter().filter(|field| field.versions.contains(self.version)) {
            let required = field.presence() == Presence::Required || field.required;
            if required || (self.all && depth < DEPTH) {
                value.insert(field.name.clone(), self.json(&field.ty, depth + 1));
            }
        }
        Value::Object(value)
    }
}

/// A version with all three numbers.
pub(crate) fn full(version: Version) -> String {
    format!("{}.{}.{}", version.major, version.minor, version.patch)
}
