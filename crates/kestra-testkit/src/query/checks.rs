//! Values of filters: which are wrong, and how the server says so.

use jiff::{SignedDuration, Span, Timestamp};

use super::{Comparison, Filter};
use crate::http::ApiError;

/// The states that an execution can be in.
pub(crate) const STATES: &[&str] = &[
    "CREATED",
    "RUNNING",
    "PAUSED",
    "RESTARTED",
    "KILLING",
    "SUCCESS",
    "WARNING",
    "FAILED",
    "KILLED",
    "CANCELLED",
    "QUEUED",
    "RETRYING",
    "RETRIED",
    "SKIPPED",
    "BREAKPOINT",
    "SUBMITTED",
    "RESUBMITTED",
];

/// The kinds that an execution can be of.
const KINDS: &[&str] = &["NORMAL", "TEST", "PLAYGROUND", "LOOP"];

/// The levels of a log, from low to high.
pub(crate) const LEVELS: &[&str] = &["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];

/// Refuses a value that the server can't read.
pub(crate) fn check_value(filter: &Filter) -> Result<(), ApiError> {
    let values = match filter.op {
        Comparison::IN | Comparison::NOT_IN => filter.list(),
        _ => vec![filter.value.clone()],
    };
    for value in values {
        match filter.field {
            "state" => constant(&value, STATES, "io.kestra.core.models.flows.State.Type")?,
            "level" => constant(&value, LEVELS, "org.slf4j.event.Level")?,
            "scope" => scope(&value)?,
            "childFilter" => {
                constant(
                    &value,
                    &["CHILD", "MAIN"],
                    "io.kestra.core.repositories.ExecutionRepositoryInterface.ChildFilter",
                )?;
            }
            "kind" if !matches!(filter.op, Comparison::IN | Comparison::NOT_IN) => {
                constant(&value, KINDS, "io.kestra.core.models.executions.ExecutionKind")?
            }
            "startDate" | "endDate" | "created" | "updated" | "expirationDate" | "lastTriggeredDate"
            | "nextExecutionDate"
                if instant(&value).is_none() =>
            {
                return Err(ApiError::internal(format!("Text '{value}' could not be parsed at index 0")));
            }
            "timeRange"
                if matches!(filter.op, Comparison::IN | Comparison::NOT_IN) || duration(&value).is_none() =>
            {
                return Err(ApiError::illegal_argument(format!("Invalid duration: {value}")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn constant(value: &str, allowed: &[&str], class: &str) -> Result<(), ApiError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(ApiError::illegal_argument(format!("No enum constant {class}.{value}")))
}

fn scope(value: &str) -> Result<(), ApiError> {
    match value.split(',').find(|scope| !["USER", "SYSTEM"].contains(&scope.trim())) {
        Some(wrong) => Err(ApiError::illegal_argument(format!("Invalid FlowScope value: {wrong}"))),
        None => Ok(()),
    }
}

/// A date with a zone or an offset.
pub(crate) fn instant(value: &str) -> Option<Timestamp> {
    value.parse::<Timestamp>().ok().or_else(|| {
        // A plus that was sent bare arrives as a blank.
        value.replace(' ', "+").parse().ok()
    })
}

/// A date of a parameter: minutes, or seconds, or milliseconds with exactly three digits, and an offset.
pub(crate) fn parameter(value: &str) -> Option<Timestamp> {
    let (date, rest) = value.split_at_checked("2026-01-02T03:04".len())?;
    let has_minutes = date.chars().zip("dddd-dd-ddTdd:dd".chars()).all(|(c, of)| match of {
        'd' => c.is_ascii_digit(),
        of => c == of,
    });
    let offset = rest.find(['Z', '+', '-'])?;
    let is_digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|c| c.is_ascii_digit());
    let (seconds, fraction) = match rest[..offset].split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (&rest[..offset], None),
    };
    let fits = has_minutes
        && (seconds.is_empty() || seconds.strip_prefix(':').is_some_and(|text| is_digits(text, 2)))
        && fraction.is_none_or(|text| is_digits(text, 3));
    let seconds = if seconds.is_empty() { ":00" } else { seconds };
    let fraction = fraction.map(|text| format!(".{text}")).unwrap_or_default();
    fits.then(|| format!("{date}{seconds}{fraction}{}", &rest[offset..]).parse().ok())?
}

/// An ISO 8601 duration, a day being 24 hours.
pub(crate) fn duration(value: &str) -> Option<SignedDuration> {
    let span: Span = value.parse().ok()?;
    if !value.starts_with(['P', 'p', '-']) {
        return None;
    }
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
}
