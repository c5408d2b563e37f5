//! A deletion of files that is sent at most once.
//!
//! A server deletes the folder above as well if that has one entry, without checking that the entry is the named one. So the
//! deletion of a missing file deletes another file: the client checks first whether the file exists, sends the deletion
//! once, and after an unclear failure looks the file up.

use http::Response;
use kestra_core::{Body, Call, CallFuture, CallOptions, Deletion, Error, ErrorKind, Retry};

use super::trash;
use crate::Client;
use crate::client::Deadline;

/// Returns whether a call is a deletion that must be sent at most once.
pub(crate) fn is_deletion(call: &Call, defaults: &CallOptions) -> bool {
    call.info().deletes == Some(Deletion::Climbing)
        && !call.options().is_unchecked()
        && !defaults.is_unchecked()
}

/// Looks the file up, sends the deletion once, and looks the file up again after an unclear failure.
pub(crate) fn delete_once(client: &Client, mut call: Call) -> CallFuture {
    let client = client.with_options(call.options().clone());
    Box::pin(async move {
        let info = call.info();
        let of_deletion = |error: Error| error.with_operation(info);
        // Report problems of the request before anything is sent.
        call.check_narrowed()?;
        call.again().into_request_with(client.options())?;
        let deadline = Deadline::of(call.options(), client.options(), Some(info));
        let namespace = call.path_value(0).unwrap_or_default();
        let path = call.query_value(0).unwrap_or_default();
        let place = trash::Place { client: client.clone(), deadline, namespace, path };
        if !place.is_root() {
            place.look_up().await.map_err(of_deletion)?;
        }
        call.change_options(|options| deadline.limit(options).retry(Retry::none()).idempotent(false));
        let error = match client.send(call).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        if is_clear(&error) || deadline.is_over() {
            return Err(error);
        }
        match place.is_there().await {
            Ok(false) => Ok(Response::new(Body::empty())),
            Ok(true) if place.is_root() || !is_over(&error) || !client.retries() => {
                Err(error.with_note("it is still there"))
            }
            Ok(true) => {
                place.remove().await.map_err(of_deletion)?;
                Ok(Response::new(Body::empty()))
            }
            Err(_) => Err(error),
        }
    })
}

/// Returns whether the deletion certainly wasn't carried out.
fn is_clear(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::Proxy | ErrorKind::Transport | ErrorKind::Timeout(_) => false,
        ErrorKind::Decode | ErrorKind::Service => false,
        ErrorKind::Status => error.status().is_some_and(|status| {
            status.is_client_error() && !kestra_core::retry::is_transient_status(status)
        }),
        _ => true,
    }
}

/// Returns whether the server has ended the deletion, so that it can't happen after the next request; after a timeout it may
/// still be running.
fn is_over(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::Proxy | ErrorKind::Transport => true,
        ErrorKind::Status => {
            error.status().is_some_and(|status| matches!(status.as_u16(), 425 | 429 | 502 | 503))
        }
        _ => false,
    }
}
