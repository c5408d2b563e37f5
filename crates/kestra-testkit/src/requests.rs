//! The requests that a server got.

use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::app::lock;
use crate::query::Query;

/// A request as it arrived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The pairs of the query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if the connection was cut before it was read.
    pub body: Bytes,
    /// In how many reads from the socket the request came: 1 if head and body left in one write that was short.
    pub reads: usize,
}

impl RecordedRequest {
    /// A header as text, if it is there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; what isn't UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// All requests, in the order they arrived.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: Mutex<Vec<RecordedRequest>>,
}

impl RequestLog {
    pub(crate) fn push(&self, request: &crate::http::Request, reads: usize) {
        let query = Query::parse(request.query.as_deref().unwrap_or_default()).pairs;
        lock(&self.requests).push(RecordedRequest {
            method: request.method.clone(),
            path: request.path.clone(),
            query,
            headers: request.headers.clone(),
            body: request.body.clone(),
            reads,
        });
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        lock(&self.requests).clone()
    }

    pub(crate) fn clear(&self) {
        lock(&self.requests).clear();
    }
}
