//! Random JSON of a schema: as servers send it, or as they might.

use jiff::Timestamp;
use kestra_codegen::catalogue::{Catalogue, Field, Kind, Object, Presence, Schema, Type};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// How much of a schema random JSON keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// All of it.
    Exact,
    /// What a newer, older or odd server might send: fields that are missing, null or unknown, null in lists and maps,
    /// unknown values of enums, numbers of another type, and text where it means a number or the other way round.
    Loose,
}

/// How deep objects lie in one another; below, what may be left out is.
const DEPTH: u32 = 3;

/// Random JSON of a schema.
pub(crate) fn of(catalogue: &Catalogue, schema: &str, manner: Manner) -> BoxedStrategy<Value> {
    Maker { catalogue, manner, in_answer: true }.value(&Type::Ref(schema.to_owned()), DEPTH)
}

struct Maker<'a> {
    catalogue: &'a Catalogue,
    manner: Manner,
    /// Whether a server writes it: what only our users write isn't another kind of value.
    in_answer: bool,
}

impl Maker<'_> {
    fn is_loose(&self) -> bool {
        self.manner == Manner::Loose
    }

    /// Whether a value may be of another kind, or null in a list.
    fn is_odd(&self) -> bool {
        self.is_loose() && self.in_answer
    }

    /// What lies within a list in a list, or in what only our users write.
    fn plain(&self) -> Self {
        Self { in_answer: false, ..*self }
    }

    fn value(&self, ty: &Type, depth: u32) -> BoxedStrategy<Value> {
        match ty {
            Type::String => self.text(),
            Type::Bytes | Type::Filters => text(),
            Type::Bool => self.flag(),
            Type::Int32 => self.number(any::<i32>().prop_map(Value::from).boxed()),
            Type::Int64 => self.number(any::<i64>().prop_map(Value::from).boxed()),
            Type::Double => self.number(float()),
            Type::Timestamp => timestamp(),
            Type::Date => {
                "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])".prop_map(Value::from).boxed()
            }
            Type::Duration => self.duration(),
            Type::Json => json_value(),
            Type::List(_) | Type::Map(_) | Type::Page(_) if depth == 0 => match ty {
                Type::List(_) => Just(json!([])).boxed(),
                _ => Just(json!({})).boxed(),
            },
            Type::List(inner) => vec(self.element(inner, depth - 1), 0..3).prop_map(Value::from).boxed(),
            Type::Map(inner) => btree_map("[a-zA-Z.]{1,6}", self.element(inner, depth - 1), 0..3)
                .prop_map(|map| Value::from(map.into_iter().collect::<Map<_, _>>()))
                .boxed(),
            Type::Page(inner) => (vec(self.element(inner, depth - 1), 0..3), any::<u32>())
                .prop_map(|(results, total)| json!({ "results": results, "total": total }))
                .boxed(),
            Type::Nullable(inner) => {
                prop_oneof![2 => self.value(inner, depth), 1 => Just(Value::Null)].boxed()
            }
            Type::Ref(name) => self.named(name, depth),
        }
    }

    fn named(&self, name: &str, depth: u32) -> BoxedStrategy<Value> {
        match self.catalogue.schemas.get(name) {
            // Labels are pairs whose halves are always there.
            Some(_) if name == "Label" => {
                (text(), text()).prop_map(|(key, value)| json!({ "key": key, "value": value })).boxed()
            }
            Some(schema) => self.schema(schema, depth),
            None => match name {
                "EpochMillis" => self.number((0..4_102_444_800_000_i64).prop_map(Value::from).boxed()),
                _ => text(),
            },
        }
    }

    fn schema(&self, schema: &Schema, depth: u32) -> BoxedStrategy<Value> {
        match &schema.kind {
            Kind::Object(object) => self.object(object, depth),
            Kind::Open(_) | Kind::Union(_) => json_object(),
            Kind::Alias(ty) => self.value(ty, depth),
            Kind::Enum(values) => {
                let known: Vec<String> = values.iter().map(|value| value.name.clone()).collect();
                let known = proptest::sample::select(known).prop_map(Value::from);
                match self.is_loose() {
                    true => prop_oneof![2 => known, 1 => text()].boxed(),
                    false => known.boxed(),
                }
            }
        }
    }

    fn object(&self, object: &Object, depth: u32) -> BoxedStrategy<Value> {
        // Only what no server sends has required fields.
        let has_required = object.fields.iter().any(|field| field.presence() == Presence::Required);
        let maker = if has_required { self.plain() } else { Self { in_answer: true, ..*self } };
        let mut fields: BoxedStrategy<Vec<(String, Value)>> = Just(Vec::new()).boxed();
        for field in &object.fields {
            let Some(value) = maker.field(field, depth) else { continue };
            let name = field.name.clone();
            fields = (fields, value)
                .prop_map(move |(mut fields, value)| {
                    fields.extend(value.map(|value| (name.clone(), value)));
                    fields
                })
                .boxed();
        }
        if self.is_loose() {
            fields = (fields, option::of(("unknown[A-Z][a-z]{1,4}", json_value())))
                .prop_map(|(mut fields, unknown)| {
                    fields.extend(unknown);
                    fields
                })
                .boxed();
        }
        fields.prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())).boxed()
    }

    /// The value of a field, if it has one; a field that lies too deep has none.
    fn field(&self, field: &Field, depth: u32) -> Option<BoxedStrategy<Option<Value>>> {
        if field.presence() == Presence::Required {
            // Only our users write it, and a number as a number.
            let is_number = matches!(field.ty, Type::Int32 | Type::Int64 | Type::Double);
            let maker = if is_number { Self { manner: Manner::Exact, ..*self } } else { Self { ..*self } };
            return Some(maker.value(&field.ty, depth.saturating_sub(1)).prop_map(Some).boxed());
        }
        if depth == 0 {
            return None;
        }
        // Secrets are read as text alone, and a map that may be absent is one of a request.
        let optional_map = field.presence() == Presence::Optional && matches!(field.ty, Type::Map(_));
        let maker = if field.sensitive || optional_map { self.plain() } else { Self { ..*self } };
        let mut value = maker.value(&field.ty, depth - 1);
        if field.presence() == Presence::Plain {
            // An empty one is the same as none.
            value = value.prop_filter("no server sends it empty", |value| *value != "").boxed();
        }
        let value = option::of(value);
        Some(match self.is_loose() {
            true => prop_oneof![4 => value, 1 => Just(Some(Value::Null))].boxed(),
            false => value.boxed(),
        })
    }

    /// What stands in a list or a map.
    fn element(&self, ty: &Type, depth: u32) -> BoxedStrategy<Value> {
        let value = match ty {
            Type::List(_) | Type::Map(_) | Type::Bool => self.plain().value(ty, depth),
            _ => self.value(ty, depth),
        };
        // What is any JSON may be null, and labels have a type of their own.
        let keeps_null = *ty == Type::Json || matches!(ty, Type::Ref(name) if name == "Label");
        match self.is_odd() && !keeps_null {
            true => prop_oneof![4 => value, 1 => Just(Value::Null)].boxed(),
            false => value,
        }
    }

    fn text(&self) -> BoxedStrategy<Value> {
        match self.is_odd() {
            true => prop_oneof![
                4 => text(),
                1 => any::<i64>().prop_map(Value::from),
                1 => float(),
                1 => any::<bool>().prop_map(Value::from),
            ]
            .boxed(),
            false => text(),
        }
    }

    fn flag(&self) -> BoxedStrategy<Value> {
        let exact = any::<bool>().prop_map(Value::from);
        match self.is_odd() {
            true => {
                prop_oneof![4 => exact, 1 => any::<bool>().prop_map(|flag| Value::from(flag.to_string()))]
                    .boxed()
            }
            false => exact.boxed(),
        }
    }

    fn number(&self, exact: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
        if !self.is_loose() {
            return exact;
        }
        let texts = any::<i64>().prop_map(|number| Value::from(number.to_string()));
        let unsigned = any::<u64>().prop_map(Value::from);
        prop_oneof![exact, float(), unsigned, texts].boxed()
    }

    fn duration(&self) -> BoxedStrategy<Value> {
        let exact =
            (0..1000_u32, 0..60_u32, 0..1_000_000_000_u32).prop_map(|(hours, minutes, nanoseconds)| {
                Value::from(format!("PT{hours}H{minutes}M{}.{nanoseconds:09}S", nanoseconds % 60))
            });
        match self.is_loose() {
            true => prop_oneof![exact, (0..100_000_u32).prop_map(Value::from), text()].boxed(),
            false => exact.boxed(),
        }
    }
}

fn text() -> BoxedStrategy<Value> {
    any::<String>().prop_map(Value::from).boxed()
}

fn float() -> BoxedStrategy<Value> {
    proptest::num::f64::NORMAL.prop_map(Value::from).boxed()
}

fn timestamp() -> BoxedStrategy<Value> {
    (-2_000_000_000_i64..4_000_000_000, 0..1_000_000_000_i32)
        .prop_filter_map("a time that there is", |(seconds, nanoseconds)| {
            Timestamp::new(seconds, nanoseconds).ok().map(|time| Value::from(time.to_string()))
        })
        .boxed()
}

/// Any JSON but null, which is as good as nothing.
fn json_value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        float(),
        text(),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map("[a-z]{1,4}", inner, 0..3)
                .prop_map(|map| Value::from(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
    .boxed()
}

fn json_object() -> BoxedStrategy<Value> {
    btree_map("[a-zA-Z]{1,6}", json_value(), 0..4)
        .prop_map(|map| Value::from(map.into_iter().collect::<Map<_, _>>()))
        .boxed()
}
