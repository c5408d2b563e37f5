//! Spans of time.

use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::temporal::SpanParser;
use kestra_core::internal::json::from_slice;
use kestra_models::IsoDuration;

use super::text;

/// A span of time is what `jiff` reads, if that reads it, and stays what it is when it is written and read again.
pub fn duration(data: &[u8]) {
    let text = text(data);
    let read = IsoDuration::from(text.as_str());
    stays(&read);
    // Years and months have no length.
    let date = text.split(['T', 't']).next().unwrap_or_default();
    if let Ok(span) = SpanParser::new().parse_span(&text)
        && !date.contains(['Y', 'y', 'M', 'm'])
    {
        let theirs = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
        assert_eq!(read.to_signed(), theirs, "{text}");
    }
    if let Some(signed) = read.to_signed() {
        let opposite = match text.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None => format!("-{}", text.strip_prefix('+').unwrap_or(&text)),
        };
        assert_eq!(IsoDuration::from(opposite).to_signed(), signed.checked_neg(), "{text}");
        let units: Vec<char> =
            text.chars().filter(char::is_ascii_alphabetic).map(|unit| unit.to_ascii_uppercase()).collect();
        let mut rest = "PWDTHMS".chars();
        assert!(units.iter().all(|unit| rest.any(|known| known == *unit)), "{text} isn't in order");
    }

    if let Ok(number) = from_slice::<IsoDuration>(data) {
        stays(&number);
        let Ok(json) = serde_json::to_vec(&number) else { panic!("{number:?} can't be written") };
        match from_slice::<IsoDuration>(&json) {
            Ok(again) => assert_eq!(format!("{again:?}"), format!("{number:?}")),
            Err(problem) => panic!("{problem}"),
        }
    }
}

fn stays(read: &IsoDuration) {
    let _ = read.to_span();
    assert_eq!(read, &read.clone());
    if let Some(span) = read.to_std() {
        assert_eq!(IsoDuration::from(span).to_std(), Some(span), "{read}");
    }
    if let Some(signed) = read.to_signed() {
        assert_eq!(IsoDuration::from(signed).to_signed(), Some(signed), "{read}");
        assert_eq!(read.to_std(), Duration::try_from(signed).ok(), "{read}");
    }
}
