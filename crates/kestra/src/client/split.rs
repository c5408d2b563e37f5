//! Calls that ask for more than one request line holds, where one after the other means the same.

use kestra_core::{Call, CallFuture, Error, ErrorKind, REQUEST_LINE_LIMIT};

use super::Client;
use super::deadline::Deadline;

/// What is kept free in a line for the method, the server's path prefix and the path.
const FREE: usize = 1024;

/// The pieces of a call that is too long for one line.
pub(super) fn pieces(call: &mut Call) -> Option<Vec<Call>> {
    let index = call.info().query_parameters.iter().position(|parameter| parameter.split)?;
    let pieces = call.split_query(index, REQUEST_LINE_LIMIT - FREE);
    (pieces.len() > 1).then_some(pieces)
}

/// Sends them in their order, all within the deadline of the call; the answer is the last one's.
pub(super) fn send_all(client: Client, pieces: Vec<Call>) -> CallFuture {
    Box::pin(async move {
        let deadline =
            pieces.first().map(|call| Deadline::of(call.options(), &client.options, Some(call.info())));
        let mut answer = Err(Error::new(ErrorKind::Build, "the call has no pieces"));
        for (place, mut piece) in pieces.into_iter().enumerate() {
            if let Some(deadline) = deadline {
                piece.change_options(|options| deadline.limit(options));
            }
            answer = client.send(piece).await;
            if let Err(error) = answer {
                // All of it is idempotent, so the caller may begin again.
                return Err(if place > 0 { error.note("a part of the revisions is deleted") } else { error });
            }
        }
        answer
    })
}
