//! The fields that a resource can be filtered by: types of the generated tables.

use super::comparison::{Comparison, Comparisons};
use crate::macros::const_setters;
use crate::version::{Version, Versions};

/// The filters of a search or an action by query.
#[derive(Debug)]
#[non_exhaustive]
pub struct FilterResource {
    /// Name of the resource in messages, in the plural.
    pub title: &'static str,
    /// The fields; `None` if servers refuse unknown fields and no list of the fields is public, so that nothing is checked.
    pub fields: Option<&'static [FilterField]>,
    /// The versions that read groups of filters.
    pub groups: Versions,
    /// The query parameters that stand for a filter and have another name or comparison than its field.
    pub parameters: &'static [FilterParameter],
}

/// One field of a resource.
#[derive(Debug)]
#[non_exhaustive]
pub struct FilterField {
    /// Name on the wire.
    pub name: &'static str,
    /// Whether any entry of the field is compared, instead of the entry of a key.
    pub any_entry: bool,
    /// The comparisons, by version.
    pub compared: &'static [(Versions, Comparisons)],
    /// What to use on versions that lack the field.
    pub instead: Option<&'static str>,
    /// A comparison that servers before some version have another name for: the newer name, the older, and the first version
    /// with the newer.
    pub renamed: Option<(Comparison, Comparison, Version)>,
}

/// A query parameter that means the same as a filter.
#[derive(Debug)]
#[non_exhaustive]
pub struct FilterParameter {
    /// The filter's field.
    pub field: &'static str,
    /// How the filter compares it.
    pub comparison: Comparison,
    /// The parameter's name.
    pub parameter: &'static str,
}

impl FilterResource {
    /// Creates a resource whose fields aren't known.
    #[must_use]
    pub const fn new(title: &'static str, groups: Versions, parameters: &'static [FilterParameter]) -> Self {
        Self { title, fields: None, groups, parameters }
    }

    const_setters! {
        some fields: &'static [FilterField];
    }

    /// Returns a field by its name, to compare the entry of a key or `any_entry` of it.
    pub(crate) fn field(&self, name: &str, any_entry: bool) -> Option<&'static FilterField> {
        self.fields?.iter().find(|field| field.name == name && field.any_entry == any_entry)
    }
}

impl FilterField {
    /// Creates a field with its comparisons, by version.
    #[must_use]
    pub const fn new(name: &'static str, compared: &'static [(Versions, Comparisons)]) -> Self {
        Self { name, any_entry: false, compared, instead: None, renamed: None }
    }

    const_setters! {
        mark any_entry;
        some instead: &'static str;
    }

    /// Sets a comparison that servers before `since` have another name for.
    #[must_use]
    pub const fn renamed(mut self, newer: Comparison, older: Comparison, since: Version) -> Self {
        self.renamed = Some((newer, older, since));
        self
    }

    /// Returns the ranges of versions that know this comparison of the field.
    pub(crate) fn versions(&self, comparison: Comparison) -> impl Iterator<Item = Versions> {
        let known = self.compared.iter().filter(move |(_, comparisons)| comparisons.contains(comparison));
        known.map(|(versions, _)| *versions)
    }

    /// Returns whether every version knows this comparison of the field.
    pub(crate) fn is_known_everywhere(&self, comparison: Comparison) -> bool {
        self.versions(comparison).any(Versions::is_all)
    }

    /// Returns whether a version knows this comparison of the field.
    pub(crate) fn is_known(&self, comparison: Comparison, version: Version) -> bool {
        self.versions(comparison).any(|versions| versions.contains(version))
    }
}

impl FilterParameter {
    /// Creates a parameter that means the same as a filter.
    #[must_use]
    pub const fn new(field: &'static str, comparison: Comparison, parameter: &'static str) -> Self {
        Self { field, comparison, parameter }
    }
}
