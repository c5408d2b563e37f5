//! Every recorded answer decodes, into an operation's type or into our error, and loses nothing on the way.

use std::collections::BTreeMap;

use bytes::Bytes;
use kestra_core::{Error, ErrorResponse, Version};
use kestra_tests::recorded::{Exceptions, Exchange, decode_and_encode, differences, find, load};

#[test]
fn recorded_responses_decode() {
    let mut exceptions = Exceptions::load("response_exceptions.json").unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for exchange in load().unwrap() {
        match judge(&exchange) {
            Ok(kind) => *counts.entry(kind).or_default() += 1,
            Err(problems) => match exceptions.reason(&exchange.name) {
                Some(_) => *counts.entry("listed exceptions").or_default() += 1,
                None => failures.push(format!("{}: {}", exchange.name, problems.join("; "))),
            },
        }
    }
    for (kind, count) in &counts {
        println!("{count:5} {kind}");
    }
    let listed = exceptions.unused();
    assert!(counts.contains_key("JSON answers"), "there are no recordings");
    assert!(failures.is_empty(), "{} answers fail:\n{}", failures.len(), failures.join("\n"));
    assert!(listed.is_empty(), "these are listed as exceptions but pass: {listed:?}");
}

/// What kind of answer it is, if it is read whole.
fn judge(exchange: &Exchange) -> Result<&'static str, Vec<String>> {
    let Some(status) = exchange.response.status else { return Ok("no answer") };
    let Some(body) = &exchange.response.body else { return Ok("no body") };
    if status >= 300 {
        return judge_error(exchange, status).map_err(|problem| vec![problem]);
    }
    let version = exchange.recorded.server_version.parse().unwrap_or(Version::NEWEST);
    let found = find(&exchange.request.method, &exchange.request.path, version);
    let Some(found) = found.first() else { return Ok("answers of no operation that is generated") };
    let operation = found.info.name;
    match body.kind.as_str() {
        // The ping says so of a word without quotes.
        "json" if decode_and_encode(operation, b"null").is_none() => Ok("texts"),
        "json" => {
            let text = body.value.as_deref().unwrap_or_default();
            judge_json(operation, text).map(|()| "JSON answers")
        }
        "base64" if body.decoded.is_some() => {
            judge_json(operation, body.decoded.as_deref().unwrap_or_default()).map(|()| "JSON answers")
        }
        // A webhook answers JSON under the type that its trigger names.
        "text" if decode_and_encode(operation, b"null").is_some() => {
            judge_json(operation, body.value.as_deref().unwrap_or_default())
                .map(|()| "JSON answers of another media type")
        }
        "base64" if is_compressed(exchange) => Ok("compressed answers whose text wasn't kept"),
        "sse" => judge_events(operation, body.value.as_deref().unwrap_or_default()).map(|()| "event streams"),
        "empty" => Ok("empty answers"),
        "omitted" => Ok("answers that were too large to keep"),
        _ => match decode_and_encode(operation, b"null") {
            None => Ok("texts and files"),
            Some(_) => Err(vec![format!("`{operation}` is typed, and the answer is no JSON")]),
        },
    }
}

fn is_compressed(exchange: &Exchange) -> bool {
    exchange.response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-encoding"))
}

fn judge_json(operation: &str, text: &str) -> Result<(), Vec<String>> {
    let original = serde_json::from_str(text).map_err(|error| vec![error.to_string()])?;
    match decode_and_encode(operation, text.as_bytes()) {
        None => Err(vec![format!("`{operation}` has no type, and the answer is JSON")]),
        Some(Err(error)) => Err(vec![format!("`{operation}` doesn't decode: {error}")]),
        Some(Ok(again)) => match differences(&original, &again) {
            found if found.is_empty() => Ok(()),
            found => Err(found),
        },
    }
}

/// The data of every event is of the operation's type; the first, a stub, is as well.
fn judge_events(operation: &str, stream: &str) -> Result<(), Vec<String>> {
    for line in stream.lines() {
        if let Some(data) = line.strip_prefix("data:") {
            judge_json(operation, data.trim_start())?;
        }
    }
    Ok(())
}

fn judge_error(exchange: &Exchange, status: u16) -> Result<&'static str, String> {
    let body = exchange.response.body.as_ref().and_then(|body| body.bytes()).unwrap_or_default();
    let mut response = http::Response::builder().status(status);
    for (name, value) in &exchange.response.headers {
        response = response.header(name, value);
    }
    let (parts, ()) = response.body(()).map_err(|error| error.to_string())?.into_parts();
    let error = Error::from_response(ErrorResponse::new(parts, Bytes::from(body.clone())));
    let said = error.response().and_then(ErrorResponse::json_object);
    let said = said.and_then(|body| body.get("message")?.as_str().map(str::to_owned));
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(json) if json["message"].as_str() == said.as_deref() => Ok("errors of Kestra's shape"),
        Ok(json) => Err(format!("the message is {said:?} in place of {}", json["message"])),
        Err(_) if body.is_empty() => Ok("errors without a body"),
        Err(_) if error.api_message().is_some() => Ok("errors of plain text"),
        Err(_) => Err("the text of the error is lost".to_owned()),
    }
}
