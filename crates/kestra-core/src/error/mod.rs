//! The one error type of the client.

mod api_message;
mod hint;
mod json_text;
mod kind;
mod sent;

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, StatusCode};

pub use kind::{ErrorKind, TimeoutPhase};
pub use sent::{RequestSent, Sent};

use crate::operation::OperationInfo;

/// A boxed error of any layer.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// What went wrong with a call, one pointer wide.
///
/// [`kind`](Self::kind) says in which stage; predicates such as [`is_not_found`](Self::is_not_found) are true across
/// server versions; [`request_sent`](Self::request_sent) says whether the server may have seen the request, which
/// matters before a non-idempotent call is repeated.
///
/// `{}` prints one line that ends with what to do, where that is known (the [`hint`](Self::hint)); `{:#}` adds the causes;
/// `{:?}` adds how many attempts were made and whether the request was sent, so that a `main` that returns the error prints
/// everything. None of them is longer than 4 KiB, and none shows a secret.
pub struct Error(
    // It has one owner. What drops an `Arc` is compiled once, and what drops a `Box` in each place that has an error:
    // 50 KB of the program in docs/build-cost.md.
    Arc<Inner>,
);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Option<String>,
    response: Option<ErrorResponse>,
    source: Option<Source>,
    operation: Option<&'static OperationInfo>,
    /// The method that made several calls, for an error that is about no single operation.
    method: Option<&'static str>,
    sent: RequestSent,
    attempts: u32,
    /// How many servers of a cluster failed the call.
    failed_servers: u32,
    elapsed: Option<Duration>,
    note: Option<&'static str>,
    hint: Option<&'static str>,
    /// Whether the same call may succeed later, if that differs from other errors of the kind.
    transient: Option<bool>,
    failures: Vec<String>,
    execution_id: Option<String>,
    idempotency_key: Option<String>,
    /// The inputs that weren't sent.
    invalid_inputs: Vec<String>,
    is_missing: bool,
    is_version_detection: bool,
    /// A value of a crate above this one.
    payload: Option<Arc<dyn Any + Send + Sync>>,
}

/// The cause, which a copy has as text.
struct Source(BoxError);

impl Clone for Source {
    fn clone(&self) -> Self {
        Self(self.0.to_string().into())
    }
}

/// The response that an error carries: its head, and what was read of its body.
#[derive(Clone)]
#[non_exhaustive]
pub struct ErrorResponse {
    /// Status and headers.
    pub parts: Parts,
    /// What was read of the body, at most 64 KiB of it.
    pub body: Bytes,
}

/// How much of an error's body is kept, in bytes.
pub const ERROR_BODY_LIMIT: usize = 64 * 1024;

impl ErrorResponse {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.parts.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The body as text; what isn't UTF-8 in it is replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Puts a head and the start of a body together.
    #[must_use]
    pub fn new(parts: Parts, mut body: Bytes) -> Self {
        body.truncate(ERROR_BODY_LIMIT);
        Self { parts, body }
    }
}

/// Returns whether a status is transient: 408, 425, 429, 502, 503, 504.
///
/// 500 isn't among them: Kestra also responds with it to many mistakes of the caller.
#[must_use]
pub fn is_transient_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 502 | 503 | 504)
}

/// Returns whether the meaning of a status depends on the body: a 404 may be that of a proxy, a 422 may say that the id exists
/// already.
#[doc(hidden)]
#[must_use]
pub fn depends_on_body(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 404 | 409 | 410 | 422)
}

/// Why a response that could have been retried wasn't: the retry layer stores the reason in the extensions of the response,
/// and the error of that response shows it.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct RetryNote(pub &'static str);

/// Returns an error and its causes.
pub fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &*source.0 as &(dyn StdError + 'static))
    }
}

// rustdoc shows methods in this order: what everybody calls comes first.
mod accessors;

mod predicates;

mod invalid_inputs;

mod display;

mod json;

mod build;
