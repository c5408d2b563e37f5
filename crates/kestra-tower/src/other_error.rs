//! The errors of layers that aren't ours.

use std::error::Error as StdError;
use std::io;

use kestra_core::internal::causes;
use kestra_core::{ErrorKind, TimeoutPhase};

/// Returns the kind that an error of another layer would have among ours.
pub(crate) fn other_kind(error: &(dyn StdError + 'static)) -> ErrorKind {
    for error in causes(error) {
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
    }
    ErrorKind::Service
}
