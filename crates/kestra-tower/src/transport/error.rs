//! What went wrong below, in the terms of [`kestra_core::Error`].

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use hyper_util::client::legacy;
use kestra_core::{Error, ErrorKind, RequestSent};

use super::tls::LateRefusal;

/// A failure of the connector on its way through hyper-util, which hands errors out by reference only.
pub(crate) struct ConnectFailure(Mutex<Option<Error>>);

impl ConnectFailure {
    pub(crate) fn new(error: Error) -> Self {
        Self(Mutex::new(Some(error)))
    }

    fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectFailure").finish()
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection")
    }
}

impl StdError for ConnectFailure {}

/// The first error of a type among an error and its causes.
pub(crate) fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// What sending a request, or waiting for its answer, ended in.
pub(crate) fn from_client(error: legacy::Error) -> Error {
    if let Some(error) = find::<ConnectFailure>(&error).and_then(ConnectFailure::take) {
        return error;
    }
    if let Some(error) = LateRefusal::find(&error) {
        return error;
    }
    if error.is_connect() {
        return Error::with_source(ErrorKind::Connect, error);
    }
    if is_refused_stream(&error) {
        return Error::with_source(ErrorKind::Transport, error)
            .message("it refused the request's stream before it was looked at")
            .sent(RequestSent::No);
    }
    let (kind, sent, message) = match find::<hyper::Error>(&error) {
        // hyper says so only of a request that it gives back untouched.
        Some(cause) if cause.is_canceled() => {
            (ErrorKind::Transport, RequestSent::No, "it closed before the request was written")
        }
        Some(cause) if cause.is_parse() => (
            ErrorKind::Decode,
            RequestSent::Maybe,
            "it isn't HTTP; does the server's URL begin with https://?",
        ),
        Some(cause) if cause.is_incomplete_message() => {
            (ErrorKind::Transport, RequestSent::Maybe, "it closed before an answer came")
        }
        Some(cause) if cause.is_user() => {
            (ErrorKind::Transport, RequestSent::Maybe, "the request's body failed while it was sent")
        }
        _ => return Error::with_source(ErrorKind::Transport, error).sent(RequestSent::Maybe),
    };
    Error::with_source(kind, error).message(message).sent(sent)
}

/// Whether a server of HTTP/2 says that it did nothing with the request.
#[cfg(feature = "http2")]
fn is_refused_stream(error: &legacy::Error) -> bool {
    find::<h2::Error>(error).is_some_and(|error| error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

#[cfg(not(feature = "http2"))]
fn is_refused_stream(_: &legacy::Error) -> bool {
    false
}

/// What reading a body ended in.
pub(crate) fn broken_body(error: hyper::Error) -> Error {
    Error::with_source(ErrorKind::Transport, error).message("the body is cut short").sent(RequestSent::Yes)
}
