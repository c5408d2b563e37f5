//! Values summed up by time.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::{Query, not_convertible, parameter_date};

/// How long back is looked unless said otherwise.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long the steps are.
#[derive(Clone, Copy)]
enum Step {
    Month,
    Week,
    Day,
    Hour,
    Minute,
}

impl Step {
    /// The step that fits a range.
    fn of(range: SignedDuration) -> Self {
        let days = range.as_hours() / 24;
        match days {
            366.. => Self::Month,
            181.. => Self::Week,
            2.. => Self::Day,
            _ if range.as_hours() > 6 => Self::Hour,
            _ => Self::Minute,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
        }
    }

    /// The beginning of the step that an instant is in.
    fn begin(self, at: DateTime) -> DateTime {
        let date = at.date();
        let hour = Time::midnight().with().hour(at.hour());
        match self {
            Self::Month => date.first_of_month().to_datetime(Time::midnight()),
            Self::Week => {
                let since_monday = i64::from(date.weekday().to_monday_zero_offset());
                date.saturating_sub(since_monday.days()).to_datetime(Time::midnight())
            }
            Self::Day => date.to_datetime(Time::midnight()),
            Self::Hour => date.to_datetime(hour.build().unwrap_or(Time::midnight())),
            Self::Minute => date.to_datetime(hour.minute(at.minute()).build().unwrap_or(Time::midnight())),
        }
    }

    fn after(self, at: DateTime) -> DateTime {
        at.saturating_add(match self {
            Self::Month => 1.month(),
            Self::Week => 1.week(),
            Self::Day => 1.day(),
            Self::Hour => 1.hour(),
            Self::Minute => 1.minute(),
        })
    }
}

/// A metric of a flow or a task by steps of time: one entry a step, also where nothing was measured.
pub(super) fn of_metric(cx: &Context) -> Answer {
    let query = cx.query();
    let now = Timestamp::now();
    let end = date(&query, "endDate")?.unwrap_or(now);
    let start = date(&query, "startDate")?.unwrap_or(end - LOOK_BACK);
    let aggregation = query.first("aggregation").unwrap_or("sum").to_lowercase();
    if start > end {
        return Err(ApiError::illegal_argument("Start date must be before End Date"));
    }
    if !["avg", "min", "max", "sum"].contains(&aggregation.as_str()) {
        return Err(ApiError::illegal_argument(format!("Invalid aggregation: {aggregation}")));
    }
    let name = cx.param("metric");
    let mut values = super::of_path(cx);
    values.retain(|entry| entry.name == name && (start..=end).contains(&entry.timestamp));
    let step = Step::of(end.duration_since(start));
    let zone = TimeZone::UTC;
    let (mut at, last) = (step.begin(zone.to_datetime(start)), zone.to_datetime(end));
    let mut aggregations: Vec<Value> = Vec::new();
    while at <= last {
        let own = values.iter().filter(|entry| step.begin(zone.to_datetime(entry.timestamp)) == at);
        let own: Vec<f64> = own.map(|entry| entry.value).collect();
        let mut entry = json!({"value": aggregate(&own, &aggregation), "date": format!("{at}Z")});
        if !own.is_empty() {
            entry["name"] = json!(name);
        }
        aggregations.push(entry);
        at = step.after(at);
    }
    Reply::json(&json!({"groupBy": step.name(), "aggregations": aggregations}))
}

fn date(query: &Query, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = query.one(name)? else { return Ok(None) };
    let cause = format!("Text '{text}' could not be parsed at index 0");
    parameter_date(text).map(Some).ok_or_else(|| not_convertible(name, text, &cause))
}

fn aggregate(values: &[f64], how: &str) -> f64 {
    let sum: f64 = values.iter().sum();
    let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
    match how {
        _ if values.is_empty() => 0.0,
        "avg" => sum / f64::from(count),
        "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => sum,
    }
}
