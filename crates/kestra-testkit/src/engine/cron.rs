//! Times of schedules: cron expressions of five fields, six with seconds, or a name (`@daily`). All in UTC.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How many steps a search takes before it gives up: an expression like 31 February has no time.
const STEPS: usize = 20_000;

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A readable cron expression: a bit for each value of a field.
#[derive(Clone, Debug)]
pub(crate) struct Cron {
    second: u64,
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
    /// Whether days of the month and of the week are both given: then either is enough.
    either: bool,
}

impl Cron {
    /// Reads an expression.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            text => text,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, rest) = match fields.as_slice() {
            [second, rest @ ..] if rest.len() == 5 => (field(second, 0, 59, &[])?, rest),
            rest => (1, rest),
        };
        let [minute, hour, day, month, weekday] = rest else { return None };
        let weekdays = field(weekday, 0, 7, DAYS)?;
        let given = |field: &str| !field.starts_with(['*', '?']);
        Some(Self {
            second,
            minute: field(minute, 0, 59, &[])?,
            hour: field(hour, 0, 23, &[])?,
            day: field(day, 1, 31, &[])?,
            month: field(month, 1, 12, MONTHS)?,
            // Sunday is 0 and 7.
            weekday: (weekdays | weekdays >> 7) & 0x7f,
            either: given(day) && given(weekday),
        })
    }

    /// The first time after an instant.
    pub(crate) fn after(&self, at: Timestamp) -> Option<Timestamp> {
        let zone = TimeZone::UTC;
        let mut at: DateTime = zone.to_datetime(at).with().subsec_nanosecond(0).build().ok()?;
        at = at.checked_add(1.second()).ok()?;
        for _ in 0..STEPS {
            let date = at.date();
            if !has(self.month, date.month()) {
                at = date.first_of_month().checked_add(1.month()).ok()?.to_datetime(Time::midnight());
            } else if !self.has_day(date) {
                at = date.tomorrow().ok()?.to_datetime(Time::midnight());
            } else if !has(self.hour, at.hour()) {
                at = at.with().minute(0).second(0).build().ok()?.checked_add(1.hour()).ok()?;
            } else if !has(self.minute, at.minute()) {
                at = at.with().second(0).build().ok()?.checked_add(1.minute()).ok()?;
            } else if !has(self.second, at.second()) {
                at = at.checked_add(1.second()).ok()?;
            } else {
                return zone.to_timestamp(at).ok();
            }
        }
        None
    }

    fn has_day(&self, date: Date) -> bool {
        let day = has(self.day, date.day());
        let weekday = has(self.weekday, date.weekday().to_sunday_zero_offset());
        if self.either { day || weekday } else { day && weekday }
    }
}

fn has(bits: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| bits >> value & 1 == 1)
}

/// The values of a field: lists of values, ranges and steps.
fn field(text: &str, low: u32, high: u32, names: &[&str]) -> Option<u64> {
    let value = |text: &str| -> Option<u32> {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(index) => Some(u32::try_from(index).ok()? + low),
            None => text.parse().ok().filter(|value| (low..=high).contains(value)),
        }
    };
    let mut bits = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (low, high),
            Some((from, to)) => (value(from)?, value(to)?),
            None if step > 1 => (value(range)?, high),
            None => (value(range)?, value(range)?),
        };
        (from..=to).step_by(step).for_each(|value| bits |= 1 << value);
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::Cron;

    fn next(cron: &str, at: &str) -> Option<String> {
        Some(Cron::parse(cron)?.after(at.parse().ok()?)?.to_string())
    }

    #[test]
    fn schedules_have_next_times() {
        let cases = [
            ("0 0 1 1 *", "2026-11-24T06:58:43.5Z", "2027-01-01T00:00:00Z"),
            ("0 0 1 1 *", "2000-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
            ("*/15 9-17 * * MON-FRI", "2026-11-27T17:45:00Z", "2026-11-30T09:00:00Z"),
            ("0 12 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T12:00:00Z"),
            ("30 5 * * 7", "2026-11-24T00:00:00Z", "2026-11-29T05:30:00Z"),
            ("*/20 * * * * *", "2026-11-24T00:00:25Z", "2026-11-24T00:00:40Z"),
            ("@daily", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"),
        ];
        for (cron, at, expected) in cases {
            assert_eq!(next(cron, at).as_deref(), Some(expected), "{cron}");
        }
        assert_eq!(next("0 0 31 2 *", "2026-01-01T00:00:00Z"), None);
        assert_eq!(next("every day", "2026-01-01T00:00:00Z"), None);
    }
}
