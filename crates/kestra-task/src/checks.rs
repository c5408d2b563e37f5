//! What JSON cannot say or a server does not read: found before a line is written.

use std::fmt;

use serde::ser::{self, Serialize};

/// How deep a value may be nested; servers stop reading at 1,000.
const DEPTH: u16 = 100;

/// Why a value is refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Problem {
    /// A number is NaN or infinite; its path, of fields with dots between.
    NotFinite(String),
    TooDeep,
    /// A `Serialize` of the value failed.
    Other(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite(path) => write!(f, "the number `{path}` is not finite"),
            Self::TooDeep => write!(f, "it is nested deeper than {DEPTH}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Problem {}

impl Problem {
    fn inside(self, field: &str) -> Self {
        match self {
            Self::NotFinite(path) if path.is_empty() => Self::NotFinite(field.to_owned()),
            Self::NotFinite(path) => Self::NotFinite(format!("{field}.{path}")),
            problem => problem,
        }
    }
}

impl ser::Error for Problem {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Other(text.to_string())
    }
}

/// Returns why a value is refused, if it is.
pub(crate) fn check(value: &(impl Serialize + ?Sized)) -> Result<(), Problem> {
    value.serialize(Check { depth: 0 })
}

/// A serializer that writes nothing.
#[derive(Clone, Copy)]
struct Check {
    depth: u16,
}

impl Check {
    fn inside(self) -> Result<Self, Problem> {
        let depth = self.depth + 1;
        if depth > DEPTH { Err(Problem::TooDeep) } else { Ok(Self { depth }) }
    }
}

macro_rules! accept {
    ($($method:ident($kind:ty))*) => {
        $(fn $method(self, _: $kind) -> Result<(), Problem> {
            Ok(())
        })*
    };
}

macro_rules! finite {
    ($($method:ident($kind:ty))*) => {
        $(fn $method(self, number: $kind) -> Result<(), Problem> {
            if number.is_finite() { Ok(()) } else { Err(Problem::NotFinite(String::new())) }
        })*
    };
}

impl ser::Serializer for Check {
    type Error = Problem;
    type Ok = ();
    type SerializeMap = Self;
    type SerializeSeq = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;

    accept! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128) serialize_char(char)
        serialize_str(&str) serialize_bytes(&[u8]) serialize_unit_struct(&'static str)
    }

    finite! { serialize_f32(f32) serialize_f64(f64) }

    fn serialize_none(self) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        value.serialize(self.inside()?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Problem> {
        self.inside()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Problem> {
        self.inside()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Problem> {
        self.inside()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Problem> {
        self.inside()?.inside()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Problem> {
        self.inside()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Problem> {
        self.inside()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Problem> {
        self.inside()?.inside()
    }
}

macro_rules! elements {
    ($($part:ident::$method:ident)*) => {
        $(impl ser::$part for Check {
            type Error = Problem;
            type Ok = ();

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
                value.serialize(*self)
            }

            fn end(self) -> Result<(), Problem> {
                Ok(())
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($part:ident)*) => {
        $(impl ser::$part for Check {
            type Error = Problem;
            type Ok = ();

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Problem> {
                value.serialize(*self).map_err(|problem| problem.inside(name))
            }

            fn end(self) -> Result<(), Problem> {
                Ok(())
            }
        })*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Check {
    type Error = Problem;
    type Ok = ();

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        key.serialize(*self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        value.serialize(*self)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Problem> {
        key.serialize(*self)?;
        value.serialize(*self).map_err(|problem| {
            let key = serde_json::to_string(key).unwrap_or_default();
            problem.inside(key.trim_matches('"'))
        })
    }

    fn end(self) -> Result<(), Problem> {
        Ok(())
    }
}
