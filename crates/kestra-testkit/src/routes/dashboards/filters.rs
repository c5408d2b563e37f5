//! Which records a chart counts: its own conditions, and the filters of a request, which take their place.

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

use super::records::Record;
use crate::engine::flow::plain_text;
use crate::engine::time;
use crate::http::ApiError;

/// The types of a chart's conditions.
pub(super) const CONDITIONS: &[&str] = &[
    "CONTAINS",
    "ENDS_WITH",
    "EQUAL_TO",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL_TO",
    "IN",
    "IS_FALSE",
    "IS_NOT_NULL",
    "IS_NULL",
    "IS_TRUE",
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL_TO",
    "NOT_EQUAL_TO",
    "NOT_IN",
    "OR",
    "REGEX",
    "STARTS_WITH",
];

/// The filters of a request that narrow a chart, with the field of the records.
const NARROWING: &[(&str, &str)] =
    &[("namespace", "NAMESPACE"), ("labels", "LABELS"), ("flowId", "FLOW_ID"), ("state", "STATE")];

/// The time that a chart covers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
}

/// The filters of a request. The other fields of the body, such as `startDate`, are read by no server.
pub(super) fn of_request(asked: &Value) -> &[Value] {
    asked.get("filters").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl Window {
    /// The window that filters ask for.
    pub(super) fn of(filters: &[Value]) -> Result<Self, ApiError> {
        let text = |name: &str| {
            let filter =
                filters.iter().find(|filter| filter.get("field").and_then(Value::as_str) == Some(name));
            filter.and_then(|filter| filter.get("value")).and_then(Value::as_str)
        };
        let end = text("endDate").and_then(time::parse_instant);
        let range = text("timeRange").and_then(time::parse_duration);
        let since = range.map(|range| Timestamp::now() - range);
        let start = text("startDate").and_then(time::parse_instant).or(since);
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            return Err(ApiError::illegal_argument("Start date must be before End Date"));
        }
        Ok(Self { start, end })
    }

    /// The window within a dashboard: its default length unless a start is given, and at most its longest.
    pub(super) fn within(self, dashboard: &Value) -> Result<Self, ApiError> {
        let length = |key: &str| {
            let text = dashboard.pointer(&format!("/timeWindow/{key}")).and_then(Value::as_str);
            text.and_then(time::parse_duration)
        };
        let end = self.end.unwrap_or_else(Timestamp::now);
        let start = self.start.or_else(|| length("default").map(|length| end - length));
        if let (Some(start), Some(max)) = (start, length("max"))
            && end.duration_since(start) > max
        {
            return Err(ApiError::illegal_argument("The queried window is larger than the max allowed one."));
        }
        Ok(Self { start, ..self })
    }

    /// Whether a record begins and ends in the window.
    pub(super) fn contains(self, record: &Record) -> bool {
        self.start.is_none_or(|start| record.begin >= start)
            && self.end.is_none_or(|end| record.end.is_some_and(|own| own <= end))
    }
}

/// Whether a record is one that a chart counts under the filters of a request.
pub(super) fn admits(conditions: &[Value], filters: &[Value], record: &Record) -> bool {
    let name = |filter: &Value| filter.get("field").and_then(Value::as_str).unwrap_or_default().to_owned();
    let replaced = |condition: &&Value| {
        let field = name(condition);
        let of_field = NARROWING.iter().find(|(_, own)| *own == field);
        of_field.is_some_and(|(wire, _)| filters.iter().any(|filter| name(filter) == *wire))
    };
    let own = conditions.iter().filter(|condition| !replaced(condition)).all(|one| holds(one, record));
    own && filters.iter().all(|filter| {
        let field = NARROWING.iter().find(|(wire, _)| *wire == name(filter));
        field.is_none_or(|(_, field)| passes(filter, field, record))
    })
}

