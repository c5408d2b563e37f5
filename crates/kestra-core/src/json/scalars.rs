//! Text, numbers and truth values, each also read from another form where that loses nothing.

use jiff::Timestamp;
use serde::de::Unexpected;
use serde_json::Value;

use super::{Read, Shape};
use crate::instant;

/// A value of JSON that has no parts.
#[derive(Clone, Copy, Debug)]
pub enum Plain<'a> {
    /// Null.
    Null,
    /// A truth value.
    Flag(bool),
    /// An integer below zero.
    Integer(i64),
    /// An integer from zero on.
    Natural(u64),
    /// Another number.
    Float(f64),
    /// Text.
    Text(&'a str),
}

impl<'a> Plain<'a> {
    pub(super) fn unexpected(self) -> Unexpected<'a> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Flag(flag) => Unexpected::Bool(flag),
            Self::Integer(integer) => Unexpected::Signed(integer),
            Self::Natural(natural) => Unexpected::Unsigned(natural),
            Self::Float(float) => Unexpected::Float(float),
            Self::Text(text) => Unexpected::Str(text),
        }
    }
}

impl From<Plain<'_>> for Value {
    fn from(plain: Plain<'_>) -> Self {
        match plain {
            Plain::Null => Self::Null,
            Plain::Flag(flag) => flag.into(),
            Plain::Integer(integer) => integer.into(),
            Plain::Natural(natural) => natural.into(),
            Plain::Float(float) => float.into(),
            Plain::Text(text) => text.into(),
        }
    }
}

/// Why a value isn't taken.
#[derive(Debug)]
pub enum Unfit {
    /// It is of another kind.
    Kind,
    /// It is of that kind, but none of its values.
    Value,
}

/// What is read from a value that has no parts.
pub trait Scalar {
    /// Takes the value.
    ///
    /// # Errors
    ///
    /// Why it can't be.
    fn set(&mut self, plain: Plain<'_>) -> Result<(), Unfit>;

    /// What it is called in an error, such as `a string`.
    fn expected(&self) -> &'static str;
}

/// What is read from text alone and takes any.
pub trait FromText {
    /// The value that the text stands for.
    fn from_text(text: &str) -> Self;
}

impl<T: FromText> Scalar for T {
    fn set(&mut self, plain: Plain<'_>) -> Result<(), Unfit> {
        let Plain::Text(text) = plain else { return Err(Unfit::Kind) };
        *self = T::from_text(text);
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a string"
    }
}

impl Scalar for String {
    fn set(&mut self, plain: Plain<'_>) -> Result<(), Unfit> {
        *self = match plain {
            Plain::Null => return Err(Unfit::Kind),
            Plain::Flag(flag) => flag.to_string(),
            Plain::Integer(integer) => integer.to_string(),
            Plain::Natural(natural) => natural.to_string(),
            Plain::Float(float) => float.to_string(),
            Plain::Text(text) => text.to_owned(),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a string"
    }
}

impl Scalar for bool {
    fn set(&mut self, plain: Plain<'_>) -> Result<(), Unfit> {
        *self = match plain {
            Plain::Flag(flag) => flag,
            Plain::Text(text) => text.parse().map_err(|_| Unfit::Value)?,
            _ => return Err(Unfit::Kind),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a boolean"
    }
}

impl Scalar for i64 {
    fn set(&mut self, plain: Plain<'_>) -> Result<(), Unfit> {
        *self = match plain {
            Plain::Integer(integer) => integer,
            Plain::Natural(natural) => natural.try_into().unwrap_or(Self::MAX),
            // A cast saturates, and drops a fraction that a count, a size or a revision can't have.
            Plain::Float(float) => float as Self,
            Plain::Text(text) => match (text.parse(), text.parse::<f64>()) {
                (Ok(integer), _) => integer,
                (_, Ok(float)) => float as Self,
                _ => return Err(Unfit::Value),
            },
            Plain::Null | Plain::Flag(_) => return Err(Unfit::Kind),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "an integer"
    }
}

impl Scalar for f64 {
    fn set(&mut self, plain: Plain<'_>) -> Result<(), Unfit> {
        *self = match plain {
            Plain::Integer(integer) => integer as Self,
            Plain::Natural(natural) => natural as Self,
            Plain::Float(float) => float,
            Plain::Text(text) => text.parse().map_err(|_| Unfit::Value)?,
            Plain::Null | Plain::Flag(_) => return Err(Unfit::Kind),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a number"
    }
}

impl Scalar for Timestamp {
    fn set(&mut self, plain: Plain<'_>) -> Result<(), Unfit> {
        let Plain::Text(text) = plain else { return Err(Unfit::Kind) };
        *self = instant::parse(text).ok_or(Unfit::Value)?;
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a date and time with a zone"
    }
}

macro_rules! scalars {
    ($($ty:ty)*) => {$(
        impl Read for $ty {
            #[inline]
            fn blank() -> Self {
                Self::default()
            }

            #[inline]
            fn shape(&mut self) -> Shape<'_> {
                Shape::Scalar(self)
            }
        }
    )*};
}

scalars! { String bool i64 f64 Timestamp }
