//! How a field is compared.

/// One way to compare, by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Equals,
    NotEquals,
    GreaterThan,
    LessThan,
    AtLeast,
    AtMost,
    In,
    NotIn,
    StartsWith,
    EndsWith,
    Contains,
    NotContains,
    IsNull,
    IsNotNull,
    Regex,
    Prefix,
}

impl Operation {
    pub(crate) const fn name(self) -> &'static str {
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

    /// The comparison of a name on the wire.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|operation| operation.name() == name)
    }

    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

const ALL: [Operation; 16] = [
    Operation::Equals,
    Operation::NotEquals,
    Operation::GreaterThan,
    Operation::LessThan,
    Operation::AtLeast,
    Operation::AtMost,
    Operation::In,
    Operation::NotIn,
    Operation::StartsWith,
    Operation::EndsWith,
    Operation::Contains,
    Operation::NotContains,
    Operation::IsNull,
    Operation::IsNotNull,
    Operation::Regex,
    Operation::Prefix,
];

/// Several ways to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operations(u16);

impl Operations {
    /// These.
    pub(crate) const fn of(operations: &[Operation]) -> Self {
        let mut bits = 0;
        let mut place = 0;
        while place < operations.len() {
            bits |= 1 << operations[place] as u16;
            place += 1;
        }
        Self(bits)
    }

    /// These and those of another set.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn contains(self, operation: Operation) -> bool {
        self.0 & (1 << operation as u16) != 0
    }
}
