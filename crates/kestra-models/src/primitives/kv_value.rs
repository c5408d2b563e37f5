use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use kestra_core::internal::instant;
use serde_json::{Number, Value};

use super::IsoDuration;
use crate::{KvDetail, KvEntry, KvType};

/// A typed value of a key.
///
/// A server reads a value as Ion: text that isn't quoted is cut at a space, or becomes a number, a date or a
/// time. A typed value is written so that the server reads the same type; text is always quoted.
///
/// ```
/// use kestra_models::KvValue;
///
/// assert_eq!(KvValue::from("hello world").to_text(), r#""hello world""#);
/// assert_eq!(KvValue::from("2026-01-02").to_text(), r#""2026-01-02""#);
/// assert_eq!(KvValue::from(42).to_text(), "42");
/// assert_eq!(KvValue::from(std::time::Duration::from_secs(90)).to_text(), "PT90S");
/// assert_eq!(KvValue::from(vec!["a", "b"]).to_text(), r#"["a","b"]"#);
/// assert_eq!(KvValue::from(serde_json::json!({"a": [1]})).to_text(), r#"{"a":[1]}"#);
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum KvValue {
    /// STRING.
    String(String),
    /// NUMBER.
    Number(Number),
    /// NUMBER: an integer over 64 bits, as its digits.
    Digits(String),
    /// BOOLEAN.
    Boolean(bool),
    /// DATETIME.
    Datetime(Timestamp),
    /// DATE.
    Date(Date),
    /// DURATION.
    Duration(IsoDuration),
    /// JSON: a list or an object; another value is kept as what it is.
    Json(Value),
}

// The type only, as any value may be a secret.
kestra_core::debug_fields! { KvValue, this, f => write!(f, "KvValue::{}", this.kind()) }

impl KvValue {
    fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "String",
            Self::Number(_) => "Number",
            Self::Digits(_) => "Digits",
            Self::Boolean(_) => "Boolean",
            Self::Datetime(_) => "Datetime",
            Self::Date(_) => "Date",
            Self::Duration(_) => "Duration",
            Self::Json(_) => "Json",
        }
    }

    /// Returns the text that is sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::String(value) => Value::from(value.as_str()).to_string(),
            Self::Number(value) => value.to_string(),
            Self::Digits(digits) => digits.clone(),
            Self::Boolean(value) => value.to_string(),
            Self::Datetime(value) => value.to_string(),
            Self::Date(value) => value.to_string(),
            Self::Duration(value) => value.to_string(),
            Self::Json(value) => value.to_string(),
        }
    }

    /// Returns the value as JSON, as a server sends it; an integer over 64 bits is a string of its digits.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::String(value) => Value::from(value.as_str()),
            Self::Number(value) => Value::Number(value.clone()),
            Self::Boolean(value) => Value::from(*value),
            Self::Json(value) => value.clone(),
            other => Value::from(other.to_text()),
        }
    }

    /// Creates the value from the type and JSON of a response. JSON that doesn't fit the type is kept as JSON.
    #[must_use]
    pub fn of(kind: Option<&KvType>, value: Value) -> Self {
        match (kind, value) {
            (Some(KvType::Datetime), Value::String(text)) => {
                instant::parse(&text).map_or(Self::String(text), Self::Datetime)
            }
            (Some(KvType::Number), Value::String(digits)) => digits_or_text(digits),
            (Some(KvType::Date), Value::String(text)) => text.parse().map_or(Self::String(text), Self::Date),
            (Some(KvType::Duration), Value::String(text)) => Self::Duration(text.into()),
            (Some(KvType::Json), value) => Self::Json(value),
            (_, value) => value.into(),
        }
    }
}

impl KvEntry {
    /// Returns how often the key was set: `revision` on 2.0 servers, `version` before.
    ///
    /// ```
    /// use kestra_models::KvEntry;
    ///
    /// for json in [r#"{"version": 3}"#, r#"{"revision": 3}"#] {
    ///     assert_eq!(serde_json::from_str::<KvEntry>(json)?.current_revision(), Some(3));
    /// }
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn current_revision(&self) -> Option<i64> {
        self.revision.or(self.version)
    }
}

impl KvDetail {
    /// Returns the typed value, or `None` for a key that holds null.
    ///
    /// ```
    /// use kestra_models::{KvDetail, KvValue};
    ///
    /// let detail: KvDetail = serde_json::from_str(r#"{"type": "DATE", "value": "2026-01-02"}"#)?;
    /// assert_eq!(detail.typed(), Some(KvValue::Date("2026-01-02".parse()?)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn typed(&self) -> Option<KvValue> {
        let value = self.value.clone().filter(|value| !value.is_null())?;
        Some(KvValue::of(self.type_.as_ref(), value))
    }
}

/// Creates an integer over 64 bits from its digits, or a string.
fn digits_or_text(text: String) -> KvValue {
    let digits = text.strip_prefix('-').unwrap_or(&text);
    match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => KvValue::Digits(text),
        false => KvValue::String(text),
    }
}

impl From<u128> for KvValue {
    fn from(value: u128) -> Self {
        u64::try_from(value).map_or_else(|_| Self::Digits(value.to_string()), Self::from)
    }
}

impl From<i128> for KvValue {
    fn from(value: i128) -> Self {
        i64::try_from(value).map_or_else(|_| Self::Digits(value.to_string()), Self::from)
    }
}

impl From<Value> for KvValue {
    fn from(value: Value) -> Self {
        match value {
            Value::String(value) => Self::String(value),
            Value::Number(value) => Self::Number(value),
            Value::Bool(value) => Self::Boolean(value),
            other => Self::Json(other),
        }
    }
}

impl From<f64> for KvValue {
    /// A number; one that JSON hasn't (infinite, or none) becomes null, as in `serde_json`.
    fn from(value: f64) -> Self {
        Value::from(value).into()
    }
}

/// A list, as JSON.
impl<T: Into<Self>> From<Vec<T>> for KvValue {
    fn from(values: Vec<T>) -> Self {
        Self::Json(values.into_iter().map(|value| value.into().to_json()).collect())
    }
}

macro_rules! from {
    ($($ty:ty => $variant:ident),* $(,)?) => {$(
        impl From<$ty> for KvValue {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    &str => String,
    &String => String,
    String => String,
    bool => Boolean,
    i32 => Number,
    i64 => Number,
    u32 => Number,
    u64 => Number,
    usize => Number,
    Timestamp => Datetime,
    Date => Date,
    Duration => Duration,
    IsoDuration => Duration,
}
