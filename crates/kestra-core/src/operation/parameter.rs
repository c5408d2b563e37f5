//! A parameter of an operation's query.

use super::CharacterRule;
use crate::macros::const_setters;
use crate::version::Versions;

/// A query parameter and the versions that read it; other versions ignore it silently.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct QueryParameter {
    /// Name on the wire.
    pub name: &'static str,
    /// The versions that read it.
    pub versions: Versions,
    /// What open-source servers do instead, if only Enterprise Edition reads it.
    pub open_source_ignores: Option<&'static str>,
    /// Characters of a value that some versions misread.
    pub characters: &'static [CharacterRule],
    /// Whether the server parses the value as a URI, so that it is percent-encoded before it becomes part of the query.
    pub is_uri: bool,
    /// The value that is sent for an empty one.
    pub empty_as: Option<&'static str>,
    /// The values that servers know, if they ignore others silently.
    pub known_values: Option<KnownValues>,
    /// The versions that read a date only without a fraction of a second or with one of three digits; `None` for values that are
    /// no dates, and for dates of any fraction.
    pub milliseconds: Option<Versions>,
    /// The field and the comparison of the filter that is sent in its place to servers that read filters.
    pub filter: Option<(&'static str, &'static str)>,
    /// Whether a list of values that is too long for one request line may be sent in several requests, one after the other.
    pub split: bool,
    /// Whether the value names tasks of a flow, separated by commas, and servers ignore a task that the flow doesn't have.
    pub names_tasks: bool,
}

/// The values of a parameter that servers know; see [`QueryParameter::known_values`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KnownValues {
    /// The values on the wire.
    pub values: &'static [&'static str],
    /// What servers do with another value, besides ignoring it.
    pub otherwise: &'static str,
}

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl QueryParameter {
    /// Creates a parameter that every version reads.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self::of(name, Versions::ALL)
    }

    /// Creates a parameter that these versions read.
    #[must_use]
    pub const fn of(name: &'static str, versions: Versions) -> Self {
        Self {
            name,
            versions,
            open_source_ignores: None,
            characters: &[],
            is_uri: false,
            empty_as: None,
            known_values: None,
            milliseconds: None,
            filter: None,
            split: false,
            names_tasks: false,
        }
    }

    const_setters! {
        some open_source_ignores: &'static str;
        some milliseconds: Versions;
        mark split;
        mark names_tasks;
        set characters: &'static [CharacterRule];
        some empty_as: &'static str;
    }

    /// Sets the filter that is sent in place of the parameter.
    #[must_use]
    pub const fn filter(mut self, field: &'static str, comparison: &'static str) -> Self {
        self.filter = Some((field, comparison));
        self
    }

    /// Marks a parameter whose value the server parses as a URI.
    #[must_use]
    pub const fn uri(mut self) -> Self {
        self.is_uri = true;
        self
    }

    /// Sets the only values that servers don't ignore, and what servers do with others.
    #[must_use]
    pub const fn known_values(mut self, values: &'static [&'static str], otherwise: &'static str) -> Self {
        self.known_values = Some(KnownValues { values, otherwise });
        self
    }
}

/// A field and the comparisons of it that every version reads alike or refuses.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FilterForms {
    /// Name of the field on the wire.
    pub field: &'static str,
    /// Names of the comparisons on the wire.
    pub comparisons: &'static [&'static str],
}

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl FilterForms {
    /// Creates a field with its comparisons.
    #[must_use]
    pub const fn new(field: &'static str, comparisons: &'static [&'static str]) -> Self {
        Self { field, comparisons }
    }
}
