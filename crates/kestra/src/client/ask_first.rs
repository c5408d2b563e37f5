//! Asking whether a thing is there before a body goes to a route that may answer an error early.
//!
//! Such an error, sent before the server has read the body, makes the server hang. Bodies that arrive together with their
//! head are read in time, so small ones need no question.

use kestra_core::{Call, CallFuture, CallOptions};

use super::Client;
use super::deadline::Deadline;

/// What certainly arrives in the server's first read together with the head, in bytes.
const SMALL: u64 = 1024;

/// The request that asks, if the call needs it.
pub(super) fn question(call: &Call, defaults: &CallOptions) -> Option<Call> {
    call.info().asks_first?;
    if call.options().is_unchecked() || defaults.is_unchecked() {
        return None;
    }
    match call.body_length() {
        Some(length) if length <= SMALL => None,
        _ => call.question(),
    }
}

/// Both requests share server, options and deadline.
pub(super) fn ask_then_send(client: Client, question: Call, mut call: Call) -> CallFuture {
    Box::pin(async move {
        let info = call.info();
        let deadline = Deadline::of(call.options(), &client.options, Some(info));
        client.send(question).await.map_err(|error| error.of_operation(info))?;
        call.change_options(|options| deadline.limit(options));
        client.send(call).await
    })
}
