//! The way of a call from the builder to the stack of layers.
//!
//! The steps in order; most calls need none of them and go to the stack at once:
//!
//! 1. An action by query is checked, counted against `at_most`, and sent by ids if some version would read one of its
//!    filters otherwise (`actions`).
//! 2. For a parameter that open source ignores, the server's edition is requested (`prechecks`).
//! 3. For breakpoints, the flow is requested and must have their tasks (`prechecks`).
//! 4. For an operation whose early errors make a server hang, the resource of the call is requested (`prechecks`).
//! 5. The request is sent in one of these ways:
//!    - a creation with a key once, looked up before it and after an unclear failure (`executions::create_once`);
//!    - a list that is too long for one request line, in pieces, one after the other;
//!    - a deletion that may delete the folder above, once, with a look-up before and after (`files::delete_once`);
//!    - a file of an execution, again for the execution that a redirect names;
//!    - any other call as it is.
//! 6. The failure of an operation that only Enterprise has is explained by the server's edition (`prechecks`).
//! 7. A deletion or an action by query is logged (`actions`).

use http::Response;
use http::header::LOCATION;
use kestra_core::internal::REQUEST_LINE_LIMIT;
use kestra_core::{Body, Call, CallFuture, Edition, Error, ErrorKind};

use super::deadline::Deadline;
use super::{Client, prechecks};

/// What is kept free in a request line for the method, the server's path prefix and the path, in bytes.
const FREE: usize = 1024;

/// How many redirects are followed, so that a loop ends.
const MAX_REDIRECTS: usize = 3;

/// The position of the execution's id among the path parameters.
const EXECUTION: usize = 0;

/// Does steps 2 to 6, which steps 1 and 7 enclose.
pub(super) fn execute(client: &Client, call: Call) -> CallFuture {
    match is_plain(client, &call) {
        true => client.send(call),
        false => Box::pin(check_and_send(client.clone(), call)),
    }
}

/// Returns whether the call goes to the stack as it is.
fn is_plain(client: &Client, call: &Call) -> bool {
    let info = call.info();
    !(call.has_key()
        || info.redirects
        || info.edition == Edition::Enterprise
        || call.has_parameter(|parameter| parameter.split)
        || crate::files::is_deletion(call, &client.options)
        || prechecks::are_needed(call, &client.options))
}

/// Does the steps for a call that needs them. All requests share server, options and deadline; of a cluster they go to one
/// member while that works.
async fn check_and_send(client: Client, mut call: Call) -> Result<Response<Body>, Error> {
    call.change_options(|options| client.chain(options));
    let options = call.options().clone();
    let deadline = Deadline::of(&options.or(&client.options), Some(call.info()), call.waits());
    if prechecks::are_needed(&call, &client.options) {
        prechecks::run(&client, &mut call, deadline).await?;
    }
    match send(&client, call, deadline).await {
        Err(error) => Err(prechecks::explain(&client, options, error, deadline).await),
        response => response,
    }
}

/// Sends the request in the way that its operation needs.
fn send(client: &Client, mut call: Call, deadline: Deadline) -> CallFuture {
    if let Some(key) = call.take_key() {
        return crate::executions::create_once(client, call, key);
    }
    if let Some(pieces) = pieces(&mut call) {
        return Box::pin(send_all(client.clone(), pieces, deadline));
    }
    if crate::files::is_deletion(&call, &client.options) {
        return crate::files::delete_once(client, call);
    }
    if call.info().redirects {
        return Box::pin(send_and_follow(client.clone(), call, deadline));
    }
    client.send(call)
}

/// Splits a call that is too long for one request line.
fn pieces(call: &mut Call) -> Option<Vec<Call>> {
    let index = call.info().query_parameters.iter().position(|parameter| parameter.split)?;
    let pieces = call.split_query(index, REQUEST_LINE_LIMIT - FREE);
    (pieces.len() > 1).then_some(pieces)
}

/// Sends pieces in their order; the response is the last one's.
async fn send_all(client: Client, pieces: Vec<Call>, deadline: Deadline) -> Result<Response<Body>, Error> {
    let mut response = Err(Error::new(ErrorKind::Build, "the call has no pieces"));
    for (place, mut piece) in pieces.into_iter().enumerate() {
        piece.change_options(|options| deadline.limit(options));
        response = client.send(piece).await;
        if let Err(error) = response {
            // All pieces are idempotent, so the caller may repeat the call.
            return Err(if place > 0 { error.with_note("some of the values were processed") } else { error });
        }
    }
    response
}

/// Sends a call, and again for the execution that a redirect names, within the deadline of the call.
///
/// Only the id is taken from a redirect, so that neither the call nor its credentials can be sent to another server.
async fn send_and_follow(
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
