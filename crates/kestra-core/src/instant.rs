//! Points in time as servers write them.
//!
//! `jiff` reads them too, and far more forms. Its reader would link all errors that it can name, zones and spans of time into
//! every program: 0.1 MB.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::DATE;
use jiff::Timestamp;

/// Reads a date and a time with `Z` or an offset, such as `2026-01-31T09:00:00.5+01:00[Europe/Paris]`; the name of a zone is
/// passed over. A time before [`Timestamp::MIN`] or after [`Timestamp::MAX`] is read as that bound: servers accept
/// `9999-12-31T23:59:59Z` and years over 9999. `None` for anything else.
pub fn parse(text: &str) -> Option<Timestamp> {
    if let Some((seconds, nanoseconds)) = usual(text.as_bytes()) {
        return Timestamp::new(seconds, nanoseconds).ok();
    }
    let mut rest = Rest(text.as_bytes());
    let days = rest.days()?;
    let (seconds, nanoseconds) = rest.time_of_day()?;
    let offset = rest.offset()?;
    let is_all = matches!(rest.0, [] | [b'[', .., b']']);
    let seconds = days * 86_400 + seconds - offset;
    let outermost = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    is_all.then(|| Timestamp::new(seconds, nanoseconds).unwrap_or(outermost))
}

/// The nanoseconds of the last of so many digits.
const UNITS: [i32; 10] =
    [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

/// Reads the seconds and nanoseconds of a time in the form of servers, `2026-01-31T08:00:00.123456Z`, which is most of what is
/// read. `None` if it has another form or is no time.
fn usual(text: &[u8]) -> Option<(i64, i32)> {
    let (time, rest) = text.split_first_chunk::<19>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = *time else {
        return None;
    };
    let mut is_time = true;
    let mut two = |tens: u8, ones: u8| {
        is_time &= tens.is_ascii_digit() & ones.is_ascii_digit();
        i64::from(tens.wrapping_sub(b'0')) * 10 + i64::from(ones.wrapping_sub(b'0'))
    };
    let year = two(y1, y2) * 100 + two(y3, y4);
    let (month, day) = (two(m1, m2), two(d1, d2));
    let (hours, minutes, seconds) = (two(h1, h2), two(n1, n2), two(s1, s2));
    let digits = match rest {
        b"Z" => &[],
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => digits,
        _ => return None,
    };
    let mut fraction = 0;
    for digit in digits {
        is_time &= digit.is_ascii_digit();
        fraction = fraction * 10 + i32::from(digit.wrapping_sub(b'0'));
    }
    if !is_time || year == 9999 || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some((
        days(year, month, day)? * 86_400 + hours * 3600 + minutes * 60 + seconds,
        fraction * UNITS[digits.len()],
    ))
}

/// Returns the days since 1970 of a date, or `None` if the month doesn't have the day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = || year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap() => 29,
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

/// Returns a date and time with exactly three digits of a fraction of a second, as some servers read no other; the rest is
/// cut. `None` if the text needs no change, or is not a date and time.
pub(crate) fn to_milliseconds(text: &str) -> Option<String> {
    let (_, fraction) = text.split_once(['.', ','])?;
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 3 && !text.contains(',') {
        return None;
    }
    parse(text).map(|date| format!("{date:.3}"))
}

/// The point in time so long ago; 1970 at the earliest.
#[allow(clippy::disallowed_methods, reason = "servers compare it with dates of the wall clock")]
pub fn ago(time: Duration) -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let nanoseconds = i128::try_from(now.as_nanos()).unwrap_or_default();
    earlier(Timestamp::from_nanosecond(nanoseconds).unwrap_or_default(), time).max(Timestamp::UNIX_EPOCH)
}

/// The point in time so long before another; the earliest that there is, if that is too long.
pub fn earlier(than: Timestamp, by: Duration) -> Timestamp {
    let by = i128::try_from(by.as_nanos()).unwrap_or(i128::MAX);
    Timestamp::from_nanosecond(than.as_nanosecond().saturating_sub(by)).unwrap_or(Timestamp::MIN)
}

/// Returns the `Date` of a response, which is in whole seconds.
#[must_use]
pub fn of_headers(headers: &HeaderMap) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    Timestamp::try_from(date).ok()
}

