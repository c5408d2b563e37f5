//! Reading outputs as Rust types. What is `#[inline]` is compiled only in programs that call it.

use std::fmt;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use kestra_core::internal::instant;
use kestra_models::{IsoDuration, Sensitive};
use serde_json::{Map, Value};

/// The outputs of an execution, by the names of the outputs.
#[derive(Clone, Copy, Debug)]
pub struct OutputValues<'a>(pub(crate) &'a Map<String, Value>);

impl OutputValues<'_> {
    /// Reads an output.
    ///
    /// # Errors
    ///
    /// Returns an error if the output is missing and `T` is no `Option`, or if it is no `T`.
    pub fn get<T: OutputValue>(&self, name: &str) -> Result<T, OutputError> {
        let value = self.0.get(name);
        let read = match value {
            Some(value) => T::from_json(value),
            None => T::absent(),
        };
        read.ok_or_else(|| OutputError::new(name, T::TYPES, value))
    }
}

/// An output that is missing or has another type.
#[derive(Clone, Debug)]
pub struct OutputError(String);

impl OutputError {
    /// Numbers and booleans are shown, strings are not, as they may be secrets.
    #[inline]
    fn new(name: &str, types: &[&str], value: Option<&Value>) -> Self {
        let came = match value {
            None => "is missing".to_owned(),
            Some(Value::Null) => "is null".to_owned(),
            Some(Value::Bool(value)) => format!("is the boolean {value}"),
            Some(Value::Number(value)) => format!("is the number {value}"),
            Some(Value::String(_)) => "is a string that cannot be read as one".to_owned(),
            Some(Value::Array(_)) => "is a list".to_owned(),
            Some(Value::Object(_)) => "is a map".to_owned(),
        };
        let expected = types.first().unwrap_or(&"JSON");
        Self(format!("output `{name}` must be {expected} and {came}"))
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OutputError {}

/// A type that an output is read as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of an output",
    label = "no output is read as this type",
    note = "an output is a bool, i32, i64, u32, u64, f64, String, Timestamp, Date, Time, Duration or serde_json::Value, an enum with \
            `#[derive(kestra::Select)]`, or a Vec, an Option or a Sensitive of these"
)]
pub trait OutputValue: Sized {
    /// The types of outputs that can be read, the usual one first; any if there are none.
    const TYPES: &'static [&'static str];

    /// Whether the output must be there.
    const REQUIRED: bool = true;

    /// Reads the value, or returns `None` if it is of another type.
    fn from_json(value: &Value) -> Option<Self>;

    /// Returns the value of an output that is not there, or `None` if it must be there.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// Implements `OutputValue` by a function of the JSON.
macro_rules! output_values {
    ($($type:ty: $types:expr, $read:expr;)*) => {$(
        impl OutputValue for $type {
            const TYPES: &'static [&'static str] = &$types;

            #[inline]
            fn from_json(value: &Value) -> Option<Self> {
                let read: fn(&Value) -> Option<Self> = $read;
                read(value)
            }
        }
    )*};
}

output_values! {
    bool: ["BOOL", "BOOLEAN"], Value::as_bool;
    i32: ["INT"], |value| value.as_i64()?.try_into().ok();
    i64: ["INT"], Value::as_i64;
    u32: ["INT"], |value| value.as_u64()?.try_into().ok();
    u64: ["INT"], Value::as_u64;
    f64: ["FLOAT", "INT"], Value::as_f64;
    String: [
        "STRING", "SELECT", "ENUM", "URI", "EMAIL", "FILE", "SECRET", "DATE", "TIME", "DATETIME", "YAML", "JSON", "ION",
    ], |value| value.as_str().map(str::to_owned);
    Timestamp: ["DATETIME"], |value| instant::parse(value.as_str()?);
    Date: ["DATE"], |value| value.as_str()?.parse().ok();
    Time: ["TIME"], |value| value.as_str()?.parse().ok();
    Duration: ["DURATION"], |value| duration(value)?.to_std();
    SignedDuration: ["DURATION"], |value| duration(value)?.to_signed();
    Value: [], |value| Some(value.clone());
}

/// A number of seconds, or ISO 8601.
#[inline]
fn duration(value: &Value) -> Option<IsoDuration> {
    match value {
        Value::Number(_) | Value::String(_) => serde_json::from_value(value.clone()).ok(),
        _ => None,
    }
}

impl<T: OutputValue> OutputValue for Vec<T> {
    const TYPES: &'static [&'static str] = &["ARRAY", "MULTISELECT"];

    fn from_json(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::from_json).collect()
    }
}

impl<T: OutputValue> OutputValue for Sensitive<T> {
    const TYPES: &'static [&'static str] = T::TYPES;
    const REQUIRED: bool = T::REQUIRED;

    fn from_json(value: &Value) -> Option<Self> {
        T::from_json(value).map(Self::from)
    }

    fn absent() -> Option<Self> {
        T::absent().map(Self::from)
    }
}

impl<T: OutputValue> OutputValue for Option<T> {
    const TYPES: &'static [&'static str] = T::TYPES;
    const REQUIRED: bool = false;

    fn from_json(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_json(value).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}
