//! How long a server asks to be left alone.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use kestra_core::{Body, Retry};
use kestra_tower::RetryLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{fields, run};

/// The longest that is waited.
const LONGEST: Duration = Duration::from_secs(3600);

/// The wait for a `Retry-After` is as long as the server says, in seconds or by the dates of its headers; what is longer than may
/// be ends the call.
///
/// Fields: the header `Retry-After`, the header `Date`.
pub fn retry_after(data: &[u8]) {
    let mut fields = fields(data);
    let Ok(asked) = HeaderValue::from_bytes(fields.next().unwrap_or_default()) else { return };
    let date = fields.next().and_then(|date| HeaderValue::from_bytes(date).ok());
    let waits = waits_for(&asked, date.as_ref());
    assert!(waits.len() <= 1 && waits.iter().all(|wait| *wait <= LONGEST), "{waits:?}");
    let Some(meant) = meant(&asked, date.as_ref()) else { return };
    match waits.first() {
        None => assert!(meant > LONGEST, "{asked:?} since {date:?} is {meant:?}"),
        Some(wait) => assert!(*wait >= meant, "{asked:?} since {date:?} is {meant:?}, and it waits {wait:?}"),
    }
}

/// What a server means that writes as RFC 9110 wants it.
fn meant(asked: &HeaderValue, date: Option<&HeaderValue>) -> Option<Duration> {
    let asked = asked.to_str().ok()?.trim();
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(asked.parse().unwrap_or(u64::MAX)));
    }
    let time = |text: &str| {
        let time = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        // Names of days and months are in these letters only.
        let written = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()?;
        (written == text.trim() && time.as_second() >= 0).then_some(time)
    };
    let (until, now) = (time(asked)?, time(date?.to_str().ok()?)?);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

fn waits_for(asked: &HeaderValue, date: Option<&HeaderValue>) -> Vec<Duration> {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&waits);
    let policy = Retry::standard().max_attempts(2).max_retry_after(LONGEST).on_retry(move |event| {
        told.lock().unwrap_or_else(PoisonError::into_inner).push(event.wait);
    });
    let (asked, date) = (asked.clone(), date.cloned());
    let service = RetryLayer::new(policy).layer(service_fn(move |_: Request<Body>| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(RETRY_AFTER, asked.clone());
        if let Some(date) = &date {
            response.headers_mut().insert(DATE, date.clone());
        }
        async move { Ok::<_, Infallible>(response) }
    }));
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::HEAD;
    let result = run(service.oneshot(request));
    assert!(result.is_ok_and(|response| response.status() == StatusCode::TOO_MANY_REQUESTS));
    let waits = waits.lock().unwrap_or_else(PoisonError::into_inner);
    waits.clone()
}
