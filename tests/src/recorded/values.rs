//! Values of recorded parameters, read strictly: what isn't exactly a value of the type can't be set with a builder.

use jiff::Timestamp;
use jiff::civil::Date;
use kestra_models::{IsoDuration, KvValue};

/// A type that a recorded text can be read as.
pub(crate) trait FromText: Sized {
    /// The value, if the text is one.
    fn from_text(text: &str) -> Option<Self>;
}

impl FromText for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

macro_rules! parsed {
    ($($ty:ty),*) => {$(
        impl FromText for $ty {
            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

parsed!(bool, i64, f64, Timestamp, Date);

impl FromText for KvValue {
    /// What is no JSON is a time, a day or a span of time; other bare text is cut by servers, and ours is quoted.
    fn from_text(text: &str) -> Option<Self> {
        if let Ok(value) = serde_json::from_str(text) {
            return Some(Self::Json(value));
        }
        if let Ok(value) = text.parse::<Timestamp>() {
            return Some(Self::Datetime(value));
        }
        if let Ok(value) = text.parse::<Date>() {
            return Some(Self::Date(value));
        }
        let span = IsoDuration::from(text);
        span.to_signed().map(|_| Self::Duration(span))
    }
}
