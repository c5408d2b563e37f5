//! Strings, numbers and booleans, each also read from another form where that loses nothing.

use jiff::Timestamp;
use serde_json::Value;

use super::{Read, Shape};
use crate::instant;
use crate::redact::brief;

/// A value of JSON that has no parts.
#[derive(Clone, Copy, Debug)]
pub enum ScalarValue<'a> {
    /// Null.
    Null,
    /// A boolean.
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

impl From<ScalarValue<'_>> for Value {
    fn from(value: ScalarValue<'_>) -> Self {
        match value {
            ScalarValue::Null => Self::Null,
            ScalarValue::Flag(flag) => flag.into(),
            ScalarValue::Integer(integer) => integer.into(),
            ScalarValue::Natural(natural) => natural.into(),
            ScalarValue::Float(float) => float.into(),
            ScalarValue::Text(text) => text.into(),
        }
    }
}

impl ScalarValue<'_> {
    /// Returns the value for an error message: as JSON, with long strings cut.
    pub(super) fn shown(self) -> String {
        match self {
            ScalarValue::Text(text) => Value::from(brief(text, 60)).to_string(),
            other => Value::from(other).to_string(),
        }
    }
}

/// A value that isn't taken: it is of another kind, or none of that kind's values.
#[derive(Clone, Copy, Debug)]
pub struct TypeMismatch;

/// What is read from a value that has no parts.
pub trait Scalar {
    /// Takes the value.
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch>;

    /// What it is called in an error, such as `a string`.
    fn expected(&self) -> &'static str;
}

/// What is read from text alone and takes any.
pub trait FromText {
    /// The value that the text stands for.
    fn from_text(text: &str) -> Self;
}

impl<T: FromText> Scalar for T {
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch> {
        let ScalarValue::Text(text) = value else { return Err(TypeMismatch) };
        *self = T::from_text(text);
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a string"
    }
}

impl Scalar for String {
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch> {
        *self = match value {
            ScalarValue::Null => return Err(TypeMismatch),
            ScalarValue::Text(text) => text.to_owned(),
            other => Value::from(other).to_string(),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a string"
    }
}

impl Scalar for bool {
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch> {
        *self = match value {
            ScalarValue::Flag(flag) => flag,
            ScalarValue::Text(text) => text.parse().map_err(|_| TypeMismatch)?,
            _ => return Err(TypeMismatch),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a boolean"
    }
}

impl Scalar for i64 {
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch> {
        *self = match value {
            ScalarValue::Integer(integer) => integer,
            ScalarValue::Natural(natural) => natural.try_into().unwrap_or(Self::MAX),
            // A cast saturates, and drops a fraction that a count, a size or a revision can't have.
            ScalarValue::Float(float) => float as Self,
            ScalarValue::Text(text) => match text.parse() {
                Ok(integer) => integer,
                Err(_) => number(text).ok_or(TypeMismatch)? as Self,
            },
            ScalarValue::Null | ScalarValue::Flag(_) => return Err(TypeMismatch),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "an integer"
    }
}

/// A number in text, as JSON writes it. The reader at hand reads it, since that of the standard library is 16 kB of tables
/// and code more in a program.
pub fn number(text: &str) -> Option<f64> {
    let mut number = 0.0_f64;
    super::read_by_serde(text, number.shape()).ok().map(|()| number)
}

impl Scalar for f64 {
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch> {
        *self = match value {
            ScalarValue::Integer(integer) => integer as Self,
            ScalarValue::Natural(natural) => natural as Self,
            ScalarValue::Float(float) => float,
            // How servers write what JSON has no number for.
            ScalarValue::Text("NaN") => Self::NAN,
            ScalarValue::Text("Infinity") => Self::INFINITY,
            ScalarValue::Text("-Infinity") => Self::NEG_INFINITY,
            ScalarValue::Text(text) => number(text).ok_or(TypeMismatch)?,
            ScalarValue::Null | ScalarValue::Flag(_) => return Err(TypeMismatch),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "a number"
    }
}

impl Scalar for Timestamp {
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch> {
        let ScalarValue::Text(text) = value else { return Err(TypeMismatch) };
        *self = instant::parse(text).ok_or(TypeMismatch)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Problem, from_slice};

    #[test]
    fn a_number_may_stand_in_text() {
        for (json, number) in [(r#""1.5""#, 1.5), (r#""-2e3""#, -2000.0), ("7", 7.0)] {
            assert_eq!(from_slice::<f64>(json.as_bytes()).unwrap(), number);
        }
        assert_eq!(from_slice::<i64>(br#""42.0""#).unwrap(), 42);
        assert_eq!(from_slice::<i64>(br#""9007199254740993""#).unwrap(), 9_007_199_254_740_993);
        assert_eq!(from_slice::<String>(b"1.5").unwrap(), "1.5");
        assert_eq!(from_slice::<String>(b"-3").unwrap(), "-3");
    }

    #[test]
    fn what_is_not_taken_is_said_as_json_writes_it() {
        let told = |problem: Result<(), Problem>| problem.unwrap_err().to_string();
        for (problem, message) in [
            (
                told(from_slice::<i64>(br#""many""#).map(drop)),
                r#"expected an integer, found "many" at line 1"#,
            ),
            (told(from_slice::<bool>(b"1.5").map(drop)), "expected a boolean, found 1.5 at line 1"),
            (
                told(from_slice::<f64>(br#"{"a": 1}"#).map(drop)),
                "expected a number, found an object at line 1",
            ),
            (told(from_slice::<Vec<i64>>(b"true").map(drop)), "expected a list, found true at line 1"),
            (
                told(from_slice::<Timestamp>(b"[]").map(drop)),
                "expected a date and time with a zone, found a list",
            ),
        ] {
            assert!(problem.starts_with(message), "{problem}");
        }
    }
}
