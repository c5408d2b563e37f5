//! What a resource can be filtered by: the form of the facts in the tables.

use super::Condition;
use super::operation::{Operation, Operations};
use crate::version::{Version, Versions};

/// What is searched, with the fields that servers know for it.
#[derive(Debug)]
pub(crate) struct Resource {
    /// What is found, in the plural, as messages say it.
    pub(crate) name: &'static str,
    /// The fields; `None` where servers refuse aloud what they don't know, so that nothing has to be checked here.
    pub(crate) fields: Option<&'static [Rule]>,
}

/// One field of a resource.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) field: &'static str,
    /// Whether it is any entry of the field that is compared, not the one with a key.
    pub(crate) any_entry: bool,
    pub(crate) allowed: &'static [Allowed],
    /// What to use where a version lacks it.
    pub(crate) instead: Option<&'static str>,
}

/// Ways to compare, and the versions that know them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    pub(crate) operations: Operations,
    pub(crate) versions: Versions,
}

impl Allowed {
    /// On all versions.
    pub(crate) const fn always(operations: Operations) -> Self {
        Self { operations, versions: Versions::ALL }
    }

    /// From this version on.
    pub(crate) const fn since(version: Version, operations: Operations) -> Self {
        Self { operations, versions: Versions::since(version) }
    }

    /// Before this version.
    pub(crate) const fn until(version: Version, operations: Operations) -> Self {
        Self { operations, versions: Versions::until(version) }
    }
}

impl Rule {
    pub(crate) const fn new(field: &'static str, allowed: &'static [Allowed]) -> Self {
        Self { field, any_entry: false, allowed, instead: None }
    }

    /// Of any entry of the field.
    pub(crate) const fn of_any_entry(field: &'static str, allowed: &'static [Allowed]) -> Self {
        Self { field, any_entry: true, allowed, instead: None }
    }

    pub(crate) const fn instead(mut self, hint: &'static str) -> Self {
        self.instead = Some(hint);
        self
    }

    /// The ranges of versions that know the field, compared so.
    pub(crate) fn versions(&self, operation: Operation) -> impl Iterator<Item = Versions> {
        self.allowed
            .iter()
            .filter(move |allowed| allowed.operations.contains(operation))
            .map(|it| it.versions)
    }

    /// Whether every version knows the field, compared so.
    pub(crate) fn is_known_everywhere(&self, operation: Operation) -> bool {
        self.versions(operation).any(Versions::is_all)
    }

    /// Whether this version knows the field, compared so.
    pub(crate) fn is_known(&self, operation: Operation, version: Version) -> bool {
        self.versions(operation).any(|versions| versions.contains(version))
    }
}

impl Resource {
    pub(crate) fn rule(&self, condition: &Condition) -> Option<&'static Rule> {
        let any_entry = condition.is_any_label();
        self.fields?.iter().find(|rule| rule.field == condition.field && rule.any_entry == any_entry)
    }
}
