//! Typed filters of searches and by-query actions, in the bracket form that servers read.

use crate::error::Error;

/// One condition, or a group of conditions (2.0).
///
/// ```
/// use kestra_core::Filter;
///
/// let filters = [
///     Filter::namespace().prefix("company"),
///     Filter::label("team").not_equals("data"),
///     Filter::state().is_in(["FAILED", "WARNING"]),
/// ];
/// assert_eq!(filters[0].pairs(), [("filters[namespace][PREFIX]".to_owned(), "company".to_owned())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Condition { field: String, key: Option<String>, operation: Operation, values: Vec<String> },
    Group { all: bool, filters: Vec<Filter> },
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
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
    Regex,
    Prefix,
}

impl Operation {
    const fn name(self) -> &'static str {
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
            Self::Regex => "REGEX",
            Self::Prefix => "PREFIX",
        }
    }

    const fn is_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

/// A field that is about to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a field is no filter before it is compared"]
pub struct Field {
    name: String,
    key: Option<String>,
}

impl Filter {
    /// Any field by its name on the wire, such as `flowId`.
    pub fn field(name: impl Into<String>) -> Field {
        Field { name: name.into(), key: None }
    }

    /// The label with this key.
    pub fn label(key: impl Into<String>) -> Field {
        Field { name: "labels".to_owned(), key: Some(key.into()) }
    }

    /// The namespace.
    pub fn namespace() -> Field {
        Self::field("namespace")
    }

    /// The flow's id.
    pub fn flow_id() -> Field {
        Self::field("flowId")
    }

    /// The state of an execution.
    pub fn state() -> Field {
        Self::field("state")
    }

    /// Full text.
    #[must_use]
    pub fn query(text: impl Into<String>) -> Self {
        Self::field("q").equals(text)
    }

    /// The start of an execution, or the time of a log line.
    pub fn start_date() -> Field {
        Self::field("startDate")
    }

    /// The end of an execution.
    pub fn end_date() -> Field {
        Self::field("endDate")
    }

    /// The level of a log line.
    pub fn level() -> Field {
        Self::field("level")
    }

    /// One of these filters (2.0).
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Kind::Group { all: false, filters: filters.into_iter().collect() })
    }

    /// All of these filters (2.0); at the top level they all hold anyway.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Kind::Group { all: true, filters: filters.into_iter().collect() })
    }

    /// Names and values of the query, not yet percent-encoded.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        self.write(|name, value| pairs.push((name.to_owned(), value.to_owned())));
        pairs
    }

    pub(crate) fn write(&self, mut pair: impl FnMut(&str, &str)) {
        self.write_under("filters", &mut pair);
    }

    fn write_under(&self, path: &str, pair: &mut dyn FnMut(&str, &str)) {
        match &self.0 {
            Kind::Condition { field, key, operation, values } => {
                let mut name = format!("{path}[{field}][{}]", operation.name());
                if let Some(key) = key {
                    name.push('[');
                    name.push_str(key);
                    name.push(']');
                }
                pair(&name, &join(values, *operation));
            }
            Kind::Group { all, filters } => {
                let word = if *all { "and" } else { "or" };
                for (place, filter) in filters.iter().enumerate() {
                    filter.write_under(&format!("{path}[{word}][{place}]"), pair);
                }
            }
        }
    }

    /// Refuses what no server could read as it is meant.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Group { filters, .. } if filters.is_empty() => {
                Err(Error::invalid("filter", "a group has no filters"))
            }
            Kind::Group { filters, .. } => filters.iter().try_for_each(Self::check),
            Kind::Condition { field, key, operation, values } => {
                let name = |problem: &str| Err(Error::invalid(&format!("filter on `{field}`"), problem));
                if field.is_empty() || field.contains(['[', ']']) {
                    return name("the field's name is empty or has a bracket");
                }
                if key.as_deref() == Some("") {
                    return name("the label's key is empty");
                }
                if values.is_empty() {
                    return name("the list of values is empty, and an empty filter finds everything");
                }
                if operation.is_list() && values.iter().any(|value| value.contains([',', '[', ']'])) {
                    return name(
                        "a value of a list can't have a comma or a bracket, which servers read as the list's own",
                    );
                }
                Ok(())
            }
        }
    }
}

/// Lists are decoded a second time by the server.
fn join(values: &[String], operation: Operation) -> String {
    let joined = values.join(",");
    if operation.is_list() && joined.contains(['%', '+']) {
        return joined.replace('%', "%25").replace('+', "%2B");
    }
    joined
}

impl Field {
    fn compare(self, operation: Operation, values: Vec<String>) -> Filter {
        Filter(Kind::Condition { field: self.name, key: self.key, operation, values })
    }

    fn one(self, operation: Operation, value: impl ToString) -> Filter {
        self.compare(operation, vec![value.to_string()])
    }

    /// Is this value.
    #[must_use]
    pub fn equals(self, value: impl Into<String>) -> Filter {
        self.compare(Operation::Equals, vec![value.into()])
    }

    /// Is another value.
    #[must_use]
    pub fn not_equals(self, value: impl Into<String>) -> Filter {
        self.compare(Operation::NotEquals, vec![value.into()])
    }

    /// Is later, or greater.
    #[must_use]
    pub fn greater_than(self, value: impl ToString) -> Filter {
        self.one(Operation::GreaterThan, value)
    }

    /// Is earlier, or less.
    #[must_use]
    pub fn less_than(self, value: impl ToString) -> Filter {
        self.one(Operation::LessThan, value)
    }

    /// Is not earlier, not less.
    #[must_use]
    pub fn at_least(self, value: impl ToString) -> Filter {
        self.one(Operation::AtLeast, value)
    }

    /// Is not later, not greater.
    #[must_use]
    pub fn at_most(self, value: impl ToString) -> Filter {
        self.one(Operation::AtMost, value)
    }

    /// Is one of these values.
    #[must_use]
    pub fn is_in<V: ToString>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.compare(Operation::In, values.into_iter().map(|value| value.to_string()).collect())
    }

    /// Is none of these values.
    #[must_use]
    pub fn not_in<V: ToString>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.compare(Operation::NotIn, values.into_iter().map(|value| value.to_string()).collect())
    }

    /// Begins so.
    #[must_use]
    pub fn starts_with(self, value: impl Into<String>) -> Filter {
        self.compare(Operation::StartsWith, vec![value.into()])
    }

    /// Ends so.
    #[must_use]
    pub fn ends_with(self, value: impl Into<String>) -> Filter {
        self.compare(Operation::EndsWith, vec![value.into()])
    }

    /// Has this within.
    #[must_use]
    pub fn contains(self, value: impl Into<String>) -> Filter {
        self.compare(Operation::Contains, vec![value.into()])
    }

    /// Matches this regular expression.
    #[must_use]
    pub fn matches(self, value: impl Into<String>) -> Filter {
        self.compare(Operation::Regex, vec![value.into()])
    }

    /// Is this namespace or one below it.
    #[must_use]
    pub fn prefix(self, value: impl Into<String>) -> Filter {
        self.compare(Operation::Prefix, vec![value.into()])
    }
}
