//! How long a server asks to be left alone.

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Reads `Retry-After` in seconds or as a date, on 429 and 503 only, as it has another meaning elsewhere.
pub fn read(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are still a very long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    // By the server's clock, if it tells the time: ours may be wrong.
    #[allow(clippy::disallowed_methods, reason = "dates of HTTP are of the wall clock")]
    let now = headers.get(DATE).and_then(date).unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
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
    fn a_date_counts_from_our_clock_where_the_server_tells_no_time() {
        let tomorrow = httpdate::fmt_http_date(SystemTime::now() + Duration::from_hours(24));
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
