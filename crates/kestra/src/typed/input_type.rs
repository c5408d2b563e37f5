//! Types that declare inputs.

use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use kestra_core::FilePart;
use kestra_models::{InputValue, Sensitive};
use serde_json::Value;

use super::InputValues;

/// A type whose values are sent to an input, and that says what the input is.
///
/// [`Select`](macro@crate::Select) implements it for an enum. A field of another type does not compile; an INT has 32 bits, for
/// instance:
///
/// ```compile_fail,E0277
/// #[derive(kestra::Inputs)]
/// #[inputs(namespace = "company.team", flow = "report")]
/// struct Report {
///     rows: u64,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of an input",
    label = "no input has values of this type",
    note = "an input is a String, bool, i32 or smaller, f64, Date, Time, Timestamp, Duration, serde_json::Value, FilePart or Sensitive, an \
            enum with `#[derive(kestra::Select)]`, or a Vec or an Option of these"
)]
pub trait InputType: Sized {
    /// The type of a value that is given: that within an `Option`.
    type Value;

    /// The types of inputs that values can be sent to, the usual one first.
    const TYPES: &'static [&'static str];

    /// Whether a value must be given.
    const REQUIRED: bool = true;

    /// The values of a SELECT or MULTISELECT.
    const VALUES: &'static [&'static str] = &[];

    /// The type of the items of an ARRAY.
    const ITEM_TYPE: Option<&'static str> = None;

    /// Sets the input to this value.
    fn put(self, name: &'static str, values: &mut InputValues);
}

/// Implements `InputType` for what `InputValue` has a conversion of.
macro_rules! input_types {
    ($($types:expr => $($type:ty)*;)*) => {$($(
        impl InputType for $type {
            type Value = Self;
            const TYPES: &'static [&'static str] = &$types;

            fn put(self, name: &'static str, values: &mut InputValues) {
                values.set(name, self);
            }
        }
    )*)*};
}

input_types! {
    ["BOOL", "BOOLEAN"] => bool;
    ["INT"] => i8 i16 i32 u8 u16;
    ["FLOAT"] => f32 f64;
    [
        "STRING", "EMAIL", "URI", "YAML", "JSON", "ION", "SECRET", "DATE", "TIME", "DATETIME", "DURATION",
    ] => String;
    ["DATETIME"] => Timestamp;
    ["DATE"] => Date;
    ["TIME"] => Time;
    ["DURATION"] => Duration SignedDuration;
    ["JSON"] => Value;
}

impl InputType for FilePart {
    type Value = Self;
    const TYPES: &'static [&'static str] = &["FILE"];

    fn put(self, name: &'static str, values: &mut InputValues) {
        values.file(name, self);
    }
}

impl InputType for Sensitive<String> {
    type Value = String;
    const TYPES: &'static [&'static str] = &["SECRET", "STRING"];

    fn put(self, name: &'static str, values: &mut InputValues) {
        values.set(name, self.into_inner());
    }
}

impl<T: InputType + Into<InputValue>> InputType for Vec<T> {
    type Value = Self;
    const TYPES: &'static [&'static str] = if T::VALUES.is_empty() { &["ARRAY"] } else { &["MULTISELECT"] };
    const VALUES: &'static [&'static str] = T::VALUES;
    const ITEM_TYPE: Option<&'static str> =
        if T::VALUES.is_empty() { Some(super::derive::first(T::TYPES)) } else { None };

    fn put(self, name: &'static str, values: &mut InputValues) {
        values.set(name, self);
    }
}

impl<T: InputType> InputType for Option<T> {
    type Value = T::Value;
    const TYPES: &'static [&'static str] = T::TYPES;
    const REQUIRED: bool = false;
    const VALUES: &'static [&'static str] = T::VALUES;
    const ITEM_TYPE: Option<&'static str> = T::ITEM_TYPE;

    fn put(self, name: &'static str, values: &mut InputValues) {
        if let Some(value) = self {
            value.put(name, values);
        }
    }
}
