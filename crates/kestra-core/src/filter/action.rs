//! The filters that an action by query may have: a server that ignores a filter acts on everything.
//!
//! The server's version may change from one request to the next, so an action is sent only with filters that every version
//! reads alike or refuses. Any other filter is matched against the rows of a search, and the action is sent by ids.

use super::{Condition, Field, Filter, Kind, rows};
use crate::error::{Error, ErrorKind};
use crate::operation::{Comparison, FilterForms, OperationInfo};

/// How a filter of an action by query is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By the server: every version reads it alike, or refuses it.
    Query,
    /// By the client, on the rows of a search: some version reads it otherwise.
    Rows,
}

/// Returns how a filter of an action is applied, or `None` if it can't be.
///
/// Where it is not known what servers read, no filter is read alike.
pub(super) fn way(info: &OperationInfo, filter: &Filter) -> Option<Way> {
    let forms = info.read_alike.unwrap_or_default();
    let filter = filter.simplest();
    match &filter.0 {
        Kind::Condition(condition) if is_alike(forms, condition) => Some(Way::Query),
        // Servers before 2.0 have no groups, so groups are matched against rows.
        _ if info.by_ids.is_some() && rows::are_comparable(info, filter) => Some(Way::Rows),
        _ if info.read_alike.is_none() => None,
        Kind::Condition(condition) => is_unknown(info, condition).then_some(Way::Query),
        Kind::Group { .. } => all(filter, &|condition| is_alike(forms, condition)).then_some(Way::Query),
    }
}

fn is_alike(forms: &[FilterForms], condition: &Condition) -> bool {
    is_known_alike(forms, condition) && !has_pattern(condition)
}

fn is_known_alike(forms: &[FilterForms], condition: &Condition) -> bool {
    let known = forms.iter().find(|form| form.field == condition.field);
    known.is_some_and(|form| form.comparisons.contains(&condition.comparison.name()))
        && condition.key.as_deref().is_none_or(is_plain)
}

/// Returns whether servers before 2.0 find more than the filter means: to them `%` and `_` in parts of strings stand for any
/// characters.
fn has_pattern(condition: &Condition) -> bool {
    let of_parts = [
        Comparison::STARTS_WITH,
        Comparison::ENDS_WITH,
        Comparison::CONTAINS,
        Comparison::NOT_CONTAINS,
        Comparison::PREFIX,
    ];
    of_parts.contains(&condition.comparison)
        && condition.values.iter().any(|value| value.contains(['%', '_', '\\']))
}

/// Returns whether no version finds less by the filter than it means, so that a search may have it before its rows are compared.
pub(super) fn is_found_by(info: &OperationInfo, filter: &Filter) -> bool {
    let Some(forms) = info.read_alike else {
        // What the search ignores is found in its rows.
        return true;
    };
    let Kind::Condition(condition) = &filter.simplest().0 else { return false };
    is_known_alike(forms, condition)
        && condition.comparison != Comparison::NOT_CONTAINS
        && !condition.values.iter().any(|value| value.contains('\\'))
}

/// Returns whether every version's pattern for names accepts a key.
fn is_plain(key: &str) -> bool {
    key.trim() == key && !key.contains(['[', ']'])
}

/// Returns whether no known version reads this comparison of the field: then all of them refuse it.
fn is_unknown(info: &OperationInfo, condition: &Condition) -> bool {
    let field = info.filters.and_then(|resource| condition.field_of(resource));
    field.is_none_or(|field| field.versions(condition.comparison).next().is_none())
}

fn all(filter: &Filter, holds: &dyn Fn(&Condition) -> bool) -> bool {
    match &filter.0 {
        Kind::Condition(condition) => holds(condition),
        Kind::Group { filters, .. } => filters.iter().all(|filter| all(filter, holds)),
    }
}

/// Refuses a filter that matches everything, on some version or all.
pub(super) fn check(filter: &Filter) -> Result<(), Error> {
    match &filter.0 {
        Kind::Group { filters, .. } => filters.iter().try_for_each(check),
        Kind::Condition(condition) => match problem(condition) {
            Some(problem) => Err(Error::invalid(&format!("filter on `{}`", condition.field), problem)),
            None => Ok(()),
        },
    }
}

fn problem(condition: &Condition) -> Option<&'static str> {
    if condition.values.iter().any(|value| value.trim().is_empty()) {
        return Some("the value is blank, and such a filter matches everything");
    }
    let has_word = |value: &String| value.chars().any(char::is_alphanumeric);
    if condition.field == "q" && !condition.values.iter().all(has_word) {
        return Some("the text has no letter and no digit, and such a filter matches everything");
    }
    None
}

