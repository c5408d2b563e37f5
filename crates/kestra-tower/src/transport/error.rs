//! What went wrong below, in the terms of [`kestra_core::Error`].

use std::error::Error as StdError;

use kestra_core::internal::causes;
use kestra_core::{Error, ErrorKind, RequestSent};

use super::tls::LateRefusal;

/// The first error of a type among an error and its causes.
pub(crate) fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// Returns the error of sending a request, or of waiting for its response.
pub(crate) fn from_client(error: hyper::Error) -> Error {
    if let Some(error) = LateRefusal::find(&error) {
        return error;
    }
    // A local file changed while it was sent, or can't be read: the client closed the connection on purpose.
    if let Some(local) = find::<Error>(&error).filter(|local| local.kind() == ErrorKind::File) {
        let message = local.own_message().unwrap_or_default().to_owned();
        return Error::from_source(ErrorKind::File, error)
            .with_message(message)
            .with_request_sent(RequestSent::Maybe);
    }
    if is_refused_stream(&error) {
        return Error::from_source(ErrorKind::Transport, error)
            .with_message("the server refused the HTTP/2 stream before it processed the request")
            .with_request_sent(RequestSent::No);
    }
    if error.is_parse() {
        return unreadable(&error).with_source(error);
    }
    // A server that shuts down may accept requests, execute them and close without a response, so it can't be known
    // whether this one was read.
    let message = if error.is_canceled() {
        Some("the connection was closed without a response")
    } else if error.is_incomplete_message() {
        Some("the connection was closed before a response came")
    } else if error.is_user() {
        Some("the request's body failed while it was sent")
    } else {
        None
    };
    let error = Error::from_source(ErrorKind::Transport, error).with_request_sent(RequestSent::Maybe);
    match message {
        Some(message) => error.with_message(message),
        None => error,
    }
}

/// Returns the error of a response head that can't be read, which may still be HTTP.
fn unreadable(cause: &hyper::Error) -> Error {
    let error = if is_too_large(cause) {
        Error::new(
            ErrorKind::Decode,
            "the head of the response is too large: more than 100 headers, or than 400 KB",
        )
        .with_hint(
            "a proxy may add headers; to accept that many, raise the limit with \
             `Transport::builder().max_response_headers(..)`, for `ClientBuilder::transport`",
        )
    } else if is_about_a_header(cause) {
        Error::new(ErrorKind::Decode, format!("a header line of the response isn't valid HTTP: {cause}")).with_hint(
            "a proxy may add it; skip such lines with `Transport::builder().ignore_invalid_headers()`, for \
             `ClientBuilder::transport`",
        )
    } else {
        Error::new(ErrorKind::Decode, "it isn't HTTP: if the server speaks TLS, begin its URL with https://")
    };
    error.with_request_sent(RequestSent::Maybe)
}

/// Returns whether the head is too large. hyper has a method for this in servers only, so its message is compared; a test
/// checks it.
fn is_too_large(cause: &hyper::Error) -> bool {
    cause.to_string().contains("message head is too large")
}

/// Returns whether a header is invalid. hyper has no method for this, so its message is compared; a test checks it.
fn is_about_a_header(cause: &hyper::Error) -> bool {
    let cause = cause.to_string();
    ["header", "content-length", "transfer-encoding"].iter().any(|part| cause.contains(part))
}

/// Whether a server of HTTP/2 says that it did nothing with the request: by refusing its stream, or by leaving it out
/// of those that it still answers before it goes away.
#[cfg(feature = "http2")]
fn is_refused_stream(error: &hyper::Error) -> bool {
    find::<h2::Error>(error).is_some_and(|error| {
        error.reason() == Some(h2::Reason::REFUSED_STREAM) || (error.is_go_away() && error.is_remote())
    })
}

#[cfg(not(feature = "http2"))]
fn is_refused_stream(_: &hyper::Error) -> bool {
    false
}

/// What reading a body ended in.
pub(crate) fn broken_body(error: hyper::Error) -> Error {
    Error::from_source(ErrorKind::Transport, error)
        .with_message("the body ended early")
        .with_request_sent(RequestSent::Yes)
}
