//! Errors of other people's layers and services, seen as ours for a moment.

use std::error::Error as StdError;
use std::io;

use kestra_core::{BoxError, Error, ErrorKind, RequestSent, TimeoutPhase};

/// Our view of an error of another layer; [`Error::into_source`] gives it back.
pub(super) fn wrap(error: BoxError) -> Error {
    let kind = kind(&*error);
    Error::from_source(kind, error).with_request_sent(RequestSent::Maybe)
}

fn kind(error: &(dyn StdError + 'static)) -> ErrorKind {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<tower::timeout::error::Elapsed>() {
            return ErrorKind::Timeout(TimeoutPhase::Attempt);
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::TimedOut => ErrorKind::Timeout(TimeoutPhase::Attempt),
                io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::NotConnected
                | io::ErrorKind::UnexpectedEof => ErrorKind::Transport,
                _ => ErrorKind::Service,
            };
        }
        next = error.source();
    }
    ErrorKind::Service
}
