//! Types of fields, parameters, bodies and answers, written in the catalogue as short text such as `list<Label>`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The type of a value on the wire.
///
/// In the catalogue's files it is text: `string`, `list<string>`, `list<string?>`, `map<json>`, `page<Execution>`, `Flow`.
/// Names that begin with an upper-case letter are schemas of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number of any kind.
    Double,
    /// A point in time, ISO-8601 with zone.
    Timestamp,
    /// A calendar day.
    Date,
    /// A span of time: ISO-8601 text, or a number of seconds.
    Duration,
    /// Any JSON value.
    Json,
    /// Raw bytes (never within JSON).
    Bytes,
    /// Filters of a search, in the bracket syntax (query parameters only).
    Filters,
    /// A list.
    List(Box<Type>),
    /// A map with text keys.
    Map(Box<Type>),
    /// A page of a search: results, total and what else comes with them; the generic `Page` of the primitives.
    Page(Box<Type>),
    /// A value in a list or a map that may be null.
    Nullable(Box<Type>),
    /// A schema of the catalogue, by its Rust name.
    Ref(String),
}

impl Type {
    /// A list of this type.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// A map to this type.
    #[must_use]
    pub fn map(self) -> Self {
        Self::Map(Box::new(self))
    }

    /// The schema that the type names, within lists, maps and pages too.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        match self {
            Self::Ref(name) => Some(name),
            Self::List(inner) | Self::Map(inner) | Self::Page(inner) | Self::Nullable(inner) => {
                inner.schema()
            }
            _ => None,
        }
    }

    /// Whether an absent value of the type is an empty collection.
    #[must_use]
    pub const fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// The type with each schema name replaced by what `rename` answers.
    #[must_use]
    pub fn renamed(&self, rename: &dyn Fn(&str) -> Type) -> Self {
        match self {
            Self::Ref(name) => rename(name),
            Self::List(inner) => inner.renamed(rename).list(),
            Self::Map(inner) => inner.renamed(rename).map(),
            Self::Page(inner) => Self::Page(Box::new(inner.renamed(rename))),
            Self::Nullable(inner) => Self::Nullable(Box::new(inner.renamed(rename))),
            other => other.clone(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Bool => f.write_str("bool"),
            Self::Int32 => f.write_str("int32"),
            Self::Int64 => f.write_str("int64"),
            Self::Double => f.write_str("double"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Date => f.write_str("date"),
            Self::Duration => f.write_str("duration"),
            Self::Json => f.write_str("json"),
            Self::Bytes => f.write_str("bytes"),
            Self::Filters => f.write_str("filters"),
            Self::List(inner) => write!(f, "list<{inner}>"),
            Self::Map(inner) => write!(f, "map<{inner}>"),
            Self::Page(inner) => write!(f, "page<{inner}>"),
            Self::Nullable(inner) => write!(f, "{inner}?"),
            Self::Ref(name) => f.write_str(name),
        }
    }
}

/// Text that is no type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadType(String);

impl fmt::Display for BadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no type: write string, bool, list<..>, map<..>, page<..> or a schema's name",
            self.0
        )
    }
}

impl std::error::Error for BadType {}

impl FromStr for Type {
    type Err = BadType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner =
            |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>')).map(str::parse);
        if let Some(inner) = inner("list<") {
            return Ok(Self::List(Box::new(inner?)));
        }
        if let Some(inner) = inner("map<") {
            return Ok(Self::Map(Box::new(inner?)));
        }
        if let Some(inner) = inner("page<") {
            return Ok(Self::Page(Box::new(inner?)));
        }
        if let Some(inner) = text.strip_suffix('?') {
            return Ok(Self::Nullable(Box::new(inner.parse()?)));
        }
        Ok(match text {
            "string" => Self::String,
            "bool" => Self::Bool,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "double" => Self::Double,
            "timestamp" => Self::Timestamp,
            "date" => Self::Date,
            "duration" => Self::Duration,
            "json" => Self::Json,
            "bytes" => Self::Bytes,
            "filters" => Self::Filters,
            name if name.starts_with(|first: char| first.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric()) =>
            {
                Self::Ref(name.to_owned())
            }
            _ => return Err(BadType(text.to_owned())),
        })
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_type_are_the_same() {
        for text in
            ["string", "list<map<json>>", "list<string?>", "page<Execution>", "Flow", "map<list<FlowId>>"]
        {
            assert_eq!(text.parse::<Type>().unwrap().to_string(), text);
        }
        assert!("list<".parse::<Type>().is_err());
        assert!("text".parse::<Type>().is_err());
        assert_eq!("page<Execution>".parse::<Type>().unwrap().schema(), Some("Execution"));
    }
}
