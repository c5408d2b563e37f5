//! Random values of the catalogue's types, all from one seed.

use kestra_codegen::catalogue::{Catalogue, Kind, Object, Presence, Type};
use serde_json::{Map, Value, json};

/// How deep values nest.
const DEPTH: usize = 3;

/// A source of random values.
pub(crate) struct Dice<'a> {
    catalogue: &'a Catalogue,
    state: u64,
}

impl<'a> Dice<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, seed: u64) -> Self {
        Self { catalogue, state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn text(&mut self) -> String {
        const CHARACTERS: [char; 14] =
            ['a', 'Z', '0', ' ', '"', '\\', '\n', '/', '{', 'ü', '漢', '🦀', '\u{1}', '.'];
        let length = self.below(8);
        (0..length).map(|_| CHARACTERS[self.below(CHARACTERS.len())]).collect()
    }

    /// A value of a type.
    pub(crate) fn value(&mut self, ty: &Type, depth: usize) -> Value {
        match ty {
            Type::String => json!(self.text()),
            Type::Bool => json!(self.below(2) == 0),
            Type::Int32 | Type::Int64 => json!(self.next() as i64 >> self.below(64)),
            Type::Double => json!((self.next() as i64 >> self.below(64)) as f64 / 8.0),
            Type::Timestamp => {
                let (second, nano) = (self.below(60), self.below(1_000_000_000));
                json!(format!(
                    "20{:02}-{:02}-{:02}T23:59:{second:02}.{nano:09}Z",
                    self.below(100),
                    1 + self.below(12),
                    1 + self.below(28)
                ))
            }
            Type::Date => {
                json!(format!("20{:02}-{:02}-{:02}", self.below(100), 1 + self.below(12), 1 + self.below(28)))
            }
            Type::Duration => match self.below(3) {
                0 => json!(self.below(100_000)),
                1 => json!(format!("P{}DT{}.{:03}S", self.below(400), self.below(60), 1 + self.below(999))),
                _ => json!(format!("PT{}H{}M", self.below(99), 1 + self.below(59))),
            },
            Type::Json => self.json(depth),
            Type::Bytes | Type::Filters => Value::Null,
            Type::List(inner) => (0..self.length(depth)).map(|_| self.value(inner, depth + 1)).collect(),
            Type::Map(inner) => {
                let length = self.length(depth);
                let entries = (0..length)
                    .map(|place| (format!("{place}{}", self.text()), self.value(inner, depth + 1)));
                Value::Object(entries.collect())
            }
            Type::Page(inner) => {
                let rows: Value = (0..self.length(depth)).map(|_| self.value(inner, depth + 1)).collect();
                if self.below(2) == 0 { rows } else { json!({"results": rows, "total": self.below(1000)}) }
            }
            Type::Ref(name) => self.schema(name, depth),
        }
    }

    fn length(&mut self, depth: usize) -> usize {
        if depth > DEPTH { 0 } else { self.below(3) }
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth > DEPTH { 4 } else { 6 }) {
            0 => json!(self.text()),
            1 => json!(self.next() as i64),
            2 => json!(self.below(1000) as f64 / 16.0),
            3 => json!(true),
            4 => (0..self.below(3)).map(|_| self.json(depth + 1)).collect(),
            _ => json!({"a": self.json(depth + 1), "b c": null}),
        }
    }

    /// A value of a schema.
    pub(crate) fn schema(&mut self, name: &str, depth: usize) -> Value {
        let catalogue = self.catalogue;
        match catalogue.schemas.get(name).map(|schema| &schema.kind) {
            // A label without either isn't one.
            _ if name == "Label" => json!({"key": self.text(), "value": self.text()}),
            Some(Kind::Object(object)) => Value::Object(self.object(object, depth)),
            Some(Kind::Open(object)) => {
                let mut value = self.object(object, depth);
                value.insert("fieldOfAPlugin".to_owned(), self.json(depth + 1));
                Value::Object(value)
            }
            Some(Kind::Enum(values)) => {
                let place = self.below(values.len());
                json!(values.get(place).map_or("", |value| value.name.as_str()))
            }
            Some(Kind::Alias(ty)) => self.value(ty, depth),
            Some(Kind::Union(union)) => {
                let place = self.below(union.members.len());
                let Some(member) = union.members.get(place) else { return json!({}) };
                let mut value = self.value(&member.ty, depth);
                if let (Some(field), Some(text)) = (&union.discriminator, &member.value) {
                    value[field] = json!(text);
                }
                value
            }
            None => Value::Null,
        }
    }

    fn object(&mut self, object: &Object, depth: usize) -> Map<String, Value> {
        let mut value = Map::new();
        for field in &object.fields {
            let required = field.presence() == Presence::Required;
            let odds = if depth > DEPTH { 12 } else { 2 };
            if required || self.below(odds) == 0 {
                value.insert(field.name.clone(), self.value(&field.ty, depth + 1));
            }
        }
        value
    }

    /// Changes a value of a schema in a way that a newer or odd server might.
    pub(crate) fn disturb(&mut self, name: &str, value: &mut Value) {
        let catalogue = self.catalogue;
        match catalogue.schemas.get(name).map(|schema| &schema.kind) {
            Some(Kind::Object(object)) => {
                let Some(map) = value.as_object_mut() else { return };
                for field in &object.fields {
                    let Some(old) = map.get_mut(&field.name) else { continue };
                    match self.below(4) {
                        0 => *old = Value::Null,
                        1 => drop(map.remove(&field.name)),
                        2 => self.other_type(&field.ty, old),
                        _ => self.within(&field.ty, old),
                    }
                }
                let unknown = self.json(0);
                map.insert("fieldOfANewerServer".to_owned(), unknown);
            }
            Some(Kind::Enum(_)) => *value = json!("VALUE_OF_A_NEWER_SERVER"),
            Some(Kind::Alias(ty)) => self.within(ty, value),
            _ => {}
        }
    }

    fn within(&mut self, ty: &Type, value: &mut Value) {
        match (ty, value) {
            (Type::Ref(name), value) => self.disturb(name, value),
            (Type::List(inner), Value::Array(list)) => {
                list.iter_mut().for_each(|item| self.within(inner, item))
            }
            (Type::Map(inner), Value::Object(map)) => {
                map.values_mut().for_each(|item| self.within(inner, item))
            }
            _ => {}
        }
    }

    /// A number that was whole has a fraction or is text, and the other way round.
    fn other_type(&mut self, ty: &Type, value: &mut Value) {
        match ty {
            Type::Int32 | Type::Int64 => {
                *value = match self.below(3) {
                    0 => json!(3.0),
                    1 => json!("12"),
                    _ => json!(1.5),
                }
            }
            Type::Double => *value = if self.below(2) == 0 { json!(3) } else { json!("2.5") },
            ty => self.within(ty, value),
        }
    }
}
