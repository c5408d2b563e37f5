//! Writes what is sent and received to files, in the format of `fixtures/exchanges`.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use kestra::layers::CallContext;
use kestra::{Body, BoxError};
use kestra_tests::recorded::{BuiltPart, parts};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tower::{Layer, Service};

/// Records each attempt below `FOLDER/VERSION/AREA`.
#[derive(Clone)]
pub(super) struct Recorder {
    folder: PathBuf,
    version: String,
    count: Arc<AtomicU32>,
}

impl Recorder {
    pub(super) fn new(folder: impl Into<PathBuf>, version: &str) -> Self {
        Self { folder: folder.into(), version: version.to_owned(), count: Arc::default() }
    }

    fn write(&self, operation: (&str, &str), mut exchange: Value) {
        let (area, name) = operation;
        let folder = self.folder.join(&self.version).join(area);
        exchange["recorded"] = json!({"server_version": self.version});
        fs::create_dir_all(&folder).unwrap();
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        fs::write(folder.join(format!("{number:05}-{name}.json")), format!("{exchange:#}\n")).unwrap();
    }
}

impl<S> Layer<S> for Recorder {
    type Service = Recording<S>;

    fn layer(&self, inner: S) -> Recording<S> {
        Recording { recorder: self.clone(), inner }
    }
}

#[derive(Clone)]
pub(super) struct Recording<S> {
    recorder: Recorder,
    inner: S,
}

impl<S> Service<Request<Body>> for Recording<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let recorder = self.recorder.clone();
        let operation = CallContext::of(&request).and_then(CallContext::operation);
        let operation = operation.map_or(("other", "other"), |info| (info.area, info.name));
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let sent = json!({
                "method": head.method.as_str(),
                "path": head.uri.path(),
                "query": query(head.uri.query().unwrap_or_default()),
                "headers": headers(&head.headers),
                "body": sent_body(&head.headers, &body),
            });
            let response = inner.call(Request::from_parts(head, Body::from(body))).await?;
            let (head, body) = response.into_parts();
            let is_stream =
                content_type(&head.headers).is_some_and(|kind| kind.starts_with("text/event-stream"));
            let mut received = json!({"status": head.status.as_u16(), "headers": headers(&head.headers)});
            if is_stream {
                received["body"] = json!({"kind": "omitted"});
                recorder.write(operation, json!({"request": sent, "response": received}));
                return Ok(Response::from_parts(head, body));
            }
            let body = body.collect().await?.to_bytes();
            received["body"] = received_body(&head.headers, &body);
            recorder.write(operation, json!({"request": sent, "response": received}));
            Ok(Response::from_parts(head, Body::from(body)))
        })
    }
}

/// Names and values, before percent-encoding.
fn query(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// All headers but credentials.
fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers.iter().filter(|(name, _)| **name != AUTHORIZATION);
    shown
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()
}

fn sent_body(headers: &HeaderMap, body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let kind = content_type(headers);
    let parts = kind.filter(|kind| kind.starts_with("multipart/")).and_then(|kind| parts(kind, body));
    let mut sent = match parts {
        Some(parts) => {
            json!({"kind": "multipart", "parts": parts.iter().map(BuiltPart::recorded).collect::<Vec<_>>()})
        }
        None => received_body(headers, body),
    };
    sent["content_type"] = Value::from(kind);
    sent
}

fn received_body(headers: &HeaderMap, body: &Bytes) -> Value {
    let is_json = content_type(headers).is_some_and(|kind| kind.contains("json"));
    match std::str::from_utf8(body) {
        _ if body.is_empty() => json!({"kind": "empty"}),
        Ok(text) if is_json => json!({"kind": "json", "value": text}),
        Ok(text) => json!({"kind": "text", "value": text}),
        Err(_) => json!({"kind": "base64", "value": STANDARD.encode(body)}),
    }
}
