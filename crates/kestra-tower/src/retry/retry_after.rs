//! How long a server asks to be left alone.

use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use kestra_core::instant;

/// `Retry-After` in seconds or as a date; read on 429 and 503 only, since elsewhere it means other things.
pub(super) fn read(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are still a very long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = date(text)?;
    // By the server's clock, if it tells the time: ours may be wrong.
    let now = headers.get(DATE).and_then(|value| date(value.to_str().ok()?));
    let now = now.unwrap_or_else(|| instant::ago(Duration::ZERO).as_second());
    Some(Duration::from_secs(u64::try_from(until - now).unwrap_or(0)))
}

/// Seconds since 1970 of a date in any of the three forms of HTTP.
fn date(text: &str) -> Option<i64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).collect();
    let (day, month, year, time) = match words[..] {
        [_, day, month, year, time, "GMT"] => (day, month, year, time),
        [_, month, day, time, year] => (day, month, year, time),
        _ => return None,
    };
    let century = match year.len() {
        2 if year < "70" => "20",
        2 => "19",
        _ => "",
    };
    let month = MONTHS.find(month).filter(|at| month.len() == 3 && at % 3 == 0)? / 3 + 1;
    let date = instant::parse(&format!("{century}{year}-{month:02}-{day:0>2}T{time}Z"))?;
    Some(date.as_second())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn wait(status: u16, headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        read(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(wait(429, &[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(503, &[("retry-after", " 0 ")]), Some(Duration::ZERO));
        let date = ("date", "Tue, 24 Nov 2026 08:00:00 GMT");
        assert_eq!(
            wait(503, &[date, ("retry-after", "Tue, 24 Nov 2026 08:01:30 GMT")]),
            Some(Duration::from_secs(90))
        );
        assert_eq!(
            wait(503, &[date, ("retry-after", "Tue, 24 Nov 2026 07:00:00 GMT")]),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn a_date_has_one_of_three_forms() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(date(text), Some(784_111_777), "{text}");
        }
        for text in [
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 anF 1994 08:49:37 GMT",
            "06 Nov 1994",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_counts_from_our_clock_where_the_server_tells_no_time() {
        let tomorrow = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_hours(24));
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::try_from(tomorrow).unwrap())]);
        assert!(read(StatusCode::SERVICE_UNAVAILABLE, &headers) > Some(Duration::from_hours(23)));
    }

    #[test]
    fn what_is_no_wait_is_none() {
        for text in ["", "-1", "1.5", "soon", "+3"] {
            assert_eq!(wait(429, &[("retry-after", text)]), None, "{text}");
        }
        assert_eq!(wait(429, &[]), None);
        assert_eq!(wait(202, &[("retry-after", "7")]), None);
        assert_eq!(wait(504, &[("retry-after", "7")]), None);
        let endless = wait(429, &[("retry-after", "99999999999999999999999")]);
        assert_eq!(endless, Some(Duration::from_secs(u64::MAX)));
    }
}
