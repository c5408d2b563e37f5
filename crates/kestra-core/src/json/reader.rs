//! The reader: the only visitor of serde's that is compiled.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::{List, Map, Plain, Shape, Unfit};

/// Reads what the shape consists of.
// Compiled once for all crates of a program, as it isn't inlined.
#[inline(never)]
pub(super) fn fill<'de, D: Deserializer<'de>>(deserializer: D, shape: Shape<'_>) -> Result<(), D::Error> {
    Place::Whole(shape).deserialize(deserializer)
}

/// What the value that comes next is read into.
enum Place<'a> {
    Whole(Shape<'a>),
    Field(Shape<'a>),
    Element(&'a mut dyn List),
    Entry(&'a mut dyn Map, String),
}

impl<'a> Place<'a> {
    /// What it consists of, now that something is there.
    fn open(self) -> Shape<'a> {
        let mut shape = match self {
            Self::Whole(shape) | Self::Field(shape) => shape,
            Self::Element(list) => list.element(),
            Self::Entry(map, key) => map.entry(key),
        };
        while let Shape::Optional(optional) = shape {
            shape = optional.some();
        }
        shape
    }

    fn plain<E: Error>(self, plain: Plain<'_>) -> Result<(), E> {
        match self.open() {
            Shape::Scalar(scalar) => {
                scalar.set(plain).map_err(|Unfit| unfit(scalar.expected(), plain.shown()))
            }
            Shape::Value(value) => {
                *value = plain.into();
                Ok(())
            }
            Shape::Made(made) => made.make(plain.into()).map_err(E::custom),
            other => Err(unfit(other.expected(), plain.shown())),
        }
    }
}

/// Said here rather than by serde's `invalid_type`, which links another printer of floating point numbers.
fn unfit<E: Error>(expected: &str, found: impl fmt::Display) -> E {
    E::custom(format_args!("expected {expected}, found {found}"))
}

impl Shape<'_> {
    /// What it is called in an error.
    fn expected(&self) -> &'static str {
        match self {
            Self::Scalar(scalar) => scalar.expected(),
            Self::List(_) => "a list",
            Self::Object(_) | Self::Fields(_) => "an object",
            Self::Map(_) => "a map",
            Self::Either(either) => either.expected(),
            Self::Optional(_) | Self::Value(_) | Self::Made(_) => "any JSON",
        }
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
        f.write_str(match self {
            Self::Whole(shape) | Self::Field(shape) => shape.expected(),
            Self::Element(_) => "an element",
            Self::Entry(..) => "an entry",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        match self {
            Self::Whole(Shape::Optional(_) | Shape::Value(_)) => Ok(()),
            Self::Whole(_) => self.plain(Plain::Null),
            Self::Field(_) => Ok(()),
            Self::Element(list) => {
                if !matches!(list.element(), Shape::Optional(_) | Shape::Value(_)) {
                    list.take_back();
                }
                Ok(())
            }
            Self::Entry(map, key) => {
                map.null(key);
                Ok(())
            }
        }
    }

    // What serde has read ahead, for an untagged or flattened type of a user, says so of null.
    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.plain(Plain::Flag(flag))
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<(), E> {
        self.plain(Plain::Integer(integer))
    }

    fn visit_u64<E: Error>(self, natural: u64) -> Result<(), E> {
        self.plain(Plain::Natural(natural))
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<(), E> {
        self.plain(Plain::Float(float))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.plain(Plain::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut shape = self.open();
        if let Shape::Either(either) = shape {
            shape = either.list();
        }
        match shape {
            Shape::List(list) => {
                while elements.next_element_seed(Place::Element(&mut *list))?.is_some() {}
                Ok(())
            }
            Shape::Value(value) => {
                *value = Deserialize::deserialize(SeqAccessDeserializer::new(elements))?;
                Ok(())
            }
            Shape::Made(made) => {
                let value = Deserialize::deserialize(SeqAccessDeserializer::new(elements))?;
                made.make(value).map_err(A::Error::custom)
            }
            other => Err(unfit(other.expected(), "a list")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut shape = self.open();
        if let Shape::Either(either) = shape {
            shape = either.object();
        }
        match shape {
            Shape::Object(object) => {
                let mut next = 0;
                while let Some(place) = fields.next_key_seed(FieldName { names: object.names(), next })? {
                    match object.field(place) {
                        Some(field) => fields.next_value_seed(Place::Field(field))?,
                        None => drop(fields.next_value::<IgnoredAny>()?),
                    }
                    next = place + 1;
                }
                Ok(())
            }
            Shape::Map(map) => {
                while let Some(key) = fields.next_key()? {
                    fields.next_value_seed(Place::Entry(&mut *map, key))?;
                }
                Ok(())
            }
            Shape::Value(value) => {
                *value = Deserialize::deserialize(MapAccessDeserializer::new(fields))?;
                Ok(())
            }
            Shape::Fields(all) => {
                *all = Deserialize::deserialize(MapAccessDeserializer::new(fields))?;
                Ok(())
            }
            Shape::Made(made) => {
                let value = Deserialize::deserialize(MapAccessDeserializer::new(fields))?;
                made.make(value).map_err(A::Error::custom)
            }
            other => Err(unfit(other.expected(), "an object")),
        }
    }
}

/// Reads the name of a field as its place in the table.
struct FieldName {
    names: &'static [&'static str],
    /// Where the search begins: servers send fields in an order that is often that of the table.
    next: usize,
}

impl FieldName {
    fn find(&self, name: &str) -> usize {
        let (before, after) = self.names.split_at_checked(self.next).unwrap_or((self.names, &[]));
        let place = |names: &[&str]| names.iter().position(|known| *known == name);
        match place(after) {
            Some(place) => before.len() + place,
            None => place(before).unwrap_or(self.names.len()),
        }
    }
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
        Ok(self.find(name))
    }
}
