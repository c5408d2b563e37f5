//! JSON becomes a value by one reader, which is compiled once for all types.
//!
//! A derived `Deserialize` compiles a reader of its own for each type, and again in each crate that reads one. Here a type
//! says what it consists of, its [`Shape`], and the reader goes by that. `Deserialize` of a model is [`read`], so that a
//! model is read from whatever serde reads from.
//!
//! The scanner goes from the text straight into the shapes. Other formats of serde are read by a visitor.
//!
//! Reading is lenient: a field, an element or an entry that is null is taken for one that isn't there, what a type doesn't
//! know is skipped, and strings, numbers and booleans are converted into each other where that loses nothing. The scanner
//! also reads what `serde_json` refuses or rounds: half a surrogate pair and bytes that aren't UTF-8 become U+FFFD,
//! an integer over 64 bits becomes a string of its digits in a [`Value`], a number out of the range of `f64` becomes
//! its text there and is absent elsewhere, and arrays and objects may be nested 512 deep.

mod numbers;
mod problem;
mod reader;
mod scalars;
mod scanner;
mod shapes;
mod strings;
mod target;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Deserializer;
use serde_json::{Map as JsonMap, Value};

use scanner::{Failure, FailureKind};

#[doc(hidden)]
pub use serde;

pub use problem::Problem;
pub use scalars::{FromText, Scalar, ScalarValue, TypeMismatch, number};

/// What can be read from JSON.
pub trait Read: Sized {
    /// The value that reading starts with, and that it stays if nothing is sent.
    fn blank() -> Self;

    /// What the value consists of, to be filled.
    fn shape(&mut self) -> Shape<'_>;
}

