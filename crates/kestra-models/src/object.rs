//! How a JSON object becomes a model: the loop over its fields, written and mostly compiled once.
//!
//! A derived `Deserialize` compiles a loop of its own for each type, with a place for each field that may turn out to be
//! missing. Here a model starts as its default, each field is read into its place, and a type adds only the table of its
//! fields. That makes what a program pays for a type a small part of what it was, in its size and in compile time.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::lenient::{Flag, Float, Integer, Integers, List, OrDefault, Text};

/// A type that [`object!`] lists the fields of.
pub(crate) trait Object: Default {
    /// The names of the fields on the wire.
    const FIELDS: &'static [&'static str];

    /// Reads the value of the field at this place in [`FIELDS`](Self::FIELDS); past its end the value is skipped.
    fn read_field<'de, A: MapAccess<'de>>(&mut self, field: usize, fields: &mut A) -> Result<(), A::Error>;
}

/// Implements [`Object`] and `Deserialize` from a table: the field's place, its name here and on the wire, and the function
/// of this module that reads it.
macro_rules! object {
    ($name:ident { $($place:literal $field:ident = $wire:literal $read:ident,)* }) => {
        impl $crate::object::Object for $name {
            const FIELDS: &'static [&'static str] = &[$($wire),*];

            fn read_field<'de, A: ::serde::de::MapAccess<'de>>(
                &mut self,
                field: usize,
                fields: &mut A,
            ) -> ::std::result::Result<(), A::Error> {
                match field {
                    $($place => $crate::object::$read(fields, &mut self.$field),)*
                    _ => $crate::object::skip(fields),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                $crate::object::read(deserializer)
            }
        }
    };
}

/// Reads an object.
///
/// What is not to be inlined is compiled once for all crates of a program, which is why that is said here and of the functions
/// below.
#[inline(never)]
pub(crate) fn read<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<T, A::Error> {
        let mut object = T::default();
        let mut next = 0;
        while let Some(field) = fields.next_key_seed(FieldName { fields: T::FIELDS, next })? {
            object.read_field(field, &mut fields)?;
            next = field + 1;
        }
        Ok(object)
    }
}

/// Reads the name of a field as its place in the table.
struct FieldName {
    fields: &'static [&'static str],
    /// Where the search begins: servers send fields in an order that is often that of the table.
    next: usize,
}

impl FieldName {
    fn find(&self, name: &str) -> usize {
        let (before, after) = self.fields.split_at_checked(self.next).unwrap_or((self.fields, &[]));
        let place = |fields: &[&str]| fields.iter().position(|field| *field == name);
        match place(after) {
            Some(place) => before.len() + place,
            None => place(before).unwrap_or(self.fields.len()),
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

/// Skips a value.
#[inline(never)]
pub(crate) fn skip<'de, A: MapAccess<'de>>(fields: &mut A) -> Result<(), A::Error> {
    fields.next_value::<IgnoredAny>().map(drop)
}

/// Reads a value as its type does.
#[inline(never)]
pub(crate) fn value<'de, A, T>(fields: &mut A, place: &mut T) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    *place = fields.next_value()?;
    Ok(())
}

/// Reads a list or a map; null is an empty one.
#[inline(never)]
pub(crate) fn or_default<'de, A, T>(fields: &mut A, place: &mut T) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Default + Deserialize<'de>,
{
    *place = fields.next_value::<OrDefault<T>>()?.0;
    Ok(())
}

/// Reads a list; null is an empty one, and an element that is null is none.
#[inline(never)]
pub(crate) fn list<'de, A, T>(fields: &mut A, place: &mut Vec<T>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    *place = fields.next_value::<List<T>>()?.0;
    Ok(())
}

/// As [`list`], where it may be absent.
#[inline(never)]
pub(crate) fn optional_list<'de, A, T>(fields: &mut A, place: &mut Option<Vec<T>>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    *place = fields.next_value::<Option<List<T>>>()?.map(|list| list.0);
    Ok(())
}

/// Reads a list of text, each from text, a number or a truth value.
#[inline(never)]
pub(crate) fn strings<'de, A: MapAccess<'de>>(
    fields: &mut A,
    place: &mut Vec<String>,
) -> Result<(), A::Error> {
    let list = fields.next_value::<List<Text>>()?.0;
    *place = list.into_iter().filter_map(|text| text.0).collect();
    Ok(())
}

