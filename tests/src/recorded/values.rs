//! Values of recorded parameters, read strictly: what isn't exactly a value of the type can't be set with a builder.

use jiff::Timestamp;
use jiff::civil::Date;

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
