//! Points in time as servers write them.
//!
//! `jiff` reads them too, and far more forms. Its reader would link all errors that it can name, zones and spans of time into
//! every program: 0.1 MB.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// Reads a date and a time with `Z` or an offset, such as `2026-01-31T09:00:00.5+01:00[Europe/Paris]`; the name of a zone is
/// passed over. `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let (text, zone) = text.split_once('[').unwrap_or((text, "]"));
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let offset_at = time.find(['Z', 'z', '+', '-'])?;
    let (time, offset) = time.split_at(offset_at);
    if !zone.ends_with(']') {
        return None;
    }
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
    let seconds = days(date)? * 86_400 + clock(time)? - seconds_of(offset)?;
    let nanoseconds = match fraction.len() {
        1..=9 => number(fraction)? * 10_i64.pow(9 - fraction.len() as u32),
        _ => return None,
    };
    Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok()
}

/// The point in time so long ago; 1970 at the earliest.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "servers compare it with dates of the wall clock")]
pub fn ago(time: Duration) -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let nanoseconds = i128::try_from(now.as_nanos()).unwrap_or_default();
    earlier(Timestamp::from_nanosecond(nanoseconds).unwrap_or_default(), time).max(Timestamp::UNIX_EPOCH)
}

/// The point in time so long before another; the earliest that there is, if that is too long.
#[must_use]
pub fn earlier(than: Timestamp, by: Duration) -> Timestamp {
    let by = i128::try_from(by.as_nanos()).unwrap_or(i128::MAX);
    Timestamp::from_nanosecond(than.as_nanosecond().saturating_sub(by)).unwrap_or(Timestamp::MIN)
}

/// Digits alone.
fn number(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Days since 1970 of `2026-01-31`.
fn days(date: &str) -> Option<i64> {
    let (before_common_era, date) = match date.strip_prefix('-') {
        Some(date) => (true, date),
        None => (false, date.strip_prefix('+').unwrap_or(date)),
    };
    let (year, month_and_day) = date.split_once('-')?;
    let (month, day) = month_and_day.split_once('-')?;
    if !(4..=6).contains(&year.len()) || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let year = if before_common_era { -number(year)? } else { number(year)? };
    let (month, day) = (number(month)?, number(day)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March, so that the day of a leap year is their last.
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

/// Seconds since midnight of `09:00:00` or `09:00`.
fn clock(time: &str) -> Option<i64> {
    let mut parts = [0; 3];
    for (at, part) in time.split(':').enumerate() {
        if part.len() != 2 {
            return None;
        }
        *parts.get_mut(at)? = number(part)?;
    }
    let [hours, minutes, seconds] = parts;
    // A leap second is the one before it.
    let is_time = hours < 24 && minutes < 60 && seconds <= 60 && time.len() >= 5;
    is_time.then_some(hours * 3600 + minutes * 60 + seconds.min(59))
}

/// Seconds of an offset: `Z`, `+01`, `+0100`, `+01:00` or `+01:00:00`.
fn seconds_of(offset: &str) -> Option<i64> {
    let (sign, rest) = offset.split_at_checked(1)?;
    let digits = rest.replace(':', "");
    let two = |at: usize| digits.get(at..at + 2).map_or(Some(0), number);
    let seconds = match (sign, digits.len()) {
        ("Z" | "z", 0) => 0,
        ("+" | "-", 2 | 4 | 6) => two(0)? * 3600 + two(2)? * 60 + two(4)?,
        _ => return None,
    };
    Some(if sign == "-" { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::{ago, earlier, parse};

    #[test]
    fn what_servers_write_is_read() {
        for (text, same) in [
            ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
            ("2026-01-31T08:00:00.123456Z", "2026-01-31T08:00:00.123456Z"),
            ("2026-01-31T08:00Z", "2026-01-31T08:00:00Z"),
            ("2026-01-31T09:00:00.5+01:00[Europe/Paris]", "2026-01-31T08:00:00.5Z"),
            ("2024-02-29 23:59:60-0130", "2024-03-01T01:29:59Z"),
            ("1969-12-31T23:59:59.25z", "1969-12-31T23:59:59.25Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("-0044-03-15T12:00:00+00", "-000044-03-15T12:00:00Z"),
        ] {
            assert_eq!(parse(text), Some(same.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_point_in_time_is_refused() {
        for text in [
            "",
            "2026-01-31",
            "2026-01-31T08:00:00",
            "2026-02-29T08:00:00Z",
            "2026-13-01T08:00:00Z",
            "2026-00-01T08:00:00Z",
            "2026-01-00T08:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T08Z",
            "2026-01-31T8:00Z",
            "2026-01-31T08:00:00.Z",
            "2026-01-31T08:00:00.1234567890Z",
            "2026-01-31T08:00:00:00Z",
            "2026-01-31T08:00:00+1",
            "2026-01-31T08:00:00[Europe/Paris]",
            "2026-01-31T08:00:00Z[UTC",
            "26-01-31T08:00:00Z",
            "2026-+1-31T08:00:00Z",
            "999999-01-31T08:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_as_much_earlier_as_it_can_be() {
        let time = Timestamp::from_second(100).unwrap();
        assert_eq!(earlier(time, Duration::from_millis(30_500)), "1970-01-01T00:01:09.5Z".parse().unwrap());
        assert_eq!(earlier(time, Duration::MAX), Timestamp::MIN);
        assert_eq!(ago(Duration::MAX), Timestamp::UNIX_EPOCH);
        assert!((0..60).contains(&(Timestamp::now() - ago(Duration::from_secs(9))).as_secs()));
    }

    proptest! {
        #[test]
        fn any_timestamp_is_read_as_jiff_writes_it(nanoseconds in -377_705_023_201_000_000_000_i128..253_402_207_200_999_999_999) {
            let time = Timestamp::from_nanosecond(nanoseconds).unwrap();
            prop_assert_eq!(parse(&time.to_string()), Some(time));
        }
    }
}