/// Returns the error of a filter that an action can't have.
pub(super) fn refused(info: &OperationInfo, filter: &Filter) -> Error {
    let mut first = filter;
    while let Kind::Group { filters, .. } = &first.0
        && let Some(inner) = filters.iter().find(|inner| way(info, inner).is_none()).or(filters.first())
    {
        first = inner;
    }
    let Kind::Condition(condition) = &first.0 else {
        return Error::invalid("filter", "a group has no filters");
    };
    let (field, comparison) = (&condition.field, condition.comparison.name());
    let by_ids = match (info.by_ids, info.counted_by) {
        (Some(action), Some(search)) => {
            format!("find the ids with `{}` and act on them with `{}`, or ", search.name, action.name)
        }
        _ => String::new(),
    };
    let problem = match info.read_alike {
        Some(_) => format!(
            "versions of Kestra interpret the filter on `{field}` {comparison} differently, and an action must not depend on that: {}, or \
             {by_ids}call `unchecked()` to send it anyway",
            replacement(info, condition),
        ),
        None => format!(
            "not every server may apply the filter on `{field}` {comparison}, and one that ignores it would act on \
             more: {by_ids}call `unchecked()` to send it anyway"
        ),
    };
    Error::new(ErrorKind::Refused, problem)
}

/// Returns the advice on how to express the same, or nearly the same, on every version.
fn replacement(info: &OperationInfo, condition: &Condition) -> String {
    let field = condition.field.as_str();
    let opposite = match (field, condition.values.first().map_or("", String::as_str)) {
        ("scope", "USER") => Some("scope().equals(\"SYSTEM\")"),
        ("scope", "SYSTEM") => Some("scope().equals(\"USER\")"),
        ("childFilter", "CHILD") => Some("child_filter().equals(\"MAIN\")"),
        ("childFilter", "MAIN") => Some("child_filter().equals(\"CHILD\")"),
        _ => None,
    };
    if condition.comparison == Comparison::NOT_EQUALS
        && let Some(opposite) = opposite
    {
        return format!("use `Filter::{opposite}`");
    }
    if info.area == "triggers" && matches!(field, "startDate" | "endDate") {
        return "use `Filter::last_triggered_date()` or `Filter::next_execution_date()` (2.0)".to_owned();
    }
    let forms = info.read_alike.into_iter().flatten();
    match forms.into_iter().find(|form| form.field == condition.field) {
        Some(form) => format!("compare it by {}", form.comparisons.join(", ")),
        None => "leave it out".to_owned(),
    }
}

/// Returns the filters that mean on every version what an old parameter means on 1.x.
pub(crate) fn of_parameter(form: (&str, &'static str), values: Vec<String>) -> Result<Vec<Filter>, Error> {
    let (field, comparison) = (form.0, Comparison::new(form.1));
    if field == "labels" {
        let label = |text: String| match text.split_once(':') {
            Some((key, value)) => Ok(Filter::label(key.trim()).equals(value.trim())),
            None => Err(Error::invalid("labels", format_args!("`{text}` is not of the form `key:value`"))),
        };
        return values.into_iter().map(label).collect();
    }
    if comparison.is_list() {
        return Ok(vec![Field::new(field.to_owned(), None).is_in(values)]);
    }
    let values = if field == "scope" { vec![values.join(",")] } else { values };
    let condition = |value| {
        Filter(Kind::Condition(Condition {
            field: field.to_owned(),
            key: None,
            comparison,
            values: vec![value],
        }))
    };
    Ok(values.into_iter().map(condition).collect())
}

/// Returns whether a parameter that was added by hand looks like a filter of an action but is ignored by some version.
pub(crate) fn is_deceptive(info: &OperationInfo, name: &str) -> bool {
    let is_old =
        info.query_parameters.iter().any(|parameter| parameter.name == name && parameter.filter.is_some());
    let looks_like_filter = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("filters"));
    is_old || (looks_like_filter && !is_well_formed(name))
}

/// Returns whether every version reads a name as that of a filter: `filters[field][OPERATION]`, with a third bracket for a key.
fn is_well_formed(name: &str) -> bool {
    let Some(inner) = name.strip_prefix("filters[").and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    let parts: Vec<&str> = inner.split("][").collect();
    parts.len() >= 2
        && parts.iter().all(|part| {
            !part.trim().is_empty() && !part.contains(['[', ']']) && !part.contains(char::is_control)
        })
        && !name.contains(['\u{2028}', '\u{2029}'])
}