/// Whether a condition of a chart holds.
pub(super) fn holds(condition: &Value, record: &Record) -> bool {
    let text = |key: &str| condition.get(key).filter(|value| !value.is_null()).map(plain_text);
    let values = || condition.get("values").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let kind = text("type").unwrap_or_default();
    if kind == "OR" {
        return values().iter().any(|one| holds(one, record));
    }
    let own = record.field(&text("field").unwrap_or_default(), text("labelKey").as_deref());
    let asked: Vec<String> = match kind.as_str() {
        "IN" | "NOT_IN" => values().iter().map(plain_text).collect(),
        _ => vec![text("value").unwrap_or_default()],
    };
    compare(&kind, &own, &asked)
}

/// Whether a filter of a request lets a record through.
fn passes(filter: &Value, field: &str, record: &Record) -> bool {
    let value = filter.get("value").unwrap_or(&Value::Null);
    if field == "LABELS" {
        let has = |key: &String, part: &Value| {
            record.labels().iter().any(|(own, value)| own == key && value.contains(&plain_text(part)))
        };
        return match value {
            Value::Object(pairs) => pairs.iter().all(|(key, part)| has(key, part)),
            part => record
                .labels()
                .iter()
                .any(|(key, value)| format!("{key}:{value}").contains(&plain_text(part))),
        };
    }
    let operation = filter.get("operation").and_then(Value::as_str).unwrap_or_default();
    let asked: Vec<String> = match value {
        Value::Array(list) => list.iter().map(plain_text).collect(),
        one if matches!(operation, "IN" | "NOT_IN") => {
            plain_text(one).split(',').map(|part| part.trim().to_owned()).collect()
        }
        one => vec![plain_text(one)],
    };
    let own = record.field(field, None);
    let kind = match operation {
        "EQUALS" => "EQUAL_TO",
        "NOT_EQUALS" => "NOT_EQUAL_TO",
        "PREFIX" => {
            let prefix = asked.first().map(String::as_str).unwrap_or_default();
            let own = plain_text(&own);
            return own == prefix || own.starts_with(&format!("{prefix}."));
        }
        other => other,
    };
    compare(kind, &own, &asked)
}

fn compare(kind: &str, own: &Value, asked: &[String]) -> bool {
    match kind {
        "IS_NULL" => return own.is_null(),
        "IS_NOT_NULL" => return !own.is_null(),
        // As in SQL, no comparison holds for what isn't there.
        _ if own.is_null() => return false,
        _ => {}
    }
    let (text, first) = (plain_text(own), asked.first().map(String::as_str).unwrap_or_default());
    let order = || match (own.as_f64(), first.parse::<f64>().ok()) {
        (Some(own), Some(asked)) => own.partial_cmp(&asked),
        _ => match (time::parse_instant(&text), time::parse_instant(first)) {
            (Some(own), Some(asked)) => Some(own.cmp(&asked)),
            _ => Some(text.as_str().cmp(first)),
        },
    };
    match kind {
        "EQUAL_TO" => order().is_some_and(std::cmp::Ordering::is_eq),
        "NOT_EQUAL_TO" => order().is_some_and(std::cmp::Ordering::is_ne),
        "GREATER_THAN" => order().is_some_and(std::cmp::Ordering::is_gt),
        "GREATER_THAN_OR_EQUAL_TO" => order().is_some_and(std::cmp::Ordering::is_ge),
        "LESS_THAN" => order().is_some_and(std::cmp::Ordering::is_lt),
        "LESS_THAN_OR_EQUAL_TO" => order().is_some_and(std::cmp::Ordering::is_le),
        "IN" => asked.contains(&text),
        "NOT_IN" => !asked.contains(&text),
        "CONTAINS" => text.contains(first),
        "STARTS_WITH" => text.starts_with(first),
        "ENDS_WITH" => text.ends_with(first),
        "REGEX" => Regex::new(first).is_ok_and(|pattern| pattern.is_match(&text)),
        "IS_TRUE" => text == "true",
        "IS_FALSE" => text == "false",
        _ => true,
    }
}
