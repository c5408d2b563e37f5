//! A field and the ways to compare it.

use super::{Condition, Filter, Kind};
use crate::operation::Comparison;

/// A field that is about to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a field is no filter before it is compared"]
pub struct Field {
    name: String,
    key: Option<String>,
}

/// What stands for the value where there is nothing to compare with: no server reads it.
const PRESENCE: &str = "true";

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $comparison:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(self, value: impl ToString) -> Filter {
            self.compare(Comparison::$comparison, vec![value.to_string()])
        }
    )*};
}

impl Field {
    pub(super) fn new(name: String, key: Option<String>) -> Self {
        Self { name, key }
    }

    /// Compares by the name on the wire, for a comparison that has no method here.
    ///
    /// The name is that of Kestra's `QueryFilter.Op`, such as `EQUALS`. A comparison that no known version has for the field is
    /// refused before it is sent.
    #[must_use]
    pub fn compared_by(self, name: &'static str, value: impl ToString) -> Filter {
        self.compare(Comparison::new(name), vec![value.to_string()])
    }

    fn compare(self, comparison: Comparison, values: Vec<String>) -> Filter {
        // Servers before 2.0 read `EQUALS` of a level as "at least this level".
        let comparison = match comparison {
            Comparison::EQUALS if self.name == "level" => Comparison::AT_LEAST,
            comparison => comparison,
        };
        Filter(Kind::Condition(Condition { field: self.name, key: self.key, comparison, values }))
    }

    comparisons! {
        /// Is this value.
        equals EQUALS;
        /// Is another value. What has none isn't found, except by a label.
        not_equals NOT_EQUALS;
        /// Is later, or greater.
        greater_than GREATER_THAN;
        /// Is earlier, or less.
        less_than LESS_THAN;
        /// Is not earlier, not less.
        at_least AT_LEAST;
        /// Is not later, not greater.
        at_most AT_MOST;
        /// Begins so.
        starts_with STARTS_WITH;
        /// Ends so.
        ends_with ENDS_WITH;
        /// Has this within.
        contains CONTAINS;
        /// Doesn't have this within (2.0).
        not_contains NOT_CONTAINS;
        /// Matches this regular expression.
        matches REGEX;
        /// Is this namespace or one below it.
        prefix PREFIX;
    }

    /// Has any value (2.0).
    ///
    /// ```
    /// use kestra_core::Filter;
    ///
    /// let filter = Filter::label("team").exists();
    /// assert_eq!(filter.pairs(), [("filters[labels][IS_NOT_NULL][team]".to_owned(), "true".to_owned())]);
    /// ```
    #[must_use]
    pub fn exists(self) -> Filter {
        self.compare(Comparison::IS_NOT_NULL, vec![PRESENCE.to_owned()])
    }

    /// Has no value (2.0).
    #[must_use]
    pub fn is_missing(self) -> Filter {
        self.compare(Comparison::IS_NULL, vec![PRESENCE.to_owned()])
    }

    /// Is one of these values, none of which may have a comma.
    ///
    /// Servers read the values of a label, or of anything else with a key, as one. Several of them are said as a group, which is
    /// of 2.0, and may have commas.
    ///
    /// ```
    /// use kestra_core::Filter;
    ///
    /// let pairs = Filter::label("team").is_in(["data", "ops"]).pairs();
    /// assert_eq!(pairs[1], ("filters[or][1][labels][EQUALS][team]".to_owned(), "ops".to_owned()));
    /// ```
    #[must_use]
    pub fn is_in<V: ToString>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.list(Comparison::IN, values.into_iter().map(|value| value.to_string()).collect())
    }

    /// Is none of these values, none of which may have a comma.
    ///
    /// What has no value isn't found, except by a label. Of a label, or of anything else with a key, as
    /// [`is_in`](Self::is_in).
    #[must_use]
    pub fn not_in<V: ToString>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.list(Comparison::NOT_IN, values.into_iter().map(|value| value.to_string()).collect())
    }

    fn list(self, comparison: Comparison, values: Vec<String>) -> Filter {
        if self.key.is_none() {
            return self.compare(comparison, values);
        }
        let is_any = comparison == Comparison::IN;
        let each = if is_any { Comparison::EQUALS } else { Comparison::NOT_EQUALS };
        let filters = values.into_iter().map(|value| self.clone().compare(each, vec![value])).collect();
        Filter(Kind::Group { all: !is_any, filters })
    }
}
