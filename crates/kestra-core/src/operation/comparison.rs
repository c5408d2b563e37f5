//! The ways to compare a field.

/// A way to compare a field with the values of a filter, by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison(&'static str);

impl Comparison {
    /// Is the value.
    pub const EQUALS: Self = Self("EQUALS");
    /// Is another value.
    pub const NOT_EQUALS: Self = Self("NOT_EQUALS");
    /// Is later, or greater.
    pub const GREATER_THAN: Self = Self("GREATER_THAN");
    /// Is earlier, or less.
    pub const LESS_THAN: Self = Self("LESS_THAN");
    /// Is not earlier, not less.
    pub const AT_LEAST: Self = Self("GREATER_THAN_OR_EQUAL_TO");
    /// Is not later, not greater.
    pub const AT_MOST: Self = Self("LESS_THAN_OR_EQUAL_TO");
    /// Is one of the values.
    pub const IN: Self = Self("IN");
    /// Is none of the values.
    pub const NOT_IN: Self = Self("NOT_IN");
    /// Starts with the value.
    pub const STARTS_WITH: Self = Self("STARTS_WITH");
    /// Ends with the value.
    pub const ENDS_WITH: Self = Self("ENDS_WITH");
    /// Contains the value.
    pub const CONTAINS: Self = Self("CONTAINS");
    /// Does not contain the value.
    pub const NOT_CONTAINS: Self = Self("NOT_CONTAINS");
    /// Has no value.
    pub const IS_NULL: Self = Self("IS_NULL");
    /// Has any value.
    pub const IS_NOT_NULL: Self = Self("IS_NOT_NULL");
    /// Matches the value as a regular expression.
    pub const REGEX: Self = Self("REGEX");
    /// Is the namespace or one below it.
    pub const PREFIX: Self = Self("PREFIX");

    /// Creates a comparison from its name on the wire.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Returns the name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }

    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::IN | Self::NOT_IN)
    }
}

/// A set of ways to compare, by their names on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparisons(&'static [&'static str]);

impl Comparisons {
    /// Creates a set of these comparisons.
    #[must_use]
    pub const fn of(names: &'static [&'static str]) -> Self {
        Self(names)
    }

    pub(crate) fn contains(self, comparison: Comparison) -> bool {
        self.0.contains(&comparison.0)
    }
}
