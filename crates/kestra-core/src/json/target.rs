//! The target of a value, and what becomes of it by the kind of the value: the rules that all readers share.

use super::{List, Map, ScalarValue, Shape, TypeMismatch};

/// The target of a value.
pub(super) enum Target<'a> {
    Root(Shape<'a>),
    Field(Shape<'a>),
    Element(&'a mut dyn List),
    Entry(&'a mut dyn Map, String),
}

/// A value that its target doesn't accept.
pub(super) enum Mismatch {
    /// The target consists of this.
    Expected(&'static str),
    /// What the target says of it.
    Told(String),
}

impl Mismatch {
    /// Describes the mismatch of a value that was found.
    pub(super) fn describe(self, found: ScalarValue<'_>) -> String {
        match self {
            Self::Expected(expected) => Self::unfit(expected, found.shown()),
            Self::Told(problem) => problem,
        }
    }

    /// Says it in place of serde's `invalid_type`, which links another printer of floating point numbers.
    pub(super) fn unfit(expected: &str, found: impl std::fmt::Display) -> String {
        format!("expected {expected}, found {found}")
    }
}

impl<'a> Target<'a> {
    /// Returns the shape of the target, now that something is there.
    pub(super) fn open(self) -> Shape<'a> {
        let mut shape = match self {
            Self::Root(shape) | Self::Field(shape) => shape,
            Self::Element(list) => list.element(),
            Self::Entry(map, key) => map.entry(key),
        };
        while let Shape::Optional(optional) = shape {
            shape = optional.some();
        }
        shape
    }

    /// Sets a value without parts.
    pub(super) fn scalar(self, value: ScalarValue<'_>) -> Result<(), Mismatch> {
        match self.open() {
            Shape::Scalar(scalar) => {
                scalar.set(value).map_err(|TypeMismatch| Mismatch::Expected(scalar.expected()))
            }
            Shape::Value(json) => {
                *json = value.into();
                Ok(())
            }
            Shape::FromValue(target) => target.set_value(value.into()).map_err(Mismatch::Told),
            other => Err(Mismatch::Expected(other.expected())),
        }
    }

    /// Reads null: as absent, where something may be.
    pub(super) fn null(self) -> Result<(), Mismatch> {
        match self {
            Self::Root(Shape::Optional(_) | Shape::Value(_)) | Self::Field(_) => {}
            Self::Root(shape) => return Self::Root(shape).scalar(ScalarValue::Null),
            Self::Element(list) => {
                if !matches!(list.element(), Shape::Optional(_) | Shape::Value(_)) {
                    list.take_back();
                }
            }
            Self::Entry(map, key) => map.null(key),
        }
        Ok(())
    }

    /// Reads a number out of the range of `f64`: as its text into JSON or a string, else as null.
    pub(super) fn out_of_range(self, text: &str) {
        match self {
            Self::Root(shape) | Self::Field(shape) => {
                out_of_range(shape, text);
            }
            Self::Element(list) => {
                if !out_of_range(list.element(), text) {
                    list.take_back();
                }
            }
            Self::Entry(map, key) => {
                if !out_of_range(map.entry(key.clone()), text) {
                    map.take_back(&key);
                }
            }
        }
    }
}

/// Reads the text of a number, and returns whether the shape accepts it.
fn out_of_range(shape: Shape<'_>, text: &str) -> bool {
    match shape {
        Shape::Optional(optional) => {
            let is_taken = out_of_range(optional.some(), text);
            if !is_taken {
                optional.none();
            }
            is_taken
        }
        Shape::Value(value) => {
            *value = text.into();
            true
        }
        Shape::FromValue(target) => target.set_value(text.into()).is_ok(),
        Shape::Scalar(scalar) => scalar.set(ScalarValue::Text(text)).is_ok(),
        _ => false,
    }
}

impl<'a> Shape<'a> {
    /// What it is called in an error.
    pub(super) fn expected(&self) -> &'static str {
        match self {
            Self::Scalar(scalar) => scalar.expected(),
            Self::List(_) => "a list",
            Self::Object(_) | Self::Fields(_) => "an object",
            Self::Map(_) => "a map",
            Self::Either(either) => either.expected(),
            Self::Optional(_) | Self::Value(_) | Self::FromValue(_) => "any JSON",
        }
    }

    /// Returns the shape that an array is read into.
    pub(super) fn for_list(self) -> Self {
        match self {
            Self::Either(either) => either.list(),
            other => other,
        }
    }

    /// Returns the shape that an object is read into.
    pub(super) fn for_object(self) -> Self {
        match self {
            Self::Either(either) => either.object(),
            other => other,
        }
    }
}

/// Returns the place of a field in the table of names, or the end of the table. The search begins at `next`: servers send
/// fields in an order that is often that of the table.
pub(super) fn place(names: &[&str], next: usize, name: &str) -> usize {
    let (before, after) = names.split_at_checked(next).unwrap_or((names, &[]));
    let position = |names: &[&str]| names.iter().position(|known| *known == name);
    match position(after) {
        Some(place) => before.len() + place,
        None => position(before).unwrap_or(names.len()),
    }
}
