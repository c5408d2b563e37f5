//! The one error type of the client.

mod api_message;
mod hint;
mod json_text;
mod kind;
mod sent;

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
/// server versions; [`request_sent`](Self::request_sent) says whether the server may have seen the request, which is what
/// one has to know before repeating a call that starts work.
///
/// `{}` prints one line that ends with what to do, where that is known (the [`hint`](Self::hint)); `{:#}` adds the causes;
/// `{:?}` adds how many attempts were made and whether the request was sent, so that a `main` that returns the error prints
/// everything. None of them is longer than 4 KiB, and none shows a secret.
pub struct Error(
    /// It has one owner. What drops one is compiled once, where that of a `Box` is in each place that has an error.
    Arc<Inner>,
);

struct Inner {
    kind: ErrorKind,
    message: Option<String>,
    response: Option<ErrorResponse>,
    source: Option<BoxError>,
    operation: Option<&'static OperationInfo>,
    sent: RequestSent,
    attempts: u32,
    elapsed: Option<Duration>,
    note: Option<&'static str>,
    hint: Option<&'static str>,
    /// Whether the same call may succeed later, if that differs from other errors of the kind.
    transient: Option<bool>,
    failures: Vec<String>,
    about: execution::About,
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

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

// rustdoc shows methods in this order: what everybody calls comes first.
mod accessors;

mod predicates;

mod execution;
mod invalid_inputs;

mod display;

mod build;
