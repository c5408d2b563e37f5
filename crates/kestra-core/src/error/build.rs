//! How the crates of the client make errors.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::execution::{About, Payload};
use super::{BoxError, Error, ErrorKind, ErrorResponse, Inner, RequestSent, display};
use crate::operation::OperationInfo;
use crate::retry::RetryNote;

impl Error {
    /// Returns the [`Error`] that a service of layers failed with. An error of another type becomes one of kind `Service`,
    /// whose request may have been sent.
    #[must_use]
    pub fn from_boxed(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::from_source(ErrorKind::Service, error).with_request_sent(RequestSent::Maybe),
        }
    }
}

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl Error {
    /// Creates an error whose message says what went wrong and what to do.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::build(kind, Some(bounded(message.into())), None)
    }

    /// Creates an error that another error caused.
    #[must_use]
    pub fn from_source(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self::build(kind, None, Some(source.into()))
    }

    /// Creates the error of a request that can't be built: `field` is what the caller set, `problem` says what is wrong with
    /// it and what to do.
    #[must_use]
    pub fn invalid(field: &str, problem: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Build, format!("{field}: {problem}"))
    }

    /// Creates the error of a response whose status says that the call failed.
    #[must_use]
    pub fn from_response(response: ErrorResponse) -> Self {
        let note = response.parts.extensions.get::<RetryNote>().map(|note| note.0);
        Self::build(ErrorKind::Status, None, None).with_response(response).change(|inner| inner.note = note)
    }

    /// Creates the error of a request that wasn't sent because the server would respond with this status.
    #[must_use]
    pub fn foreseen(status: StatusCode, message: impl Into<String>) -> Self {
        let (mut parts, ()) = http::Response::new(()).into_parts();
        parts.status = status;
        let response = ErrorResponse::new(parts, Bytes::new());
        let error =
            Self::new(ErrorKind::Status, message).with_response(response).with_request_sent(RequestSent::No);
        if status == StatusCode::NOT_FOUND { error.with_not_found() } else { error }
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
            transient: None,
            failures: Vec::new(),
            about: About::default(),
        }))
    }

    /// Returns the same error for the copy of a call that has it. The cause is kept as text.
    pub(crate) fn copy(&self) -> Self {
        let inner = &*self.0;
        let source = inner.source.as_ref().map(|source| source.to_string().into());
        Self::build(inner.kind, inner.message.clone(), source).change(|copy| {
            copy.operation = inner.operation;
            copy.hint = inner.hint;
            copy.about.inputs.clone_from(&inner.about.inputs);
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        // Nobody else has it, as there is no way to share one.
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
        }
        self
    }

    /// Sets the message.
    #[must_use]
    pub fn with_message(self, message: impl Into<String>) -> Self {
        let message = bounded(message.into());
        self.change(|inner| inner.message = Some(message))
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(self, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        self.change(|inner| inner.source = Some(source))
    }

    /// Sets the operation, if there is one.
    #[must_use]
    pub fn with_operation(self, operation: impl Into<Option<&'static OperationInfo>>) -> Self {
        let operation = operation.into();
        self.change(|inner| inner.operation = operation.or(inner.operation))
    }

    /// Sets the response that was read. The request was sent, then.
    #[must_use]
    pub fn with_response(self, response: ErrorResponse) -> Self {
        self.change(|inner| {
            inner.response = Some(response);
            inner.sent = RequestSent::Yes;
        })
    }

    /// Sets whether the server may have received the request.
    #[must_use]
    pub fn with_request_sent(self, sent: RequestSent) -> Self {
        self.change(|inner| inner.sent = sent)
    }

    /// Sets the number of attempts, and their duration together.
    #[must_use]
    pub fn with_attempts(self, attempts: u32, elapsed: Duration) -> Self {
        self.change(|inner| {
            inner.attempts = attempts;
            inner.elapsed = Some(elapsed);
        })
    }

    /// Sets why the call wasn't retried.
    #[must_use]
    pub fn with_note(self, note: &'static str) -> Self {
        self.change(|inner| inner.note = Some(note))
    }

    /// Sets the [`hint`](Self::hint), in place of that of the kind.
    #[must_use]
    pub fn with_hint(self, hint: &'static str) -> Self {
        self.change(|inner| inner.hint = Some(hint))
    }

    /// Sets whether the same call may succeed later, where that differs from other errors of the kind.
    #[must_use]
    pub fn with_transient(self, transient: bool) -> Self {
        self.change(|inner| inner.transient = Some(transient))
    }

    /// Marks the error as a failure of the version detection, which the call needed first: its status is not about the call
    /// itself.
    #[must_use]
    pub fn with_version_detection(self) -> Self {
        self.change(|inner| inner.about.is_version_detection = true)
    }

    /// Sets the names of what the server left undone.
    #[must_use]
    pub fn with_failures(self, failures: Vec<String>) -> Self {
        self.change(|inner| inner.failures = failures)
    }

    /// Sets the id of the execution that the error is about.
    #[must_use]
    pub fn with_execution_id(self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.change(|inner| inner.about.id = Some(id))
    }

    /// Sets the key that an execution was to be created with.
    #[must_use]
    pub fn with_idempotency_key(self, key: impl Into<String>) -> Self {
        let key = key.into();
        self.change(|inner| inner.about.key = Some(key))
    }

    /// Adds the name of an input that wasn't sent, since the server would have misread it.
    #[must_use]
    pub fn with_invalid_input(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.change(|inner| inner.about.inputs.push(name))
    }

    /// Marks the resource of the call as missing, where the status of the response isn't 404.
    #[must_use]
    pub fn with_not_found(self) -> Self {
        self.change(|inner| inner.about.is_missing = true)
    }

    /// Sets the value that [`payload`](Self::payload) returns.
    #[must_use]
    pub fn with_payload(self, payload: impl Any + Send + Sync) -> Self {
        let payload = Arc::new(payload);
        self.change(|inner| inner.about.payload = Some(Payload(payload)))
    }

    /// Returns the message, for an error that is created from this one.
    #[must_use]
    pub fn own_message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns whether the error was marked as not transient, so that a retry is useless although most errors of this kind
    /// are transient.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.0.transient == Some(false)
    }

    /// Returns whether the server's version couldn't be detected, so that the call itself wasn't sent.
    #[must_use]
    pub fn is_version_detection(&self) -> bool {
        self.0.about.is_version_detection
    }

    /// Returns the cause.
    #[must_use]
    pub fn into_source(self) -> Option<BoxError> {
        Arc::into_inner(self.0)?.source
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
