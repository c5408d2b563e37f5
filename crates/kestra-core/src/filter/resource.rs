//! What a resource can be filtered by: the form of the facts, which the catalogue has.

use super::Condition;
use super::comparison::{Comparison, Comparisons};
use crate::version::{Version, Versions};

/// What a search or an action by query can be filtered by.
#[derive(Debug)]
#[non_exhaustive]
pub struct FilterResource {
    /// What is found, in the plural, as messages say it.
    pub title: &'static str,
    /// The fields; `None` where servers refuse what they don't know and no list of it is public, so that nothing is checked.
    pub fields: Option<&'static [FilterField]>,
    /// The versions that read groups of filters.
    pub groups: Versions,
    /// The query parameters that servers read in place of a filter, where parameter and field are called or compared otherwise.
    pub parameters: &'static [FilterParameter],
}

/// One field of a resource.
#[derive(Debug)]
#[non_exhaustive]
pub struct FilterField {
    /// Name on the wire.
    pub name: &'static str,
    /// Whether any entry of the field is compared, not the one with a key.
    pub any_entry: bool,
    /// The ways to compare it, by version.
    pub compared: &'static [(Versions, Comparisons)],
    /// What to use where a version lacks it.
    pub instead: Option<&'static str>,
    /// A comparison that servers before some version have another name for: the newer name, the older, and the first version
    /// with the newer.
    pub renamed: Option<(Comparison, Comparison, Version)>,
}

/// A query parameter that says what a filter says.
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
    /// A resource whose fields aren't known.
    #[must_use]
    pub const fn new(title: &'static str, groups: Versions, parameters: &'static [FilterParameter]) -> Self {
        Self { title, fields: None, groups, parameters }
    }

    /// Sets the fields.
    #[must_use]
    pub const fn fields(mut self, fields: &'static [FilterField]) -> Self {
        self.fields = Some(fields);
        self
    }

    /// The field that a condition compares.
    pub(super) fn field(&self, condition: &Condition) -> Option<&'static FilterField> {
        let any_entry = condition.is_any_label();
        self.fields?.iter().find(|field| field.name == condition.field && field.any_entry == any_entry)
    }
}

impl FilterField {
    /// A field and the ways to compare it, by version.
    #[must_use]
    pub const fn new(name: &'static str, compared: &'static [(Versions, Comparisons)]) -> Self {
        Self { name, any_entry: false, compared, instead: None, renamed: None }
    }

    /// Has any entry of the field compared.
    #[must_use]
    pub const fn any_entry(mut self) -> Self {
        self.any_entry = true;
        self
    }

    /// Sets what to use where a version lacks it.
    #[must_use]
    pub const fn instead(mut self, hint: &'static str) -> Self {
        self.instead = Some(hint);
        self
    }

    /// Sets a comparison that servers before `since` have another name for.
    #[must_use]
    pub const fn renamed(mut self, newer: Comparison, older: Comparison, since: Version) -> Self {
        self.renamed = Some((newer, older, since));
        self
    }

    /// The ranges of versions that know the field, compared so.
    pub(super) fn versions(&self, comparison: Comparison) -> impl Iterator<Item = Versions> {
        let known = self.compared.iter().filter(move |(_, comparisons)| comparisons.contains(comparison));
        known.map(|(versions, _)| *versions)
    }

    /// Whether every version knows the field, compared so.
    pub(super) fn is_known_everywhere(&self, comparison: Comparison) -> bool {
        self.versions(comparison).any(Versions::is_all)
    }

    /// Whether this version knows the field, compared so.
    pub(super) fn is_known(&self, comparison: Comparison, version: Version) -> bool {
        self.versions(comparison).any(|versions| versions.contains(version))
    }
}

impl FilterParameter {
    /// A parameter that says what a filter says.
    #[must_use]
    pub const fn new(field: &'static str, comparison: Comparison, parameter: &'static str) -> Self {
        Self { field, comparison, parameter }
    }
}
