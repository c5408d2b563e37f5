//! Single conditions that no server reads as they are meant.

use jiff::Timestamp;
use jiff::fmt::temporal::SpanParser;

use super::Condition;

/// Fields that are points in time.
const DATES: &[&str] = &[
    "startDate",
    "endDate",
    "created",
    "updated",
    "expirationDate",
    "lastTriggeredDate",
    "nextExecutionDate",
    "expired_at",
];

/// What is wrong with a condition.
pub(super) fn condition(condition: &Condition) -> Result<(), String> {
    let Condition { field, key, operation, values } = condition;
    if field.is_empty() || field.contains(['[', ']']) {
        return Err("the field's name is empty or has a bracket".to_owned());
    }
    if key.as_deref().is_some_and(|key| key.trim().is_empty()) {
        return Err("the key is empty".to_owned());
    }
    if key.is_none() && matches!(field.as_str(), "labels" | "metadata" | "details") {
        return Err("it needs the key of an entry: use `Filter::label(key)`, `Filter::metadata(key)` or \
                    `Filter::detail(key)`"
            .to_owned());
    }
    if values.is_empty() {
        return Err("the list of values is empty, and an empty filter finds everything".to_owned());
    }
    for value in values {
        if value.is_empty() {
            return Err("the value is empty, and an empty filter finds everything".to_owned());
        }
        if operation.is_list() && value.contains([',', '[', ']']) {
            return Err(format!(
                "the value `{value}` of a list can't have a comma or a bracket, which servers read as the list's own"
            ));
        }
        match field.as_str() {
            "timeRange" => range(value)?,
            field if DATES.contains(&field) => date(value)?,
            _ => {}
        }
    }
    Ok(())
}

fn date(value: &str) -> Result<(), String> {
    match value.parse::<Timestamp>() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "`{value}` is no date and time with a zone, such as 2026-01-31T08:00:00Z; a `jiff::Timestamp` always is"
        )),
    }
}

fn range(value: &str) -> Result<(), String> {
    match SpanParser::new().parse_span(value) {
        Ok(span) if span.is_positive() => Ok(()),
        _ => Err(format!("`{value}` is no ISO 8601 duration above zero, such as PT36H")),
    }
}

/// A date whose zone is named, as one that only has an offset.
pub(super) fn zoned(condition: &Condition) -> Option<String> {
    let [value] = condition.values.as_slice() else { return None };
    if !DATES.contains(&condition.field.as_str()) {
        return None;
    }
    value.parse::<Timestamp>().ok().map(|date| date.to_string())
}
