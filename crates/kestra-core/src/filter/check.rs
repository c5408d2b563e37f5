//! Single conditions that no server reads as they are meant.

use super::Condition;
use crate::instant;

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

/// Characters that end a line, besides control characters. The pattern that servers read names by doesn't match them, so the
/// whole filter is ignored.
const LINE_ENDS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// What is wrong with a condition.
pub(super) fn condition(condition: &Condition) -> Result<(), String> {
    let Condition { field, key, comparison, values } = condition;
    if field.is_empty() || field.contains(['[', ']']) {
        return Err("the field's name is empty or has a bracket".to_owned());
    }
    if key.as_deref().is_some_and(|key| key.trim().is_empty()) {
        return Err("the key is empty".to_owned());
    }
    if [Some(field), key.as_ref()]
        .into_iter()
        .flatten()
        .any(|name| name.contains(char::is_control) || name.contains(LINE_ENDS))
    {
        return Err(
            "the name has a line break or another control character, and servers ignore such a filter"
                .to_owned(),
        );
    }
    if key.is_none()
        && matches!(field.as_str(), "labels" | "metadata" | "details")
        && !condition.is_any_label()
    {
        return Err("it needs the key of an entry: use `Filter::label(key)`, `Filter::metadata(key)` or \
                    `Filter::detail(key)`"
            .to_owned());
    }
    if values.is_empty() {
        return Err("the list of values is empty, and an empty filter finds everything: remove it".to_owned());
    }
    for value in values {
        if value.is_empty() {
            return Err("the value is empty, and an empty filter finds everything: remove it".to_owned());
        }
        if comparison.is_list() && value.contains([',', '[', ']']) {
            return Err(format!(
                "the value `{value}` of a list can't have a comma or a bracket, which servers read as the list's own"
            ));
        }
        if comparison.is_list() && value.trim() != value {
            return Err(format!(
                "the value `{value}` of a list can't begin or end with a space, as servers remove it"
            ));
        }
        match field.as_str() {
            "timeRange" => range(value)?,
            // What is none of these is no filter, or is read as false.
            "triggerState" => one_of(&TRIGGER_STATES, value)?,
            "locked" | "enabled" | "existingOnly" | "instance_owner" => one_of(&["true", "false"], value)?,
            field if DATES.contains(&field) => date(value)?,
            _ => {}
        }
    }
    Ok(())
}

/// The states of triggers, as servers read them.
const TRIGGER_STATES: [&str; 2] = ["enabled", "disabled"];

fn one_of(known: &[&str], value: &str) -> Result<(), String> {
    if known.iter().any(|known| known.eq_ignore_ascii_case(value)) {
        return Ok(());
    }
    Err(format!("`{value}` is neither `{}`", known.join("` nor `")))
}

fn date(value: &str) -> Result<(), String> {
    match instant::parse(value) {
        Some(_) => Ok(()),
        None => Err(format!(
            "`{value}` is not a date and time with a zone, such as 2026-01-31T08:00:00Z; a `jiff::Timestamp` always is"
        )),
    }
}

fn range(value: &str) -> Result<(), String> {
    if is_duration(value) {
        return Ok(());
    }
    Err(format!("`{value}` is not an ISO 8601 duration above zero, such as PT36H"))
}

/// Whether it is an ISO 8601 duration above zero. `jiff::Span` would tell as well, with 30 kB that nothing else needs.
fn is_duration(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return false,
        Some(halves) => halves,
        None => (rest, ""),
    };
    are_units(date, "YMWD") && are_units(time, "HMS") && rest.contains(|c: char| matches!(c, '1'..='9'))
}

/// Whether each is a number with a unit, and the units are in order. Only seconds have a fraction.
fn are_units(mut text: &str, mut units: &str) -> bool {
    while let Some((number, unit)) =
        text.find(|c: char| c.is_ascii_alphabetic()).map(|end| text.split_at(end))
    {
        let (unit, after) = unit.split_at(1);
        let Some((_, smaller)) = units.split_once(unit) else { return false };
        let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        let are_digits =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) || (unit != "S" && number != whole) {
            return false;
        }
        (text, units) = (after, smaller);
    }
    text.is_empty()
}

/// A date whose zone is named, as one that only has an offset.
pub(super) fn zoned(condition: &Condition) -> Option<String> {
    let [value] = condition.values.as_slice() else { return None };
    if !DATES.contains(&condition.field.as_str()) {
        return None;
    }
    instant::parse(value).map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn a_range_is_a_duration_above_zero() {
        for text in ["PT36H", "P1D", "P1Y2M3W4DT5H6M7.5S", "PT0.5S", "pt1m", "P1M", "PT0H1M"] {
            assert!(is_duration(text), "{text}");
        }
        for text in [
            "", "P", "PT", "P1", "1D", "P1H", "PT1D", "PT0S", "-PT1H", "P-1D", "PT1S1H", "P1D1D", "PT1.5.2S",
            "P1.5D", "PTH", "24h", "P1DT", "PT1é",
        ] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
