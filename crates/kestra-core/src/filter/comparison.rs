//! The ways to compare a field.

/// A way to compare a field with the values of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    /// Is the value.
    Equals,
    /// Is another value.
    NotEquals,
    /// Is later, or greater.
    GreaterThan,
    /// Is earlier, or less.
    LessThan,
    /// Is not earlier, not less.
    AtLeast,
    /// Is not later, not greater.
    AtMost,
    /// Is one of the values.
    In,
    /// Is none of the values.
    NotIn,
    /// Starts with the value.
    StartsWith,
    /// Ends with the value.
    EndsWith,
    /// Contains the value.
    Contains,
    /// Does not contain the value.
    NotContains,
    /// Has no value.
    IsNull,
    /// Has any value.
    IsNotNull,
    /// Matches the value as a regular expression.
    Regex,
    /// Is the namespace or one below it.
    Prefix,
}

impl Comparison {
    /// Returns the name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equals => "EQUALS",
            Self::NotEquals => "NOT_EQUALS",
            Self::GreaterThan => "GREATER_THAN",
            Self::LessThan => "LESS_THAN",
            Self::AtLeast => "GREATER_THAN_OR_EQUAL_TO",
            Self::AtMost => "LESS_THAN_OR_EQUAL_TO",
            Self::In => "IN",
            Self::NotIn => "NOT_IN",
            Self::StartsWith => "STARTS_WITH",
            Self::EndsWith => "ENDS_WITH",
            Self::Contains => "CONTAINS",
            Self::NotContains => "NOT_CONTAINS",
            Self::IsNull => "IS_NULL",
            Self::IsNotNull => "IS_NOT_NULL",
            Self::Regex => "REGEX",
            Self::Prefix => "PREFIX",
        }
    }

    /// Returns the comparison of a name on the wire.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|comparison| comparison.name() == name)
    }

    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

const ALL: [Comparison; 16] = [
    Comparison::Equals,
    Comparison::NotEquals,
    Comparison::GreaterThan,
    Comparison::LessThan,
    Comparison::AtLeast,
    Comparison::AtMost,
    Comparison::In,
    Comparison::NotIn,
    Comparison::StartsWith,
    Comparison::EndsWith,
    Comparison::Contains,
    Comparison::NotContains,
    Comparison::IsNull,
    Comparison::IsNotNull,
    Comparison::Regex,
    Comparison::Prefix,
];

/// A set of ways to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparisons(u16);

impl Comparisons {
    /// Creates a set of these comparisons.
    #[must_use]
    pub const fn of(comparisons: &[Comparison]) -> Self {
        let mut bits = 0;
        let mut place = 0;
        while place < comparisons.len() {
            bits |= 1 << comparisons[place] as u16;
            place += 1;
        }
        Self(bits)
    }

    pub(crate) const fn contains(self, comparison: Comparison) -> bool {
        self.0 & (1 << comparison as u16) != 0
    }
}
