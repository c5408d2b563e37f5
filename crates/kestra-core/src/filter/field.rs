//! A field and the ways to compare it.

use super::operation::Operation;
use super::{Condition, Filter, Kind};

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
    ($($(#[$doc:meta])* $name:ident $operation:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(self, value: impl ToString) -> Filter {
            self.compare(Operation::$operation, vec![value.to_string()])
        }
    )*};
}

impl Field {
    pub(super) fn new(name: String, key: Option<String>) -> Self {
        Self { name, key }
    }

    fn compare(self, operation: Operation, values: Vec<String>) -> Filter {
        Filter(Kind::Condition(Condition { field: self.name, key: self.key, operation, values }))
    }

    comparisons! {
        /// Is this value.
        equals Equals;
        /// Is another value.
        not_equals NotEquals;
        /// Is later, or greater.
        greater_than GreaterThan;
        /// Is earlier, or less.
        less_than LessThan;
        /// Is not earlier, not less.
        at_least AtLeast;
        /// Is not later, not greater.
        at_most AtMost;
        /// Begins so.
        starts_with StartsWith;
        /// Ends so.
        ends_with EndsWith;
        /// Has this within.
        contains Contains;
        /// Doesn't have this within (2.0).
        not_contains NotContains;
        /// Matches this regular expression.
        matches Regex;
        /// Is this namespace or one below it.
        prefix Prefix;
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
        self.compare(Operation::IsNotNull, vec![PRESENCE.to_owned()])
    }

    /// Has no value (2.0).
    #[must_use]
    pub fn is_missing(self) -> Filter {
        self.compare(Operation::IsNull, vec![PRESENCE.to_owned()])
    }

    /// Is one of these values, none of which may have a comma.
    #[must_use]
    pub fn is_in<V: ToString>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.compare(Operation::In, values.into_iter().map(|value| value.to_string()).collect())
    }

    /// Is none of these values, none of which may have a comma.
    #[must_use]
    pub fn not_in<V: ToString>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.compare(Operation::NotIn, values.into_iter().map(|value| value.to_string()).collect())
    }
}
