//! Files of executions: a server redirects to the execution that a file belongs to.

use http::Response;
use http::header::LOCATION;
use kestra_core::{Body, Call, Error, ErrorKind};

use super::Client;
use super::deadline::Deadline;

/// How many redirects are followed, so that a loop ends.
const MAX_REDIRECTS: usize = 3;

/// The position of the execution's id among the path parameters.
const EXECUTION: usize = 0;

/// Sends a call, and again for the execution that a redirect names, within the deadline of the call.
///
/// Only the id is taken from a redirect, so that neither the call nor its credentials can be sent to another server.
pub(super) async fn send_and_follow(
    client: Client,
    mut call: Call,
    deadline: Deadline,
) -> Result<Response<Body>, Error> {
    for _ in 0..MAX_REDIRECTS {
        let mut next = call.again();
        let error = match client.send(call).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let Some(other) = execution(&error) else { return Err(error) };
        if next.path_value(EXECUTION).as_deref() == Some(&other) {
            return Err(error);
        }
        next.change_path(EXECUTION, &other);
        next.change_options(|options| deadline.limit(options));
        call = next;
    }
    client.send(call).await
}

/// Returns the id of the execution that a redirect names.
fn execution(error: &Error) -> Option<String> {
    let response = error.response().filter(|_| error.kind() == ErrorKind::Status)?;
    if !response.parts.status.is_redirection() {
        return None;
    }
    // `Location` has the file's name unencoded, so it may contain bytes that aren't ASCII.
    let location = String::from_utf8_lossy(response.parts.headers.get(LOCATION)?.as_bytes());
    let (_, rest) = location.split_once("/executions/")?;
    let id = rest.split(['/', '?', '#']).next()?;
    let is_id =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_id.then(|| id.to_owned())
}
