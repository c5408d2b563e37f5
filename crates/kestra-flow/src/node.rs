//! Values of YAML.

use std::time::Duration;

use crate::{Map, duration};

/// A value of a flow's source: null, a scalar, a list or a map.
///
/// ```
/// use std::time::Duration;
///
/// use kestra_flow::Node;
///
/// assert_eq!(Node::from(3), Node::Integer(3));
/// assert_eq!(Node::from(["a", "b"]).as_list().map(<[_]>::len), Some(2));
/// assert_eq!(Node::from(Duration::from_secs(90)), Node::from("PT1M30S"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Node {
    /// Null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction or an exponent. One that is not finite is written as null, since servers refuse it.
    Float(f64),
    /// A string, which may hold expressions.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A map, which keeps its order.
    Map(Map),
}

impl Node {
    /// Returns whether this is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the boolean, or `None` if the node is something else.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// Returns the whole number, or `None` if the node is something else or the number exceeds 64 bits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Returns the number, whole or not, or `None` if the node is something else.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest number is what a reader of floats expects")]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the string, or `None` if the node is something else.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the items, or `None` if the node is not a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the items to change them, or `None` if the node is not a list.
    #[must_use]
    pub const fn as_list_mut(&mut self) -> Option<&mut Vec<Self>> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the map, or `None` if the node is something else.
    #[must_use]
    pub const fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns the map to change it, or `None` if the node is something else.
    #[must_use]
    pub const fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Writes the node as a YAML document that ends with a line break. Nothing is left out, nulls included.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        crate::write::document(self)
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {
        $(impl From<$integer> for Node {
            fn from(number: $integer) -> Self {
                Self::Integer(i128::from(number))
            }
        })*
    };
}

from_integers!(i8 i16 i32 i64 i128 u8 u16 u32 u64);

#[expect(clippy::as_conversions, reason = "128 bits hold what the size of a pointer does")]
impl From<usize> for Node {
    fn from(number: usize) -> Self {
        Self::Integer(number as i128)
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<f64> for Node {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<f32> for Node {
    /// Takes the shortest decimal number that is this one, so that `0.1` stays `0.1`.
    fn from(number: f32) -> Self {
        Self::Float(number.to_string().parse().unwrap_or_else(|_| f64::from(number)))
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Self {
        Self::String(text.clone())
    }
}

impl From<Duration> for Node {
    /// Writes the duration in ISO 8601, as in `PT1M30S`.
    fn from(duration: Duration) -> Self {
        Self::String(duration::iso(duration))
    }
}

impl<T: Into<Node>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Node>> From<Vec<T>> for Node {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Node>, const N: usize> From<[T; N]> for Node {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Node> + Clone> From<&[T]> for Node {
    fn from(items: &[T]) -> Self {
        items.iter().cloned().collect()
    }
}

impl<T: Into<Node>> FromIterator<T> for Node {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<Map> for Node {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
