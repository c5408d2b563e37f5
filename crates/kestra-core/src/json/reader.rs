//! The reader: the only visitor of serde's that is compiled.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map as JsonMap, Value};

use super::target::{Mismatch, Target, place};
use super::{ScalarValue, Shape};

/// Reads what the shape consists of.
// Compiled once for all crates of a program, as it isn't inlined.
#[inline(never)]
pub(super) fn fill<'de, D: Deserializer<'de>>(deserializer: D, shape: Shape<'_>) -> Result<(), D::Error> {
    Place(Target::Root(shape)).deserialize(deserializer)
}

/// The target of the next value.
struct Place<'a>(Target<'a>);

impl Place<'_> {
    fn scalar<E: Error>(self, value: ScalarValue<'_>) -> Result<(), E> {
        self.0.scalar(value).map_err(|mismatch| E::custom(mismatch.describe(value)))
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Target::Root(shape) | Target::Field(shape) => shape.expected(),
            Target::Element(_) => "an element",
            Target::Entry(..) => "an entry",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.null().map_err(|mismatch| E::custom(mismatch.describe(ScalarValue::Null)))
    }

    // What serde has read ahead, for an untagged or flattened type of a user, says so of null.
    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.scalar(ScalarValue::Flag(flag))
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<(), E> {
        self.scalar(ScalarValue::Integer(integer))
    }

    fn visit_u64<E: Error>(self, natural: u64) -> Result<(), E> {
        self.scalar(ScalarValue::Natural(natural))
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<(), E> {
        self.scalar(ScalarValue::Float(float))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(ScalarValue::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        match self.0.open().for_list() {
            Shape::List(list) => {
                while elements.next_element_seed(Place(Target::Element(&mut *list)))?.is_some() {}
                Ok(())
            }
            Shape::Value(value) => {
                *value = free_list(elements)?;
                Ok(())
            }
            Shape::FromValue(target) => target.set_value(free_list(elements)?).map_err(A::Error::custom),
            other => Err(A::Error::custom(Mismatch::unfit(other.expected(), "a list"))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        match self.0.open().for_object() {
            Shape::Object(object) => {
                let mut next = 0;
                while let Some(place) = fields.next_key_seed(FieldName { names: object.names(), next })? {
                    match object.field(place) {
                        Some(field) => fields.next_value_seed(Place(Target::Field(field)))?,
                        None => drop(fields.next_value::<IgnoredAny>()?),
                    }
                    next = place + 1;
                }
                Ok(())
            }
            Shape::Map(map) => {
                while let Some(key) = fields.next_key()? {
                    fields.next_value_seed(Place(Target::Entry(&mut *map, key)))?;
                }
                Ok(())
            }
            Shape::Value(value) => {
                *value = free_object(fields)?.into();
                Ok(())
            }
            Shape::Fields(all) => {
                *all = free_object(fields)?;
                Ok(())
            }
            Shape::FromValue(target) => {
                target.set_value(free_object(fields)?.into()).map_err(A::Error::custom)
            }
            other => Err(A::Error::custom(Mismatch::unfit(other.expected(), "an object"))),
        }
    }
}

fn free_list<'de, A: SeqAccess<'de>>(mut elements: A) -> Result<Value, A::Error> {
    let mut list = Vec::new();
    let mut element = Value::Null;
    while elements.next_element_seed(free(&mut element))?.is_some() {
        list.push(element.take());
    }
    Ok(Value::Array(list))
}

fn free_object<'de, A: MapAccess<'de>>(mut fields: A) -> Result<JsonMap<String, Value>, A::Error> {
    let mut object = JsonMap::new();
    while let Some(key) = fields.next_key()? {
        let mut value = Value::Null;
        fields.next_value_seed(free(&mut value))?;
        object.insert(key, value);
    }
    Ok(object)
}

fn free(value: &mut Value) -> Place<'_> {
    Place(Target::Root(Shape::Value(value)))
}

/// Reads the name of a field as its place in the table.
struct FieldName {
    names: &'static [&'static str],
    next: usize,
}

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        Ok(place(self.names, self.next, name))
    }
}