/// As [`strings`], where it may be absent.
#[inline(never)]
pub(crate) fn optional_strings<'de, A: MapAccess<'de>>(
    fields: &mut A,
    place: &mut Option<Vec<String>>,
) -> Result<(), A::Error> {
    let list = fields.next_value::<Option<List<Text>>>()?;
    *place = list.map(|list| list.0.into_iter().filter_map(|text| text.0).collect());
    Ok(())
}

/// Reads a map; null is an empty one, and an entry that is null is none.
#[inline(never)]
pub(crate) fn map<'de, A, T>(fields: &mut A, place: &mut BTreeMap<String, T>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    let entries = fields.next_value::<OrDefault<BTreeMap<String, Option<T>>>>()?.0;
    *place = entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    Ok(())
}

/// Reads a map of text, each from text, a number or a truth value.
#[inline(never)]
pub(crate) fn string_map<'de, A: MapAccess<'de>>(
    fields: &mut A,
    place: &mut BTreeMap<String, String>,
) -> Result<(), A::Error> {
    let entries = fields.next_value::<OrDefault<BTreeMap<String, Text>>>()?.0;
    *place = entries.into_iter().filter_map(|(key, text)| Some((key, text.0?))).collect();
    Ok(())
}

/// Reads text, also from a number or a truth value.
#[inline(never)]
pub(crate) fn text<'de, A: MapAccess<'de>>(
    fields: &mut A,
    place: &mut Option<String>,
) -> Result<(), A::Error> {
    *place = fields.next_value::<Text>()?.0;
    Ok(())
}

/// Reads a truth value, also from text that holds one.
#[inline(never)]
pub(crate) fn flag<'de, A: MapAccess<'de>>(fields: &mut A, place: &mut Option<bool>) -> Result<(), A::Error> {
    *place = fields.next_value::<Flag>()?.0;
    Ok(())
}

/// Reads an integer from any JSON number, or from text that holds one.
#[inline(never)]
pub(crate) fn integer<'de, A: MapAccess<'de>>(
    fields: &mut A,
    place: &mut Option<i64>,
) -> Result<(), A::Error> {
    *place = fields.next_value::<Integer>()?.0;
    Ok(())
}

/// Reads a float from any JSON number, or from text that holds one.
#[inline(never)]
pub(crate) fn float<'de, A: MapAccess<'de>>(fields: &mut A, place: &mut Option<f64>) -> Result<(), A::Error> {
    *place = fields.next_value::<Float>()?.0;
    Ok(())
}

/// Reads a map of integers, each in any form.
#[inline(never)]
pub(crate) fn integers<'de, A: MapAccess<'de>>(
    fields: &mut A,
    place: &mut BTreeMap<String, i64>,
) -> Result<(), A::Error> {
    *place = fields.next_value::<Integers>()?.0;
    Ok(())
}

/// The fields of an object that is one of several, if it is the one with this value.
#[cfg(feature = "enterprise")]
pub(crate) fn member<T: serde::de::DeserializeOwned>(
    fields: &serde_json::Map<String, serde_json::Value>,
    field: &str,
    value: &str,
) -> Option<T> {
    if fields.get(field).and_then(serde_json::Value::as_str) != Some(value) {
        return None;
    }
    T::deserialize(fields).ok()
}

/// The fields of one of several, told by this value; none of a type that isn't written as an object.
#[cfg(feature = "enterprise")]
pub(crate) fn fields_of<T: serde::Serialize>(
    member: &T,
    field: &str,
    value: &str,
) -> serde_json::Map<String, serde_json::Value> {
    let mut fields = match serde_json::to_value(member) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    fields.insert(field.to_owned(), value.into());
    fields
}

/// Shows an object that may hold secrets: the names of its fields.
#[cfg(feature = "enterprise")]
pub(crate) fn show_names(
    name: &str,
    fields: &serde_json::Map<String, serde_json::Value>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.write_str(name)?;
    f.debug_set().entries(fields.keys()).finish()
}
