//! Matches filters against the rows of a search, independently of the server's version.

use serde_json::Value;

use super::{Condition, Filter, Kind};
use crate::instant;
use crate::operation::{Comparison, OperationInfo};

/// The part of a row that a field compares.
enum Cell<'a> {
    Text(Option<&'a str>),
    Date(Option<&'a str>),
    Labels(Vec<(&'a str, &'a str)>),
}

/// Returns whether a filter can be matched against the rows of the search for an action.
pub(super) fn are_comparable(info: &OperationInfo, filter: &Filter) -> bool {
    match &filter.0 {
        Kind::Group { filters, .. } => {
            !filters.is_empty() && filters.iter().all(|filter| are_comparable(info, filter))
        }
        Kind::Condition(condition) => {
            let Some(cell) = cell(info.area, condition, &Value::Null) else { return false };
            is_compared(&cell, condition)
        }
    }
}

/// Returns whether a row matches a filter.
pub(super) fn matches(info: &OperationInfo, filter: &Filter, row: &Value) -> bool {
    match &filter.0 {
        Kind::Group { all: true, filters } => filters.iter().all(|filter| matches(info, filter, row)),
        Kind::Group { all: false, filters } => filters.iter().any(|filter| matches(info, filter, row)),
        Kind::Condition(condition) => match cell(info.area, condition, row) {
            Some(Cell::Text(text)) => compares_text(condition, text),
            Some(Cell::Date(date)) => compares_date(condition, date),
            Some(Cell::Labels(labels)) => compares_labels(condition, &labels),
            None => false,
        },
    }
}

/// Returns the part of a row that a condition compares, or `None` for a field that rows don't have in a comparable form.
fn cell<'a>(area: &str, condition: &Condition, row: &'a Value) -> Option<Cell<'a>> {
    let field = condition.field.as_str();
    // A trigger's state has another name before 2.0.
    let state =
        ["state", "triggerContext"].iter().find_map(|name| row.get(*name).filter(|state| !state.is_null()));
    let text = |value: Option<&'a Value>| value.and_then(Value::as_str);
    Some(match (area, field) {
        ("executions" | "flows", "labels") => Cell::Labels(labels(row.get("labels"))),
        ("executions", "state") => Cell::Text(text(row.pointer("/state/current"))),
        ("executions", "startDate") => Cell::Date(text(row.pointer("/state/startDate"))),
        ("executions", "endDate") => Cell::Date(text(row.pointer("/state/endDate"))),
        ("executions", "namespace" | "flowId" | "kind" | "parentId") => Cell::Text(text(row.get(field))),
        ("flows", "namespace") => Cell::Text(text(row.get(field))),
        ("flows", "flowId") => Cell::Text(text(row.get("id"))),
        ("triggers", "namespace" | "flowId" | "triggerId") => {
            Cell::Text(text(state.and_then(|state| state.get(field))))
        }
        ("assets", "metadata") => Cell::Labels(labels(row.get("metadata"))),
        ("assets", "updated") => Cell::Date(text(row.get("updated"))),
        ("assets", "id" | "type" | "namespace") => Cell::Text(text(row.get(field))),
        ("cases", "id" | "namespace" | "severity" | "status") => Cell::Text(text(row.get(field))),
        _ => return None,
    })
}

/// Reads labels from a list of keys and values, or from a map.
fn labels(value: Option<&Value>) -> Vec<(&str, &str)> {
    match value {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|label| Some((label.get("key")?.as_str()?, label.get("value")?.as_str()?)))
            .collect(),
        Some(Value::Object(map)) => {
            map.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
        }
        _ => Vec::new(),
    }
}

/// Comparisons of text and of labels; one that isn't listed here can't be made.
const OF_TEXT: [Comparison; 10] = [
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::IN,
    Comparison::NOT_IN,
    Comparison::STARTS_WITH,
    Comparison::ENDS_WITH,
    Comparison::CONTAINS,
    Comparison::NOT_CONTAINS,
    Comparison::IS_NULL,
    Comparison::IS_NOT_NULL,
];

/// Comparisons of dates.
const OF_DATES: [Comparison; 6] = [
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::GREATER_THAN,
    Comparison::LESS_THAN,
    Comparison::AT_LEAST,
    Comparison::AT_MOST,
];

/// Returns whether the comparison is supported for the part of a row.
fn is_compared(cell: &Cell<'_>, condition: &Condition) -> bool {
    let comparison = condition.comparison;
    match cell {
        Cell::Text(_) => OF_TEXT.contains(&comparison) || comparison == Comparison::PREFIX,
        Cell::Date(_) => OF_DATES.contains(&comparison),
        Cell::Labels(_) if condition.key.is_none() => condition.is_any_label(),
        Cell::Labels(_) => OF_TEXT.contains(&comparison),
    }
}

/// Compares text. A missing value matches only a comparison for absence.
fn compares_text(condition: &Condition, text: Option<&str>) -> bool {
    let Some(text) = text else { return condition.comparison == Comparison::IS_NULL };
    let mut values = condition.values.iter().map(String::as_str);
    match condition.comparison {
        Comparison::NOT_EQUALS | Comparison::NOT_IN => values.all(|value| value != text),
        Comparison::STARTS_WITH => values.all(|value| text.starts_with(value)),
        Comparison::ENDS_WITH => values.all(|value| text.ends_with(value)),
        Comparison::CONTAINS => values.all(|value| text.contains(value)),
        Comparison::NOT_CONTAINS => values.all(|value| !text.contains(value)),
        Comparison::PREFIX => values.all(|value| {
            text.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }),
        Comparison::IS_NOT_NULL => true,
        Comparison::EQUALS | Comparison::IN => values.any(|value| value == text),
        _ => false,
    }
}

fn compares_date(condition: &Condition, date: Option<&str>) -> bool {
    let value = condition.values.first().and_then(|value| instant::parse(value));
    let (Some(date), Some(value)) = (date.and_then(instant::parse), value) else { return false };
    match condition.comparison {
        Comparison::GREATER_THAN => date > value,
        Comparison::LESS_THAN => date < value,
        Comparison::AT_LEAST => date >= value,
        Comparison::AT_MOST => date <= value,
        Comparison::NOT_EQUALS => date != value,
        Comparison::EQUALS => date == value,
        _ => false,
    }
}

fn compares_labels(condition: &Condition, labels: &[(&str, &str)]) -> bool {
    let asked = condition.values.first().map_or("", String::as_str);
    let Some(key) = &condition.key else {
        let within = labels.iter().any(|(key, value)| key.contains(asked) || value.contains(asked));
        return (condition.comparison == Comparison::CONTAINS) == within;
    };
    let mut own = labels.iter().filter(|(known, _)| known == key).map(|(_, value)| *value);
    match condition.comparison {
        Comparison::EQUALS => own.any(|value| value == asked),
        Comparison::IN => own.any(|value| condition.values.iter().any(|asked| asked == value)),
        Comparison::NOT_EQUALS => own.all(|value| value != asked),
        Comparison::NOT_IN => own.all(|value| condition.values.iter().all(|asked| asked != value)),
        Comparison::CONTAINS => own.any(|value| value.contains(asked)),
        Comparison::NOT_CONTAINS => own.all(|value| !value.contains(asked)),
        Comparison::STARTS_WITH => own.any(|value| value.starts_with(asked)),
        Comparison::ENDS_WITH => own.any(|value| value.ends_with(asked)),
        Comparison::IS_NOT_NULL => own.next().is_some(),
        Comparison::IS_NULL => own.next().is_none(),
        _ => false,
    }
}
