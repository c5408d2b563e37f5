//! Schemas: the bodies' types, each the union of what the versions have.

use serde::{Deserialize, Serialize};

use super::types::Type;
use super::versions::Versions;

fn is_false(value: &bool) -> bool {
    !value
}

/// A named type of bodies and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Rust name, unique in the catalogue.
    pub name: String,
    /// Names in the documents, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// What it is.
    pub kind: Kind,
    /// Whether no value in it is ever shown, as any may be a secret: of an open schema.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Whether a request of the catalogue reaches it; computed when the catalogue is loaded.
    #[serde(skip)]
    pub in_requests: bool,
    /// Whether an answer of the catalogue reaches it; computed when the catalogue is loaded.
    #[serde(skip)]
    pub in_answers: bool,
    /// One sentence of documentation in our own words, if there is one.
    #[serde(skip)]
    pub summary: Option<String>,
}

/// What a schema is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A struct of declared fields; what it doesn't declare is skipped.
    Object(Object),
    /// Text of known values; others are kept as they came.
    Enum(Vec<EnumValue>),
    /// A map of anything, with typed accessors for the declared fields: what plugins extend.
    Open(Object),
    /// Another name of a type.
    Alias(Type),
    /// One of several schemas, told apart by a field; kept with what it has.
    Union(Union),
}

/// Declared fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The fields, sorted by wire name.
    #[serde(default)]
    pub fields: Vec<Field>,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name on the wire.
    pub name: String,
    /// Name in Rust, not yet escaped if it is a keyword.
    pub rust: String,
    /// Type of the value.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Whether the documents of all versions that have it require it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// What absence means; given by a correction, else computed when the catalogue is loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// Whether its value is never shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// The versions that have it.
    #[serde(default, skip_serializing_if = "Versions::is_all")]
    pub versions: Versions,
    /// What it means in this schema, in our own words; from the summaries' files.
    #[serde(skip)]
    pub summary: Option<String>,
    /// What fields of its name mean, if it has no summary.
    #[serde(skip)]
    pub default_summary: Option<String>,
}

impl Field {
    /// A field that all versions have and none requires.
    #[must_use]
    pub fn new(name: &str, rust: String, ty: Type) -> Self {
        Self {
            name: name.to_owned(),
            rust,
            ty,
            required: false,
            presence: None,
            sensitive: false,
            versions: Versions::ALL,
            summary: None,
            default_summary: None,
        }
    }

    /// What it means, in this schema or by its name.
    #[must_use]
    pub fn meaning(&self) -> Option<&str> {
        self.summary.as_deref().or(self.default_summary.as_deref())
    }

    /// What absence means.
    ///
    /// Only a schema that no answer reaches has [`Presence::Required`] fields, as a server may leave out anything.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        match self.presence {
            Some(presence) => presence,
            None => Presence::Optional,
        }
    }
}

/// What the absence of a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// A plain value that is always sent, and an argument of the constructor: in requests only.
    Required,
    /// An `Option`.
    Optional,
    /// A list or map that is empty when it is absent or null, and left out when it is empty.
    Collection,
    /// A string or string enum that servers always send. It is empty if one leaves it out, and then left out as well.
    Plain,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// Text on the wire.
    pub name: String,
    /// Name of the variant.
    pub rust: String,
    /// The versions that have it.
    #[serde(default, skip_serializing_if = "Versions::is_all")]
    pub versions: Versions,
    /// What it means, in our own words; from the summaries' files.
    #[serde(skip)]
    pub summary: Option<String>,
}

impl EnumValue {
    /// A value of which nothing more is said.
    #[must_use]
    pub fn new(name: &str, rust: String, versions: Versions) -> Self {
        Self { name: name.to_owned(), rust, versions, summary: None }
    }
}

/// Schemas of which a value is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Union {
    /// Wire name of the field that tells which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<String>,
    /// The schemas, each with the discriminator's value.
    pub members: Vec<Member>,
}

/// A schema within a union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Value of the discriminator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The variant's name.
    pub rust: String,
    /// The schema.
    #[serde(rename = "type")]
    pub ty: Type,
}
