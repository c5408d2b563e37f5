//! A deletion of files that is carried out at most once.
//!
//! A server deletes the folder above as well if that has one entry, without checking that the entry is the named one. So the
//! deletion of a missing file deletes another file, and so does a deletion that a server carries out after the file has gone
//! by another request. The client checks first whether the file exists, and repeats the deletion only if the server
//! certainly didn't get it. After an unclear failure it looks until the file is gone, and touches the file no more: a
//! deletion that is still to come then finds what it names.

use std::time::Duration;

use http::Response;
use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::{Body, Call, CallFuture, CallOptions, Deletion, Error, ErrorKind, RequestSent};
use tokio::time::Instant;

use super::trash::Place;
use crate::Client;
use crate::client::Deadline;

/// How long a file is looked for after an unclear failure, on a server that responds.
const LOOK_UP_FOR: Duration = Duration::from_secs(15);

/// How long an outage may last during the look-up: servers take up to 40 s to shut down, and 15 s to start.
const OUTAGE: Duration = Duration::from_mins(1);

/// What to do about a deletion that may still be carried out.
const STILL_THERE: &str = "the server may still delete it: check with get_file_metadata after a minute, and delete it again \
                           only if it is still there; of two deletions at once the second deletes a neighbour";

/// Returns whether a call is a deletion that must be carried out at most once.
pub(crate) fn is_deletion(call: &Call, defaults: &CallOptions) -> bool {
    call.info().deletes == Some(Deletion::Climbing)
        && !call.options().is_unchecked()
        && !defaults.is_unchecked()
}

/// Looks the file up, sends the deletion, and looks the file up again after an unclear failure.
pub(crate) fn delete_once(client: &Client, mut call: Call) -> CallFuture {
    let client = client.with_options(call.options().clone());
    Box::pin(async move {
        let info = call.info();
        // Report problems of the request before anything is sent.
        call.check_narrowed()?;
        call.again().into_request_with(client.options())?;
        let deadline = Deadline::of(client.options(), Some(info), false);
        let namespace = call.path_value(0).unwrap_or_default();
        let path = call.query_value(0).unwrap_or_default();
        let place = Place { client: client.clone(), deadline, namespace, path };
        if !place.is_root() {
            place.look_up().await.map_err(|error| error.with_operation(info))?;
        }
        // Retried only where the server certainly didn't get it.
        call.change_options(|options| deadline.limit(options).idempotent(false));
        let error = match client.send(call).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        if is_clear(&error) {
            return Err(error);
        }
        match is_gone_within(&place, deadline).await {
            Some(true) => Ok(Response::new(Body::empty())),
            Some(false) => Err(error.with_note("it is still there").with_hint(STILL_THERE)),
            None => Err(error.with_note("whether it was deleted is unknown").with_hint(STILL_THERE)),
        }
    })
}

/// Looks until the file is gone or the time is over; `None` if no look succeeded.
async fn is_gone_within(place: &Place, deadline: Deadline) -> Option<bool> {
    let mut seen = false;
    let looking = async {
        let place = place.without_retries();
        let mut retry = TransientRetry::new(&place.client, place.client.options()).limit(OUTAGE).known();
        let mut pace = Backoff::default().waits(Duration::from_millis(200), Duration::from_secs(2));
        let mut since: Option<Instant> = None;
        while retry.run(|| place.is_there()).await? {
            seen = true;
            // An outage doesn't count: a server that shuts down carries out the requests that it accepted.
            if since.get_or_insert_with(Instant::now).elapsed() >= LOOK_UP_FOR {
                return Ok(false);
            }
            pace.wait().await;
        }
        Ok::<bool, Error>(true)
    };
    match deadline.run(looking).await {
        Some(Ok(is_gone)) => Some(is_gone),
        _ => seen.then_some(false),
    }
}

/// Returns whether the deletion certainly wasn't carried out, and won't be.
fn is_clear(error: &Error) -> bool {
    if error.request_sent() == RequestSent::No {
        return true;
    }
    match error.kind() {
        ErrorKind::Dns
        | ErrorKind::Connect
        | ErrorKind::Proxy
        | ErrorKind::Transport
        | ErrorKind::Timeout(_) => false,
        ErrorKind::Decode | ErrorKind::Service => false,
        ErrorKind::Status if error.is_gateway_not_found() => false,
        ErrorKind::Status => error.status().is_some_and(|status| {
            status.is_client_error()
                && (matches!(status.as_u16(), 425 | 429) || !kestra_core::retry::is_transient_status(status))
        }),
        _ => true,
    }
}
