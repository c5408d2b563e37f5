//! Instants and durations in the spellings of the server.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};

/// An instant with six fractional digits, as stored things carry it.
pub(crate) fn stored(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// An instant with nine fractional digits, as the answer to a creation carries it on 1.x.
pub(crate) fn fresh(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// An instant with as few groups of three fractional digits as it needs, as a date that a caller gave comes back.
pub(crate) fn shortest(at: Timestamp) -> String {
    let nanos = at.subsec_nanosecond().unsigned_abs();
    let digits = if nanos == 0 {
        0
    } else if nanos.is_multiple_of(1_000_000) {
        3
    } else if nanos.is_multiple_of(1_000) {
        6
    } else {
        9
    };
    format!("{at:.digits$}")
}

/// Cuts an instant to the microseconds that the server's database keeps.
pub(crate) fn truncate(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// Reads an instant with a zone or an offset.
pub(crate) fn parse_instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    // `2026-01-02T03:04:05+01:00[Europe/Paris]`: the offset is enough.
    let (head, _) = text.split_once('[')?;
    head.parse().ok()
}

/// Reads an ISO-8601 duration as the server does: days, hours, minutes, seconds.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let upper = text.trim().to_ascii_uppercase();
    let (negative, rest) = match upper.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, upper.strip_prefix('+').unwrap_or(&upper)),
    };
    let rest = rest.strip_prefix('P')?;
    let (days, clock) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, clock)) => (days, clock),
        None => (rest, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return None;
    }
    let mut nanos: i128 = 0;
    if !days.is_empty() {
        let count: i64 = days.strip_suffix('D')?.parse().ok()?;
        nanos += i128::from(count) * 86_400_000_000_000;
    }
    let mut number = String::new();
    let mut last = 0;
    for letter in clock.chars() {
        let (rank, unit) = match letter {
            'H' => (1, 3_600),
            'M' => (2, 60),
            'S' => (3, 1),
            _ => {
                number.push(letter);
                continue;
            }
        };
        if rank <= last {
            return None;
        }
        last = rank;
        nanos += if rank == 3 {
            seconds_to_nanos(&number)?
        } else {
            i128::from(number.parse::<i64>().ok()?) * unit * 1_000_000_000
        };
        number.clear();
    }
    if !number.is_empty() {
        return None;
    }
    if negative {
        nanos = -nanos;
    }
    let seconds = i64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = i32::try_from(nanos % 1_000_000_000).ok()?;
    Some(SignedDuration::new(seconds, rest))
}

/// Turns `-12.345` into nanoseconds.
fn seconds_to_nanos(text: &str) -> Option<i128> {
    let negative = text.starts_with('-');
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: i128 = whole.parse::<i64>().ok()?.into();
    let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
    let nanos = whole * 1_000_000_000;
    Some(if negative { nanos - fraction } else { nanos + fraction })
}

/// Writes a duration in hours, minutes and seconds, without trailing zeros: `PT1M9.783339S`.
pub(crate) fn write_duration(duration: SignedDuration) -> String {
    let total = duration.as_nanos();
    if total == 0 {
        return "PT0S".to_owned();
    }
    let seconds = total / 1_000_000_000;
    let nanos = total % 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = "PT".to_owned();
    if hours != 0 {
        text.push_str(&format!("{hours}H"));
    }
    if minutes != 0 {
        text.push_str(&format!("{minutes}M"));
    }
    if seconds == 0 && nanos == 0 {
        return text;
    }
    if nanos == 0 {
        text.push_str(&format!("{seconds}S"));
        return text;
    }
    let sign = if total < 0 { "-" } else { "" };
    let fraction = format!("{:09}", nanos.unsigned_abs());
    text.push_str(&format!("{sign}{}.{}S", seconds.unsigned_abs(), fraction.trim_end_matches('0')));
    text
}

/// The time from one instant to another, zero if it would be negative.
pub(crate) fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// Seconds with a fraction, as a stored DURATION input is a number.
pub(crate) fn seconds(duration: SignedDuration) -> f64 {
    duration.as_secs_f64()
}

/// The current instant in microseconds, as stored things carry it.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_go_both_ways() {
        for (text, back) in [
            ("PT1H30M", "PT1H30M"),
            ("pt0.5s", "PT0.5S"),
            ("P1DT1S", "PT24H1S"),
            ("PT90S", "PT1M30S"),
            ("PT0S", "PT0S"),
            ("-PT1.5S", "PT-1.5S"),
        ] {
            assert_eq!(parse_duration(text).map(write_duration).as_deref(), Some(back), "{text}");
        }
        for bad in ["", "90 minutes", "P", "PT", "PT1S1H", "PT1", "1H"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn instants_have_the_digits_that_the_server_writes() {
        let at = parse_instant("2020-01-01T00:00:00.123+02:00").unwrap_or_default();
        assert_eq!(shortest(at), "2019-12-31T22:00:00.123Z");
        assert_eq!(stored(at), "2019-12-31T22:00:00.123000Z");
        assert_eq!(fresh(at), "2019-12-31T22:00:00.123000000Z");
        assert_eq!(parse_instant("tomorrow"), None);
        assert_eq!(parse_instant("2020-01-01T00:00:00"), None);
    }
}