/// What is not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// The next byte, if it is one of these.
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !bytes.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }

    /// As many digits as there are up to `most`, as a number and how many there were.
    fn digits(&mut self, most: usize) -> (i64, usize) {
        let mut number = 0;
        let mut count = 0;
        while count < most
            && let Some((digit @ b'0'..=b'9', rest)) = self.0.split_first()
        {
            number = number * 10 + i64::from(digit - b'0');
            count += 1;
            self.0 = rest;
        }
        (number, count)
    }

    /// Two digits.
    fn two(&mut self) -> Option<i64> {
        match self.digits(2) {
            (number, 2) => Some(number),
            _ => None,
        }
    }

    /// Days since 1970 of `2026-01-31`.
    fn days(&mut self) -> Option<i64> {
        let sign = if self.one_of(b"+-") == Some(b'-') { -1 } else { 1 };
        // Java writes at most nine digits.
        let (year, 4..) = self.digits(10) else { return None };
        let year = sign * year;
        self.one_of(b"-")?;
        let month = self.two()?;
        self.one_of(b"-")?;
        let day = self.two()?;
        days(year, month, day)
    }

    /// Reads the seconds since midnight, and the nanoseconds, of `T09:00:00.5`, `T09:00:00` or `T09:00`.
    fn time_of_day(&mut self) -> Option<(i64, i32)> {
        self.one_of(b"Tt ")?;
        let hours = self.two()?;
        self.one_of(b":")?;
        let minutes = self.two()?;
        let (seconds, nanoseconds) = match self.one_of(b":") {
            Some(_) => (self.two()?, self.fraction()?),
            None => (0, 0),
        };
        let is_time = hours < 24 && minutes < 60 && seconds <= 60;
        // A leap second is the one before it.
        is_time.then_some((hours * 3600 + minutes * 60 + seconds.min(59), nanoseconds))
    }

    /// Reads the nanoseconds of a fraction, if there is one.
    fn fraction(&mut self) -> Option<i32> {
        if self.one_of(b".,").is_none() {
            return Some(0);
        }
        match self.digits(9) {
            (_, 0) => None,
            (number, count) => i32::try_from(number * 10_i64.pow(9 - count as u32)).ok(),
        }
    }

    /// Seconds of an offset: `Z`, `+01`, `+0100`, `+01:00` or `+01:00:00`.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let mut seconds = self.two().filter(|hours| *hours < 24)? * 3600;
        // Either all parts are separated by colons, or none.
        let has_colons = self.0.starts_with(b":");
        for unit in [60, 1] {
            let has_more = match has_colons {
                true => self.one_of(b":").is_some(),
                false => self.0.first().is_some_and(u8::is_ascii_digit),
            };
            if !has_more {
                break;
            }
            seconds += self.two().filter(|part| *part < 60)? * unit;
        }
        Some(sign * seconds)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::{ago, earlier, parse, to_milliseconds};

    #[test]
    fn a_fraction_has_three_digits_or_none() {
        for (text, written) in [
            ("2026-01-31T08:00:00Z", None),
            ("2026-01-31T08:00:00.123Z", None),
            ("2026-01-31T08:00:00.5Z", Some("2026-01-31T08:00:00.500Z")),
            ("2026-01-31T08:00:00.123456789Z", Some("2026-01-31T08:00:00.123Z")),
            ("2026-01-31T09:00:00.9999+01:00", Some("2026-01-31T08:00:00.999Z")),
            ("1969-12-31T23:59:59.25Z", Some("1969-12-31T23:59:59.250Z")),
            ("yesterday.5", None),
        ] {
            assert_eq!(to_milliseconds(text).as_deref(), written, "{text}");
        }
    }

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
    fn a_time_that_is_too_far_is_the_last_or_the_first() {
        for text in [
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.999999999-18:00",
            "+12000-01-01T00:00:00Z",
            "999999-01-31T08:00:00Z",
            "+1000000000-12-31T23:59:59.999999999Z",
            "9999999999-12-31T23:59Z",
        ] {
            assert_eq!(parse(text), Some(Timestamp::MAX), "{text}");
        }
        for text in
            ["-9999-01-01T00:00:00Z", "-1000000000-01-01T00:00:00Z", "-9999999999-01-01T00:00:00+18:00"]
        {
            assert_eq!(parse(text), Some(Timestamp::MIN), "{text}");
        }
        assert_eq!(parse("9999-12-30T22:00:00Z"), Some(Timestamp::MAX - Duration::from_nanos(999_999_999)));
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
            "2026-01-31T08:00.5Z",
            "2026-01-31T08:00:00.1234567890Z",
            "2026-01-31T08:00:00:00Z",
            "2026-01-31T08:00:00+1",
            "2026-01-31T08:00:00+24:00",
            "2026-01-31T08:00:00+01:60",
            "2026-01-31T08:00:00+01:0030",
            "2026-01-31T08:00:00+0100:30",
            "2026-01-31T08:00:00+01:",
            "2026-01-31T08:00:00[Europe/Paris]",
            "2026-01-31T08:00:00Z[UTC",
            "26-01-31T08:00:00Z",
            "2026-+1-31T08:00:00Z",
            "99999999999-01-31T08:00:00Z",
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
