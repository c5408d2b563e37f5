use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Number, Value};

use super::IsoDuration;

/// A typed value of a flow's input, written the way the server reads it.
///
/// Servers silently read a BOOL that is neither `true` nor `false` as false; a typed value can't be wrong in
/// this way. Every kind has a `From`: a `bool` is a BOOL, a [`Timestamp`] a DATETIME, a list an ARRAY or MULTISELECT, and `None` is
/// not sent.
///
/// ```
/// use kestra_models::InputValue;
///
/// assert_eq!(InputValue::from(true).to_text(), "true");
/// assert_eq!(InputValue::from(std::time::Duration::from_secs(90)).to_text(), "PT90S");
/// assert_eq!(InputValue::from(vec!["a", "b"]).to_text(), r#"["a","b"]"#);
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum InputValue {
    /// BOOL.
    Bool(bool),
    /// INT.
    Int(i64),
    /// FLOAT.
    Float(f64),
    /// STRING, SELECT, EMAIL, URI, SECRET, YAML: text as it is.
    Text(String),
    /// DATETIME.
    Timestamp(Timestamp),
    /// DATE.
    Date(Date),
    /// TIME.
    Time(Time),
    /// DURATION.
    Duration(IsoDuration),
    /// JSON.
    Json(Value),
    /// ARRAY, MULTISELECT.
    List(Vec<InputValue>),
    /// No value: the input is not sent, and the flow has its default. `null` within a list.
    Absent,
}

// The type only, as any value may be a secret.
kestra_core::debug_fields! { InputValue, this, f => write!(f, "InputValue::{}", this.kind()) }

impl InputValue {
    fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "Bool",
            Self::Int(_) => "Int",
            Self::Float(_) => "Float",
            Self::Text(_) => "Text",
            Self::Timestamp(_) => "Timestamp",
            Self::Date(_) => "Date",
            Self::Time(_) => "Time",
            Self::Duration(_) => "Duration",
            Self::Json(_) => "Json",
            Self::List(_) => "List",
            Self::Absent => "Absent",
        }
    }

    /// Returns the text that is sent; empty for [`Absent`](Self::Absent), which isn't.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => float(*value),
            Self::Text(value) => value.clone(),
            Self::Timestamp(value) => value.to_string(),
            Self::Date(value) => value.to_string(),
            Self::Time(value) => value.to_string(),
            Self::Duration(value) => value.to_string(),
            Self::Json(value) => value.to_string(),
            Self::List(_) => self.to_json().to_string(),
            Self::Absent => String::new(),
        }
    }

    /// Returns the value as JSON, as a list contains it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Bool(value) => Value::from(*value),
            Self::Int(value) => Value::from(*value),
            Self::Float(value) => Value::from(*value),
            Self::Json(value) => value.clone(),
            Self::Absent => Value::Null,
            Self::List(values) => values.iter().map(Self::to_json).collect(),
            other => Value::from(other.to_text()),
        }
    }
}

/// As the server reads it: digits as JSON has them, and Java's names for what isn't a number.
fn float(value: f64) -> String {
    match Number::from_f64(value) {
        Some(number) => number.to_string(),
        None if value.is_nan() => "NaN".to_owned(),
        None if value > 0.0 => "Infinity".to_owned(),
        None => "-Infinity".to_owned(),
    }
}

/// An integer of any size; one over 64 bits is sent as its digits.
impl From<i128> for InputValue {
    fn from(value: i128) -> Self {
        i64::try_from(value).map_or_else(|_| Self::Text(value.to_string()), Self::Int)
    }
}

impl From<u64> for InputValue {
    fn from(value: u64) -> Self {
        i128::from(value).into()
    }
}

impl From<usize> for InputValue {
    fn from(value: usize) -> Self {
        (value as u64).into()
    }
}

/// `None` is not sent.
impl<T: Into<Self>> From<Option<T>> for InputValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for InputValue {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for InputValue {
    fn from(values: [T; N]) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Clone + Into<Self>> From<&[T]> for InputValue {
    fn from(values: &[T]) -> Self {
        Self::List(values.iter().cloned().map(Into::into).collect())
    }
}

macro_rules! from {
    ($($ty:ty => $variant:ident,)*) => {$(
        impl From<$ty> for InputValue {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool,
    i8 => Int,
    i16 => Int,
    i32 => Int,
    i64 => Int,
    u8 => Int,
    u16 => Int,
    u32 => Int,
    f32 => Float,
    f64 => Float,
    &str => Text,
    &String => Text,
    String => Text,
    Timestamp => Timestamp,
    Date => Date,
    Time => Time,
    Duration => Duration,
    SignedDuration => Duration,
    IsoDuration => Duration,
    Value => Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_type_only() {
        let values =
            [InputValue::from("hush"), InputValue::from(["hush"]), serde_json::json!({"hush": 1}).into()];
        assert_eq!(format!("{values:?}"), "[InputValue::Text, InputValue::List, InputValue::Json]");
        let values = [crate::KvValue::from("hush"), serde_json::json!(["hush"]).into(), 7.into()];
        assert_eq!(format!("{values:?}"), "[KvValue::String, KvValue::Json, KvValue::Number]");
    }

    #[test]
    fn every_kind_is_written_as_the_server_reads_it() {
        let time: Timestamp = "2026-01-02T03:04:05.000000006Z".parse().unwrap();
        for (value, text) in [
            (InputValue::from(false), "false"),
            (InputValue::from(-5), "-5"),
            (InputValue::from(1.5), "1.5"),
            (InputValue::from(f64::NEG_INFINITY), "-Infinity"),
            (InputValue::from("yes"), "yes"),
            (InputValue::from(time), "2026-01-02T03:04:05.000000006Z"),
            (InputValue::from(Date::constant(2026, 1, 2)), "2026-01-02"),
            (InputValue::from(Time::constant(3, 4, 5, 0)), "03:04:05"),
            (InputValue::from(IsoDuration::from("PT1H30M")), "PT1H30M"),
            (InputValue::from(serde_json::json!({"a": [1, null]})), r#"{"a":[1,null]}"#),
            (InputValue::from([1, 2]), "[1,2]"),
            (InputValue::from([Some(1), None]), "[1,null]"),
            (InputValue::from(Some(u64::MAX)), "18446744073709551615"),
            (InputValue::from(7_usize), "7"),
            (InputValue::from(vec![Date::constant(2026, 1, 2)]), r#"["2026-01-02"]"#),
        ] {
            assert_eq!(value.to_text(), text);
        }
    }
}
