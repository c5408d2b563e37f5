use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::temporal::SpanParser;
use kestra_core::internal::json::{Read, Scalar, ScalarValue, Shape, TypeMismatch, number};
use serde::ser::{Serialize, Serializer};
use serde_json::Number;

/// A duration as servers send it: ISO 8601 text such as `PT1H30M`, or a number of seconds.
///
/// It keeps what was sent, so nothing is lost; [`to_std`](Self::to_std) computes with it.
///
/// ```
/// use std::time::Duration;
/// use kestra_models::IsoDuration;
///
/// assert_eq!(IsoDuration::from("PT1H30M").to_std(), Some(Duration::from_secs(5400)));
/// assert_eq!(IsoDuration::from("P1DT0.5S").to_std(), Some(Duration::from_millis(86_400_500)));
/// assert_eq!(IsoDuration::from(Duration::from_millis(1500)).to_string(), "PT1.5S");
/// ```
#[derive(Clone, Debug)]
pub struct IsoDuration(Form);

#[derive(Clone, Debug)]
enum Form {
    Text(String),
    Seconds(Number),
}

const NANOS: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * NANOS;

impl IsoDuration {
    /// Returns the text as it was sent, or `None` if it was a number.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Form::Text(text) => Some(text),
            Form::Seconds(_) => None,
        }
    }

    /// Returns the duration, or `None` if it is negative, too long for a `Duration`, or not a duration.
    ///
    /// A day has 24 hours, a week 7 days. Years and months have no fixed length, so a text that names them is `None`:
    /// take [`to_span`](Self::to_span).
    #[must_use]
    pub fn to_std(&self) -> Option<Duration> {
        let nanos = self.nanos().filter(|nanos| *nanos >= 0)?;
        let seconds = u64::try_from(nanos / NANOS).ok()?;
        Some(Duration::new(seconds, u32::try_from(nanos % NANOS).ok()?))
    }

    /// Returns the duration, which may be negative; otherwise as [`to_std`](Self::to_std).
    #[must_use]
    pub fn to_signed(&self) -> Option<SignedDuration> {
        let nanos = self.nanos()?;
        let seconds = i64::try_from(nanos / NANOS).ok()?;
        Some(SignedDuration::new(seconds, i32::try_from(nanos % NANOS).ok()?))
    }

    /// Returns the duration in calendar units, for text with years or months.
    #[must_use]
    pub fn to_span(&self) -> Option<jiff::Span> {
        match &self.0 {
            Form::Text(text) => SpanParser::new().parse_span(text).ok(),
            Form::Seconds(_) => jiff::Span::try_from(self.to_signed()?).ok(),
        }
    }

    fn nanos(&self) -> Option<i128> {
        match &self.0 {
            Form::Text(text) => parse_iso(text),
            Form::Seconds(seconds) => parse_seconds(&seconds.to_string()),
        }
    }
}

/// Nanoseconds of `-P1W2DT3H4M5.6S`; years and months have no length.
fn parse_iso(text: &str) -> Option<i128> {
    let (is_negative, rest) = signed(text);
    let rest = rest.strip_prefix(['P', 'p'])?;
    let (date, time) = match rest.split_once(['T', 't']) {
        Some((_, "")) => return None,
        Some(halves) => halves,
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let date = sum(date, &[('W', 7 * DAY), ('D', DAY)])?;
    let time = sum(time, &[('H', 3600 * NANOS), ('M', 60 * NANOS), ('S', NANOS)])?;
    Some(if is_negative { -(date + time) } else { date + time })
}

/// Returns the sum in nanoseconds of numbers with these units, in this order; each may be missing.
fn sum(mut text: &str, units: &[(char, i128)]) -> Option<i128> {
    let mut total = 0;
    for (name, unit) in units {
        if let Some((number, rest)) = text.split_once(|character: char| character.eq_ignore_ascii_case(name))
        {
            total += parse_decimal(number, *unit)?;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

/// Returns whether a number is negative, and the number without its sign.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Returns the nanoseconds of a JSON number of seconds. A number with an exponent is read as a float.
fn parse_seconds(text: &str) -> Option<i128> {
    if text.contains(['e', 'E']) {
        return Some((number(text)? * NANOS as f64) as i128);
    }
    parse_decimal(text, NANOS)
}

/// Returns `text * unit` for a decimal number, exact to the nanosecond.
fn parse_decimal(text: &str, unit: i128) -> Option<i128> {
    let (is_negative, digits) = signed(text);
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || whole.starts_with('+') {
        return None;
    }
    let mut total = if whole.is_empty() { 0 } else { i128::from(whole.parse::<u64>().ok()?) * unit };
    let mut scale = unit;
    for digit in fraction.chars() {
        scale /= 10;
        total += i128::from(digit.to_digit(10)?) * scale;
    }
    Some(if is_negative { -total } else { total })
}

impl PartialEq for IsoDuration {
    fn eq(&self, other: &Self) -> bool {
        match (self.nanos(), other.nanos()) {
            (None, None) => self.to_string() == other.to_string(),
            (left, right) => left == right,
        }
    }
}

impl fmt::Display for IsoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Text(text) => f.write_str(text),
            Form::Seconds(number) => write!(f, "PT{number}S"),
        }
    }
}

impl kestra_core::ParameterValue for IsoDuration {
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        with(&self.to_string())
    }
}

