//! What everybody reads of an error.

use std::any::Any;
use std::time::Duration;

use http::StatusCode;

use super::{Error, ErrorKind, ErrorResponse, RequestSent, hint};
use crate::operation::OperationInfo;

impl Error {
    /// Returns the stage of the call in which it failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the status of the response, or `None` if there is no response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.parts.status)
    }

    /// Returns the error message of the server, or of a gateway, in one line of at most 500 characters, or `None` if the
    /// response has none.
    ///
    /// The message is read from Kestra's JSON, problem details (RFC 9457), OAuth errors, lists of errors, plain text, and
    /// the title of an HTML page. Servers quote in it the input that they refuse: the value is removed where it can be
    /// recognized (`but received`), but 1.3 and later also quote values within the cause.
    #[must_use]
    pub fn api_message(&self) -> Option<String> {
        self.response()?.message()
    }

    /// Returns what to do about the error, if that is known. `docs/errors.md` says more about each hint.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.0.hint.or_else(|| hint::of(self))
    }

    /// Returns the response, or `None` if there is none: status, headers, and the start of the body.
    #[must_use]
    pub fn response(&self) -> Option<&ErrorResponse> {
        self.0.response.as_ref()
    }

    /// Returns whether the server may have received the request.
    #[must_use]
    pub fn request_sent(&self) -> RequestSent {
        self.0.sent
    }

    /// Returns the operation that was called, or `None` for a request that no builder made.
    #[must_use]
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.0.operation
    }

    /// Returns the number of attempts; 0 if nothing was tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the duration of all attempts and of the waits between them.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.elapsed
    }

    /// Returns what the server left undone, by the names that it gives, for an error of the kind
    /// [`Incomplete`](ErrorKind::Incomplete).
    #[must_use]
    pub fn failures(&self) -> &[String] {
        &self.0.failures
    }

    /// Returns the id of the execution that was started, waited for or followed, once it is known. The execution goes on:
    /// wait for it by this id.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.0.execution_id.as_deref()
    }

    /// Returns the key that an execution was to be created with. Look the execution up by it if the outcome is unclear.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_deref()
    }

    /// Returns a value that the operation attached, if it is of this type: a failed execution is
    /// `error.payload::<kestra::Finished>()`.
    #[must_use]
    pub fn payload<T: Any>(&self) -> Option<&T> {
        self.0.payload.as_ref()?.downcast_ref()
    }
}
