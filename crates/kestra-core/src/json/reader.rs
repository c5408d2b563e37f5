//! The reader: the only visitor of serde's that is compiled.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map as JsonMap, Value};

use super::target::{Mismatch, Target, place};
use super::{ScalarValue, Shape};

/// Reads what the shape consists of.
// Compiled once for all crates of a program, as it isn't inlined.
#[inline(never)]
pub(super) fn fill<'de, D: Deserializer<'de>>(
    deserializer: D,
    shape: Shape<'_>,
    is_exact: bool,
) -> Result<(), D::Error> {
    Place { target: Target::Root(shape), is_exact }.deserialize(deserializer)
}

/// The error in place of an integer that `serde_json` has rounded.
const LOSSY: &str = "an integer over 64 bits";

/// Returns whether a document is refused only because a number would be rounded.
pub(super) fn is_lossy(problem: &impl fmt::Display) -> bool {
    problem.to_string().starts_with(LOSSY)
}

/// The target of the next value, and how to read it.
struct Place<'a> {
    target: Target<'a>,
    /// Whether an integer that may have been rounded is refused, since another reader can read it.
    is_exact: bool,
}

impl Mismatch {
    /// Returns the error of a value that was found.
    fn into_error<E: Error>(self, found: ScalarValue<'_>) -> E {
        match self {
            Self::Expected(expected) => unfit(expected, found.shown()),
            Self::Told(problem) => E::custom(problem),
        }
    }
}

/// Said here rather than by serde's `invalid_type`, which links another printer of floating point numbers.
fn unfit<E: Error>(expected: &str, found: impl fmt::Display) -> E {
    E::custom(format_args!("expected {expected}, found {found}"))
}

impl Place<'_> {
    fn scalar<E: Error>(self, value: ScalarValue<'_>) -> Result<(), E> {
        self.target.scalar(value).map_err(|mismatch| mismatch.into_error(value))
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
        f.write_str(match &self.target {
            Target::Root(shape) | Target::Field(shape) => shape.expected(),
            Target::Element(_) => "an element",
            Target::Entry(..) => "an entry",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.target.null().map_err(|mismatch| mismatch.into_error(ScalarValue::Null))
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
        // `serde_json` passes an integer over 64 bits as a float.
        if self.is_exact && (float >= u64::MAX as f64 || float <= i64::MIN as f64) {
            return Err(E::custom(LOSSY));
        }
        self.scalar(ScalarValue::Float(float))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(ScalarValue::Text(text))
    }

    // A number out of the range of `f64`, from the lenient reader.
    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<(), E> {
        self.target.out_of_range(&String::from_utf8_lossy(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let is_exact = self.is_exact;
        match self.target.open().for_list() {
            Shape::List(list) => {
                while elements
                    .next_element_seed(Place { target: Target::Element(&mut *list), is_exact })?
                    .is_some()
                {}
                Ok(())
            }
            Shape::Value(value) => {
                *value = free_list(elements, is_exact)?;
                Ok(())
            }
            Shape::FromValue(target) => {
                target.set_value(free_list(elements, is_exact)?).map_err(A::Error::custom)
            }
            other => Err(unfit(other.expected(), "a list")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let is_exact = self.is_exact;
        match self.target.open().for_object() {
            Shape::Object(object) => {
                let mut next = 0;
                while let Some(place) = fields.next_key_seed(FieldName { names: object.names(), next })? {
                    match object.field(place) {
                        Some(field) => {
                            fields.next_value_seed(Place { target: Target::Field(field), is_exact })?;
                        }
                        None => drop(fields.next_value::<IgnoredAny>()?),
                    }
                    next = place + 1;
                }
                Ok(())
            }
            Shape::Map(map) => {
                while let Some(key) = fields.next_key()? {
                    fields.next_value_seed(Place { target: Target::Entry(&mut *map, key), is_exact })?;
                }
                Ok(())
            }
            Shape::Value(value) => {
                *value = free_object(fields, is_exact)?.into();
                Ok(())
            }
            Shape::Fields(all) => {
                *all = free_object(fields, is_exact)?;
                Ok(())
            }
            Shape::FromValue(target) => {
                target.set_value(free_object(fields, is_exact)?.into()).map_err(A::Error::custom)
            }
            other => Err(unfit(other.expected(), "an object")),
        }
    }
}

fn free_list<'de, A: SeqAccess<'de>>(mut elements: A, is_exact: bool) -> Result<Value, A::Error> {
    let mut list = Vec::new();
    let mut element = Value::Null;
    while elements.next_element_seed(free(&mut element, is_exact))?.is_some() {
        list.push(element.take());
    }
    Ok(Value::Array(list))
}

fn free_object<'de, A: MapAccess<'de>>(
    mut fields: A,
    is_exact: bool,
) -> Result<JsonMap<String, Value>, A::Error> {
    let mut object = JsonMap::new();
    while let Some(key) = fields.next_key()? {
        let mut value = Value::Null;
        fields.next_value_seed(free(&mut value, is_exact))?;
        object.insert(key, value);
    }
    Ok(object)
}

fn free(value: &mut Value, is_exact: bool) -> Place<'_> {
    Place { target: Target::Root(Shape::Value(value)), is_exact }
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
