//! Requests as they were sent, over a connection of their own.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpStream;

use super::ids::Ids;
use super::recording::{Recording, RequestBody};

pub(crate) const USER: &str = "admin@kestra.io";
pub(crate) const PASSWORD: &str = "Admin1234!";

/// What went out as it was in names and values of a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'[')
    .remove(b']')
    .remove(b':')
    .remove(b',');

/// How long a stream may be silent before we leave it.
const SILENCE: Duration = Duration::from_millis(600);
/// How long a whole answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// Sends a recorded request with our ids; `None` if the connection broke.
pub(crate) async fn send(address: std::net::SocketAddr, recording: &Recording, ids: &Ids) -> Option<Answer> {
    let request = &recording.request;
    let target = match &request.target {
        Some(target) => ids.translate(target),
        None => target_of(&request.path, &request.query, ids),
    };
    let mut builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(target)
        .header("host", address.to_string());
    for (name, value) in &request.headers {
        builder = builder.header(name, ids.translate(value));
    }
    if let Some(value) = authorization(&request.auth) {
        builder = builder.header("authorization", value);
    }
    let body = request.body.as_ref().map(|body| body_of(body, ids)).unwrap_or_default();
    let body: UnsyncBoxBody<Bytes, std::convert::Infallible> = if request.chunked {
        let frames = futures_util::stream::iter([Ok(Frame::data(body))]);
        StreamBody::new(frames).boxed_unsync()
    } else {
        Full::new(body).boxed_unsync()
    };
    exchange(address, builder.body(body).ok()?).await
}

/// Sends a request of our own.
pub(crate) async fn ask(
    address: std::net::SocketAddr,
    method: &str,
    target: &str,
    media_type: Option<&str>,
    body: &str,
) -> Option<Answer> {
    ask_with(address, method, target, media_type, &[], body).await
}

/// The same with more headers.
pub(crate) async fn ask_with(
    address: std::net::SocketAddr,
    method: &str,
    target: &str,
    media_type: Option<&str>,
    headers: &[(String, String)],
    body: &str,
) -> Option<Answer> {
    let mut builder = http::Request::builder().method(method).uri(target).header("host", address.to_string());
    if let Some(media_type) = media_type {
        builder = builder.header("content-type", media_type);
    }
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    if let Some(value) = authorization("basic") {
        builder = builder.header("authorization", value);
    }
    exchange(address, builder.body(Full::new(Bytes::from(body.to_owned())).boxed_unsync()).ok()?).await
}

async fn exchange(
    address: std::net::SocketAddr,
    request: http::Request<UnsyncBoxBody<Bytes, std::convert::Infallible>>,
) -> Option<Answer> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let driver = tokio::spawn(connection);
    let response = tokio::time::timeout(PATIENCE, sender.send_request(request)).await.ok()?.ok()?;
    let (parts, mut body) = response.into_parts();
    let content_type = parts
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let silence = if content_type.starts_with("text/event-stream") { SILENCE } else { PATIENCE };
    let mut whole = Vec::new();
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(silence, body.frame()).await {
        if let Some(data) = frame.data_ref() {
            whole.extend_from_slice(data);
        }
    }
    driver.abort();
    Some(Answer { status: parts.status.as_u16(), content_type, body: whole.into() })
}

fn target_of(path: &str, query: &[(String, String)], ids: &Ids) -> String {
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| {
            let value = ids.translate(value);
            format!("{}={}", utf8_percent_encode(name, PLAIN), utf8_percent_encode(&value, PLAIN))
        })
        .collect();
    let path = ids.translate(path);
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}

fn authorization(kind: &str) -> Option<String> {
    let basic = |password: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{password}")));
    match kind {
        "basic" => Some(basic(PASSWORD)),
        "wrong" => Some(basic("wrong")),
        "bearer" => Some("Bearer abc".to_owned()),
        "malformed" => Some("Basic %%%".to_owned()),
        _ => None,
    }
}

/// The bytes of a recorded body.
pub(crate) fn body_of(body: &RequestBody, ids: &Ids) -> Bytes {
    if body.kind != "multipart" {
        let text = body.value.clone().unwrap_or_default();
        return if body.kind == "base64" {
            BASE64_STANDARD.decode(text).expect("base64").into()
        } else {
            ids.translate(&text).into()
        };
    }
    let boundary = body
        .content_type
        .as_deref()
        .and_then(|value| value.split_once("boundary="))
        .map_or("sdk-boundary-4f1c", |(_, boundary)| boundary);
    let mut out = Vec::new();
    for part in &body.parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(format!("Content-Disposition: form-data; name=\"{}\"", part.name).as_bytes());
        if let Some(filename) = &part.filename {
            out.extend_from_slice(format!("; filename=\"{filename}\"").as_bytes());
        }
        if let Some(media_type) = &part.content_type {
            out.extend_from_slice(format!("\r\nContent-Type: {media_type}").as_bytes());
        }
        out.extend_from_slice(b"\r\n\r\n");
        match (&part.text, &part.base64) {
            (Some(text), _) => out.extend_from_slice(ids.translate(text).as_bytes()),
            (None, Some(base64)) => out.extend_from_slice(&BASE64_STANDARD.decode(base64).expect("base64")),
            (None, None) => {}
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out.into()
}