/// What a value consists of.
#[allow(missing_debug_implementations, reason = "it lends out what is being read")]
pub enum Shape<'a> {
    /// A string, a number or a boolean.
    Scalar(&'a mut dyn Scalar),
    /// What may be missing.
    Optional(&'a mut dyn Optional),
    /// Elements.
    List(&'a mut dyn List),
    /// Fields whose names are known.
    Object(&'a mut dyn Object),
    /// Entries of any name.
    Map(&'a mut dyn Map),
    /// A list on some versions of the server, an object on others.
    Either(&'a mut dyn Either),
    /// Any JSON, as it is.
    Value(&'a mut Value),
    /// Any JSON object, as it is.
    Fields(&'a mut JsonMap<String, Value>),
    /// Any JSON, which the value is made from.
    FromValue(&'a mut dyn FromValue),
}

/// What may be missing.
pub trait Optional {
    /// What is there, as it turns out not to be missing.
    fn some(&mut self) -> Shape<'_>;

    /// Sets the value back to none.
    fn none(&mut self);
}

/// A list that is read.
pub trait List {
    /// One more element.
    fn element(&mut self) -> Shape<'_>;

    /// Drops the last element, which turns out to be null where none may be.
    fn take_back(&mut self);
}

/// A map that is read.
pub trait Map {
    /// One more entry.
    fn entry(&mut self, key: String) -> Shape<'_>;

    /// An entry that is null; none by default.
    fn null(&mut self, _key: String) {}

    /// Removes the last entry if it turns out to be null. By default the entry stays, empty.
    fn take_back(&mut self, _key: &str) {}
}

/// An object that is read.
pub trait Object {
    /// The names of its fields on the wire.
    fn names(&self) -> &'static [&'static str];

    /// The field at this place in [`names`](Self::names).
    fn field(&mut self, place: usize) -> Option<Shape<'_>>;
}

/// What is a list or an object.
pub trait Either {
    /// What a list is read into.
    fn list(&mut self) -> Shape<'_>;

    /// What an object is read into.
    fn object(&mut self) -> Shape<'_>;

    /// What it is called in an error, such as `a page or a list`.
    fn expected(&self) -> &'static str;
}

/// What is made from any JSON: where forms differ too much for another shape.
pub trait FromValue {
    /// Takes the JSON.
    fn set_value(&mut self, value: Value) -> Result<(), String>;
}

/// The fields of an object, as [`object!`](crate::object) lists them.
///
/// [`Object`] is this for all types: its code is compiled only for types that a program reads.
pub trait Fields: Default {
    /// The names on the wire.
    const NAMES: &'static [&'static str];

    /// The field at this place in [`NAMES`](Self::NAMES).
    fn field(&mut self, place: usize) -> Option<Shape<'_>>;
}

/// Reads a value from whatever serde reads from: the `deserialize` of every type here.
pub fn read<'de, T: Read, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut value = T::blank();
    reader::fill(deserializer, value.shape())?;
    Ok(value)
}

/// Reads a document.
pub fn from_slice<T: Read>(json: &[u8]) -> Result<T, Problem> {
    let mut value = T::blank();
    fill_from_slice(json, &mut value)?;
    Ok(value)
}

/// Returns the JSON text of a field of an object, or `None` if the document is not an object, has no such field or isn't UTF-8.
pub fn member<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    scanner::member(json, name)
}

/// A value that can be read into from the start, again if need be.
pub(crate) trait Fresh {
    /// Clears the value and returns its shape.
    fn fresh(&mut self) -> Shape<'_>;
}

impl<T: Read> Fresh for T {
    // Compiled once for all crates of a program, as it isn't inlined.
    #[inline(never)]
    fn fresh(&mut self) -> Shape<'_> {
        *self = T::blank();
        self.shape()
    }
}

/// Reads a document into a value.
pub(crate) fn fill_from_slice(json: &[u8], value: &mut dyn Fresh) -> Result<(), Problem> {
    let text = text(json);
    scanner::scan(&text, value.fresh()).map_err(|failure| problem(&text, value, failure))
}

/// Returns bytes as text, with U+FFFD for those that aren't UTF-8. Checking first is much cheaper where nothing is replaced.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Describes why a document can't be read, in the words of `serde_json` where it refuses the document for the same reason.
#[cold]
fn problem(json: &str, value: &mut dyn Fresh, failure: Failure) -> Problem {
    let reason = match failure.kind {
        FailureKind::Mismatch(reason) => reason,
        FailureKind::TooDeep => {
            let depth = scanner::depth(json.as_bytes());
            format!("lists and objects are nested {depth} deep, the limit is {}", scanner::DEPTH)
        }
        FailureKind::Syntax => match read_by_serde(json, value.fresh()) {
            Err(refused) => return Problem::strict(json.as_bytes(), &refused),
            Ok(()) => "not valid JSON".to_owned(),
        },
    };
    Problem::at(json.as_bytes(), failure.at, reason)
}

fn read_by_serde(json: &str, shape: Shape<'_>) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    reader::fill(&mut deserializer, shape)?;
    deserializer.end()
}

/// Lists the fields of a type: the place of each, its name here and on the wire. The type can be read then.
#[doc(hidden)]
#[macro_export]
macro_rules! object {
    ($name:ident { $($place:literal $field:ident = $wire:literal,)* }) => {
        impl $crate::internal::json::Fields for $name {
            const NAMES: &'static [&'static str] = &[$($wire),*];

            #[inline]
            fn field(&mut self, place: usize) -> ::std::option::Option<$crate::internal::json::Shape<'_>> {
                ::std::option::Option::Some(match place {
                    $($place => $crate::internal::json::Read::shape(&mut self.$field),)*
                    _ => return ::std::option::Option::None,
                })
            }
        }

        impl $crate::internal::json::Read for $name {
            #[inline]
            fn blank() -> Self {
                Self::default()
            }

            #[inline]
            fn shape(&mut self) -> $crate::internal::json::Shape<'_> {
                $crate::internal::json::Shape::Object(self)
            }
        }

        impl<'de> $crate::internal::json::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::internal::json::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                $crate::internal::json::read(deserializer)
            }
        }
    };
}
