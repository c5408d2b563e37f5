//! Event streams, filters and waits.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use kestra_core::sse::{Decoder, Event, SseError};
use kestra_core::{Body, Filter, Retry, Target};
use kestra_operations::SearchExecutions;
use kestra_tower::RetryLayer;
use percent_encoding::percent_decode_str;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{fields, text};

/// A stream of events reads the same however it is cut into pieces, and as the HTML standard says.
///
/// The first byte is the largest piece; the stream begins after it.
pub fn events(data: &[u8]) {
    let Some((largest, stream)) = data.split_first() else { return };
    let whole = decoded([stream]);
    let pieces = decoded(stream.chunks(usize::from(*largest).max(1)));
    assert_eq!(whole, pieces);
    if let (Ok(events), Ok(text)) = (&whole, std::str::from_utf8(stream)) {
        assert_eq!(*events, by_the_standard(text));
    }
}

fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<(String, String, String)>, String> {
    let mut decoder = Decoder::with_limit(1 << 20);
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(Event { id, event, data, .. })) => events.push((id, event, data)),
                Ok(None) => break,
                // How much was read before depends on the pieces.
                Err(problem @ (SseError::NotUtf8 | SseError::TooLarge { .. })) => {
                    return Err(problem.to_string());
                }
                Err(problem) => return Err(problem.to_string()),
            }
        }
    }
    Ok(events)
}

/// Id, kind and data of the events of a text, read line by line.
fn by_the_standard(text: &str) -> Vec<(String, String, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let (mut id, mut kind, mut data) = (String::new(), String::new(), Vec::new());
    // What has no line end is no line yet.
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    for line in complete.split('\n') {
        if line.is_empty() {
            let kind = std::mem::take(&mut kind);
            if !data.is_empty() {
                events.push((id.clone(), kind, std::mem::take(&mut data).join("\n")));
            }
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => data.push(value),
            "event" => value.clone_into(&mut kind),
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            _ => {}
        }
    }
    if text.is_empty() { Vec::new() } else { events }
}

/// A filter either is refused, or arrives as one key that servers read, with the label and the value that were meant.
///
/// Fields: the key of a label, its value, the value of another field.
pub fn filters(data: &[u8]) {
    let mut fields = fields(data).map(text);
    let (key, value) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let other = fields.next().unwrap_or_default();
    let search = SearchExecutions::new()
        .filter(Filter::label(&key).equals(&value))
        .filter(Filter::flow_id().equals(&other));
    let target = Target::new("http://localhost:8080").version("2.0.0").tenant("main");
    let Ok(request) = search.into_request_for(&target) else { return };
    let label = format!("filters[labels][EQUALS][{key}]");
    let expected = [(label, value), ("filters[flowId][EQUALS]".to_owned(), other)];
    let read: Vec<_> = request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded_text(name), decoded_text(value)))
        .filter(|(name, _)| name.starts_with("filters"))
        .collect();
    assert_eq!(read, expected);
    assert!(!key.is_empty() && !key.contains(['\n', '\r']), "servers ignore the key {key:?}");
}

fn decoded_text(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The wait for a `Retry-After` is within the policy's bounds, and never shorter than the seconds that a server asks for.
///
/// Fields: the header `Retry-After`, the header `Date`.
pub fn retry_after(data: &[u8]) {
    const LONGEST: Duration = Duration::from_secs(3600);
    let mut fields = fields(data);
    let Ok(asked) = HeaderValue::from_bytes(fields.next().unwrap_or_default()) else { return };
    let date = fields.next().and_then(|date| HeaderValue::from_bytes(date).ok());

    let waits = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&waits);
    let policy = Retry::standard().max_attempts(2).max_retry_after(LONGEST).on_retry(move |event| {
        if let Ok(mut waits) = told.lock() {
            waits.push(event.wait);
        }
    });
    let header = asked.clone();
    let service = RetryLayer::new(policy).layer(service_fn(move |_: Request<Body>| {
        let (asked, date) = (header.clone(), date.clone());
        async move {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert(RETRY_AFTER, asked);
            if let Some(date) = date {
                response.headers_mut().insert(DATE, date);
            }
            Ok::<_, Infallible>(response)
        }
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let Ok(runtime) = runtime else { panic!("no runtime") };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = http::Method::HEAD;
    let result = runtime.block_on(service.oneshot(request));
    assert!(result.is_ok_and(|response| response.status() == StatusCode::TOO_MANY_REQUESTS));

    let Ok(waits) = waits.lock() else { panic!("an observer panicked") };
    let seconds = asked.to_str().ok().and_then(|asked| asked.trim().parse::<u64>().ok());
    match (waits.as_slice(), seconds) {
        ([], Some(seconds)) => assert!(seconds > LONGEST.as_secs() || asked.as_bytes().contains(&b'+')),
        ([wait], Some(seconds)) if !asked.as_bytes().contains(&b'+') => {
            assert!(*wait >= Duration::from_secs(seconds) && *wait <= LONGEST);
        }
        ([wait], _) => assert!(*wait <= LONGEST),
        ([], None) => {}
        (waits, _) => panic!("{} retries", waits.len()),
    }
}
