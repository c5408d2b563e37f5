//! A request whose body has been read.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName};
use http::{Method, header};

/// A request with its whole body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as sent, still percent-encoded.
    pub(crate) path: String,
    /// The query as sent, without the question mark.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// Path and query as sent, for the link in an error.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// A header as text, if it is there and readable.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type of the body in lower case, without parameters.
    pub(crate) fn media_type(&self) -> Option<String> {
        self.header(header::CONTENT_TYPE).map(media_type_of)
    }

    /// The body as text; what isn't UTF-8 is replaced.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The part of a media type before its parameters, in lower case.
pub(crate) fn media_type_of(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
