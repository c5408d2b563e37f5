//! How the crates of the client make errors.

use std::any::Any;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::{
    BoxError, Error, ErrorKind, ErrorResponse, Inner, RequestSent, RetryNote, Source, depends_on_body,
    display,
};
use crate::macros::setters;
use crate::operation::OperationInfo;
use crate::version::Version;

impl Error {
    /// Returns the [`Error`] that a service of layers failed with. An error of another type becomes one of kind `Service`,
    /// whose request may have been sent.
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
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::build(kind, Some(bounded(message.into())), None)
    }

    /// Creates an error that another error caused.
    pub fn from_source(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self::build(kind, None, Some(source.into()))
    }

    /// Creates the error of a request that can't be built: `field` is what the caller set, `problem` says what is wrong with
    /// it and what to do.
    pub fn invalid(field: &str, problem: impl Display) -> Self {
        Self::new(ErrorKind::Build, format!("{field}: {problem}"))
    }

    /// Creates the error of an operation or parameter that a server of this version lacks; `advice` is an alternative
    /// that precedes the advice to send it anyway.
    pub(crate) fn unsupported(version: Version, what: impl Display, has: impl Display, advice: &str) -> Self {
        let problem = format!(
            "{what} requires Kestra {has}, the server is {version}; {advice}call `.any_version()` to send it anyway"
        );
        // Without `what` it is about the operation, which the message begins with.
        Self::new(ErrorKind::Unsupported, problem.trim_start())
    }

    /// Creates the error of a response whose status says that the call failed.
    pub fn from_response(response: ErrorResponse) -> Self {
        let note = response.parts.extensions.get::<RetryNote>().map(|note| note.0);
        let mut error = Self::build(ErrorKind::Status, None, None).with_response(response);
        error.inner_mut().note = note;
        error
    }

    /// Creates the error of a request that wasn't sent because the server would respond with this status.
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
            source: source.map(Source),
            operation: None,
            method: None,
            sent: RequestSent::No,
            attempts: 0,
            failed_servers: 0,
            elapsed: None,
            note: None,
            hint: None,
            transient: None,
            failures: Vec::new(),
            execution_id: None,
            idempotency_key: None,
            invalid_inputs: Vec::new(),
            is_missing: false,
            is_version_detection: false,
            payload: None,
        }))
    }

    /// Marks the error of a response within whose body the connection ended, and sets why it ended.
    ///
    /// It is transient if the [meaning of the status depends on the body](depends_on_body), so that a call that can be repeated
    /// gets the whole body.
    #[must_use]
    pub fn with_cut_body(self, cause: impl Into<BoxError>) -> Self {
        let is_unclear = self.status().is_some_and(depends_on_body);
        let error = self.with_source(cause);
        if is_unclear {
            error.with_transient(true).with_hint("the connection ended within the body of the response")
        } else {
            error
        }
    }

    /// Returns the same error for the copy of a call that has it. The cause is kept as text.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Inner::clone(&self.0)))
    }

    #[inline(never)]
    fn inner_mut(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    setters! {
        /// Sets the message.
        with_message(message: impl Into<String>) inner => inner.message = Some(bounded(message.into()));

        /// Sets the cause.
        with_source(source: impl Into<BoxError>) inner => inner.source = Some(Source(source.into()));

        /// Sets the operation, if there is one.
        with_operation(operation: impl Into<Option<&'static OperationInfo>>) inner => {
            inner.operation = operation.into().or(inner.operation);
        };

        /// Sets the operation of an error that has none.
        or_operation(operation: &'static OperationInfo) inner => {
            inner.operation = inner.operation.or(Some(operation));
        };

        /// Names the method that made several calls, for an error that is about no single operation. The innermost method counts.
        with_method(method: &'static str) inner => inner.method = inner.method.or(Some(method));

        /// Sets the response that was read. The request was sent, then.
        with_response(response: ErrorResponse) inner => {
            (inner.response, inner.sent) = (Some(response), RequestSent::Yes);
        };

        /// Sets whether the server may have received the request.
        with_request_sent(sent: RequestSent) inner => inner.sent = sent;

        /// Sets the number of attempts, and their duration together.
        with_attempts(attempts: u32, elapsed: Duration) inner => {
            (inner.attempts, inner.elapsed) = (attempts, Some(elapsed));
        };

        /// Sets how many servers of a cluster failed the call.
        with_failed_servers(servers: u32) inner => inner.failed_servers = servers;

        /// Sets why the call wasn't retried.
        with_note(note: &'static str) inner => inner.note = Some(note);

        /// Sets the [`hint`](Self::hint), in place of that of the kind.
        with_hint(hint: &'static str) inner => inner.hint = Some(hint);

        /// Sets whether the same call may succeed later, where that differs from other errors of the kind.
        with_transient(transient: bool) inner => inner.transient = Some(transient);

        /// Marks the error as a failure of the version detection, which the call needed first: its status is not about the
        /// call itself.
        with_version_detection() inner => inner.is_version_detection = true;

        /// Sets the names of what the server left undone.
        with_failures(failures: Vec<String>) inner => inner.failures = failures;

        /// Sets the id of the execution that the error is about.
        with_execution_id(id: impl Into<String>) inner => inner.execution_id = Some(id.into());

        /// Sets the key that an execution was to be created with.
        with_idempotency_key(key: impl Into<String>) inner => inner.idempotency_key = Some(key.into());

        /// Adds the name of an input that wasn't sent, since the server would have misread it.
        with_invalid_input(name: impl Into<String>) inner => inner.invalid_inputs.push(name.into());

        /// Marks the resource of the call as missing, where the status of the response isn't 404.
        with_not_found() inner => inner.is_missing = true;

        /// Sets the value that [`payload`](Self::payload) returns.
        with_payload(payload: impl Any + Send + Sync) inner => inner.payload = Some(Arc::new(payload));
    }

    /// Returns the message, for an error that is created from this one.
    pub fn own_message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns whether the error was marked as not transient, so that a retry is useless although most errors of this kind
    /// are transient.
    pub fn is_permanent(&self) -> bool {
        self.0.transient == Some(false)
    }

    /// Returns whether the server's version couldn't be detected, so that the call itself wasn't sent.
    pub fn is_version_detection(&self) -> bool {
        self.0.is_version_detection
    }

    /// Returns the cause.
    pub fn into_source(self) -> Option<BoxError> {
        Arc::unwrap_or_clone(self.0).source.map(|source| source.0)
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
