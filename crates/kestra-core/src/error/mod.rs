//! The one error type of the client.

mod api_message;
mod display;
mod execution;
mod hint;
mod invalid_inputs;
mod json_text;
mod kind;
mod predicates;
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
use crate::retry::RetryNote;

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
    passes: Option<bool>,
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

impl Error {
    /// An error of this kind with a sentence that names the thing and the fix.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::build(kind, Some(bounded(message.into())), None)
    }

    /// An error of this kind that another error caused.
    #[must_use]
    pub fn with_source(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self::build(kind, None, Some(source.into()))
    }

    /// A request that can't be built: `field` is what the caller set, `problem` says what is wrong and what to do.
    #[must_use]
    pub fn invalid(field: &str, problem: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Build, format!("{field}: {problem}"))
    }

    /// A response whose status says that the call failed.
    #[must_use]
    pub fn from_response(response: ErrorResponse) -> Self {
        let note = response.parts.extensions.get::<RetryNote>().map(|note| note.0);
        Self::build(ErrorKind::Status, None, None).in_response(response).change(|inner| inner.note = note)
    }

    /// Creates the error of a request that wasn't sent because the server would respond with this status.
    #[must_use]
    pub fn foreseen(status: StatusCode, message: impl Into<String>) -> Self {
        let (mut parts, ()) = http::Response::new(()).into_parts();
        parts.status = status;
        let response = ErrorResponse::new(parts, Bytes::new());
        Self::new(ErrorKind::Status, message).in_response(response).sent(RequestSent::No)
    }

    fn build(kind: ErrorKind, message: Option<String>, source: Option<BoxError>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message,
            response: None,
            source,
            operation: None,
            sent: RequestSent::No,
            attempts: 0,
            elapsed: None,
            note: None,
            hint: None,
            passes: None,
            failures: Vec::new(),
            about: execution::About::default(),
        }))
    }

    /// Takes an error that came out of a stack of layers: ours is unpacked, anything else is a failure of the service
    /// whose request may have been sent.
    #[must_use]
    pub fn from_boxed(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::with_source(ErrorKind::Service, error).sent(RequestSent::Maybe),
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        // Nobody else has it, as there is no way to share one.
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
        }
        self
    }

    /// Adds a sentence.
    #[must_use]
    pub fn message(self, message: impl Into<String>) -> Self {
        let message = bounded(message.into());
        self.change(|inner| inner.message = Some(message))
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(self, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        self.change(|inner| inner.source = Some(source))
    }

    /// Adds the operation.
    #[must_use]
    pub fn of_operation(self, operation: &'static OperationInfo) -> Self {
        self.change(|inner| inner.operation = Some(operation))
    }

    /// Sets whether the request may have been sent.
    #[must_use]
    pub fn sent(self, sent: RequestSent) -> Self {
        self.change(|inner| inner.sent = sent)
    }

    /// Sets how many attempts were made and how long they took together.
    #[must_use]
    pub fn after(self, attempts: u32, elapsed: Duration) -> Self {
        self.change(|inner| {
            inner.attempts = attempts;
            inner.elapsed = Some(elapsed);
        })
    }

    /// Adds why it wasn't tried again.
    #[must_use]
    pub fn note(self, note: &'static str) -> Self {
        self.change(|inner| inner.note = Some(note))
    }

    /// Sets the [`hint`](Self::hint), in place of that of the kind.
    #[must_use]
    pub fn with_hint(self, hint: &'static str) -> Self {
        self.change(|inner| inner.hint = Some(hint))
    }

    /// Marks the error as permanent: the same call fails again until somebody changes something, as with refused credentials.
    #[must_use]
    pub fn permanent(self) -> Self {
        self.change(|inner| inner.passes = Some(false))
    }

    /// Marks the error as transient, although most errors of this kind aren't.
    #[must_use]
    pub fn passing(self) -> Self {
        self.change(|inner| inner.passes = Some(true))
    }

    /// Returns whether the error was marked as permanent, so that a retry is useless although most errors of this kind are
    /// transient.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.0.passes == Some(false)
    }

    /// Adds the response that was read, for an error about its body.
    #[must_use]
    pub fn in_response(self, response: ErrorResponse) -> Self {
        self.change(|inner| {
            inner.response = Some(response);
            inner.sent = RequestSent::Yes;
        })
    }

    /// Marks the error as a failure of the version detection, which the call needed first: its status is not about the call
    /// itself.
    #[doc(hidden)]
    #[must_use]
    pub fn of_version_detection(self) -> Self {
        self.change(|inner| inner.about.is_version_detection = true)
    }

    /// Returns whether the server's version couldn't be detected, so that the call itself wasn't sent.
    #[doc(hidden)]
    #[must_use]
    pub fn is_version_detection(&self) -> bool {
        self.0.about.is_version_detection
    }

    /// Adds the names of what the server left undone.
    #[must_use]
    pub fn with_failures(self, failures: Vec<String>) -> Self {
        self.change(|inner| inner.failures = failures)
    }

    /// What the server left undone, by the names that it gives, of an error of the kind
    /// [`Incomplete`](ErrorKind::Incomplete).
    #[must_use]
    pub fn failures(&self) -> &[String] {
        &self.0.failures
    }

    /// Takes the cause out.
    #[must_use]
    pub fn into_source(self) -> Option<BoxError> {
        Arc::into_inner(self.0)?.source
    }

    /// The stage in which it went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the message, for an error that is created from this one.
    #[doc(hidden)]
    #[must_use]
    pub fn own_message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The status of the response, if there is one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.parts.status)
    }

    /// The response, if there is one: status, headers and what was read of the body.
    #[must_use]
    pub fn response(&self) -> Option<&ErrorResponse> {
        self.0.response.as_ref()
    }

    /// The operation that was called; `None` for a request that no builder made.
    #[must_use]
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.0.operation
    }

    /// Whether the server may have seen the request.
    #[must_use]
    pub fn request_sent(&self) -> RequestSent {
        self.0.sent
    }

    /// How many attempts were made; 0 if nothing was tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long all attempts took together, waiting included.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.elapsed
    }
}

/// Cuts a message to the length that is printed at most.
fn bounded(mut message: String) -> String {
    if message.len() > display::LIMIT {
        message.truncate(message.floor_char_boundary(display::LIMIT));
        message.push('…');
        message.shrink_to_fit();
    }
    message
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
