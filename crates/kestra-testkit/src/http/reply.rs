//! What a route answers.

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::ApiError;

/// An answer: status, headers and body.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReplyBody,
}

/// The body of an answer: at once or bit by bit.
pub(crate) enum ReplyBody {
    Bytes(Bytes),
    /// Ends when the stream ends; an `Err` breaks the connection off.
    Stream(BoxStream<'static, Result<Bytes, std::io::Error>>),
}

impl Reply {
    /// 200 with a JSON body.
    pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, ApiError> {
        match serde_json::to_vec(value) {
            Ok(body) => Ok(Self::bytes("application/json", body)),
            Err(error) => Err(ApiError::internal(error.to_string())),
        }
    }

    /// A status without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status: status_of(status), headers: HeaderMap::new(), body: ReplyBody::Bytes(Bytes::new()) }
    }

    /// 200 with plain text.
    pub(crate) fn text(body: impl Into<String>) -> Self {
        Self::bytes("text/plain", body.into())
    }

    /// 200 with bytes of a media type.
    pub(crate) fn bytes(media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self { status: StatusCode::OK, headers, body: ReplyBody::Bytes(body.into()) }
    }

    /// 200 with a body that comes bit by bit, chunked.
    pub(crate) fn stream<S>(media_type: &'static str, body: S) -> Self
    where
        S: Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    {
        let mut reply = Self::bytes(media_type, Bytes::new());
        reply.body = ReplyBody::Stream(body.boxed());
        reply
    }

    /// The same with another status.
    #[must_use]
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status_of(status);
        self
    }

    /// The same with one more header; a value that no header can hold is left out.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// The status of a number; what is none is 500.
pub(crate) fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Stream(_) => f.write_str("a stream"),
        }
    }
}