impl From<&str> for IsoDuration {
    fn from(text: &str) -> Self {
        Self(Form::Text(text.to_owned()))
    }
}

impl From<String> for IsoDuration {
    fn from(text: String) -> Self {
        Self(Form::Text(text))
    }
}

impl From<Duration> for IsoDuration {
    fn from(duration: Duration) -> Self {
        let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
        let text = match nanos {
            0 => format!("PT{seconds}S"),
            _ => format!("PT{seconds}.{}S", format!("{nanos:09}").trim_end_matches('0')),
        };
        Self(Form::Text(text))
    }
}

impl From<SignedDuration> for IsoDuration {
    fn from(duration: SignedDuration) -> Self {
        let Self(form) = Self::from(duration.unsigned_abs());
        match form {
            Form::Text(text) if duration.is_negative() => Self(Form::Text(format!("-{text}"))),
            form => Self(form),
        }
    }
}

impl From<jiff::Span> for IsoDuration {
    fn from(span: jiff::Span) -> Self {
        Self(Form::Text(span.to_string()))
    }
}

impl Serialize for IsoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Text(text) => serializer.serialize_str(text),
            Form::Seconds(number) => number.serialize(serializer),
        }
    }
}

read_by_shape! { IsoDuration }

impl Read for IsoDuration {
    fn blank() -> Self {
        Self(Form::Text(String::new()))
    }

    fn shape(&mut self) -> Shape<'_> {
        Shape::Scalar(self)
    }
}

impl Scalar for IsoDuration {
    fn set(&mut self, value: ScalarValue<'_>) -> Result<(), TypeMismatch> {
        self.0 = match value {
            ScalarValue::Text(text) => Form::Text(text.to_owned()),
            ScalarValue::Natural(seconds) => Form::Seconds(seconds.into()),
            ScalarValue::Integer(seconds) => Form::Seconds(seconds.into()),
            ScalarValue::Float(seconds) => match Number::from_f64(seconds) {
                Some(number) => Form::Seconds(number),
                None => return Err(TypeMismatch),
            },
            ScalarValue::Null | ScalarValue::Flag(_) => return Err(TypeMismatch),
        };
        Ok(())
    }

    fn expected(&self) -> &'static str {
        "an ISO-8601 duration or a number of seconds"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> Option<i128> {
        IsoDuration::from(text).nanos()
    }

    #[test]
    fn text_is_read() {
        assert_eq!(nanos("PT0.004152071S"), Some(4_152_071));
        assert_eq!(nanos("P2W"), Some(14 * DAY));
        assert_eq!(nanos("-PT1M"), Some(-60 * NANOS));
        assert_eq!(nanos("PT-1.5S"), Some(-1_500_000_000));
        assert_eq!(nanos("P1DT2H3M4,5S"), Some(DAY + 7_384 * NANOS + 500_000_000));
        for bad in [
            "", "P", "PT", "1h", "PT1", "P1H", "PT1D", "PTS", "P1Y", "P1M", "P1DT", "PT1S1H", "PT1H1H",
            "P1D1W", "PT-+1S", "PT1.5.2S", "PT1E2S",
        ] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_are_seconds_and_stay_numbers() {
        for json in ["5400.0", "0.25", "7", "-3"] {
            let duration: IsoDuration = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&duration).unwrap(), json);
        }
        let duration: IsoDuration = serde_json::from_str("5400.0").unwrap();
        assert_eq!(duration, IsoDuration::from("PT1H30M"));
        assert_eq!(duration.to_std(), Some(Duration::from_secs(5400)));
    }

    #[test]
    fn spans_have_years_to_nanoseconds() {
        let text = "P1Y2M3W4DT5H6M7.000000008S";
        let span = IsoDuration::from(text).to_span().unwrap();
        assert_eq!((span.get_years(), span.get_months(), span.get_nanoseconds()), (1, 2, 8));
        assert!(IsoDuration::from(text).to_std().is_none());
    }

    #[test]
    fn durations_become_text() {
        assert_eq!(IsoDuration::from(Duration::from_secs(90)).to_string(), "PT90S");
        assert_eq!(IsoDuration::from(Duration::from_nanos(1)).to_string(), "PT0.000000001S");
        assert_eq!(IsoDuration::from(SignedDuration::from_secs(-90)).to_string(), "-PT90S");
        assert_eq!(
            nanos(&IsoDuration::from(Duration::MAX).to_string()).unwrap(),
            Duration::MAX.as_nanos() as i128
        );
    }
}
