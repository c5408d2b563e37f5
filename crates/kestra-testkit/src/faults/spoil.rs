//! Spoiling an answer that a route gave.

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::http::{Reply, ReplyBody};

/// The answer with half a body, as if that were all; what has no half becomes something that isn't JSON.
pub(crate) fn malform(mut reply: Reply) -> Reply {
    reply.body = ReplyBody::Bytes(match &reply.body {
        ReplyBody::Bytes(body) if body.len() > 1 => body.slice(..body.len() / 2),
        _ => Bytes::from_static(b"{\"broken\": "),
    });
    reply
}

/// The answer as a stream that breaks off half way, and the length that its head announces.
pub(crate) fn cut_within(reply: Reply) -> (Reply, Option<usize>) {
    let broken = || stream::iter([Err(io::Error::other("cut on purpose"))]);
    let Reply { status, headers, body } = reply;
    let (body, length) = match body {
        ReplyBody::Bytes(body) => {
            let half = body.slice(..body.len() / 2);
            // Without a body there is nothing to break within: it announces one that never comes.
            let length = body.len().max(1);
            (stream::iter([Ok(half)]).chain(broken()).boxed(), Some(length))
        }
        ReplyBody::Stream(stream) => (stream.take(1).chain(broken()).boxed(), None),
    };
    (Reply { status, headers, body: ReplyBody::Stream(body) }, length)
}
