//! Spoiling an answer that a route gave.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::http::{Reply, ReplyBody};

/// How long it takes until what was written is out.
const FLUSH: Duration = Duration::from_millis(5);

/// The answer with half a body, as if that were all; what has no half becomes something that isn't JSON.
pub(crate) fn malform(mut reply: Reply) -> Reply {
    reply.body = ReplyBody::Bytes(match &reply.body {
        ReplyBody::Bytes(body) if body.len() > 1 => body.slice(..body.len() / 2),
        _ => Bytes::from_static(b"{\"broken\": "),
    });
    reply
}

/// A stream that breaks off in the middle of what comes after some events; what ends before isn't cut.
pub(crate) fn cut_stream(reply: Reply, events: usize) -> Reply {
    let Reply { status, headers, body } = reply;
    let ReplyBody::Stream(stream) = body else { return Reply { status, headers, body } };
    let spoilt = stream.enumerate().flat_map(move |(index, part)| {
        let part = match part {
            Ok(bytes) if index == events => Ok(bytes.slice(..bytes.len() / 2)),
            other => other,
        };
        let end = (index == events).then(|| {
            stream::once(async {
                tokio::time::sleep(FLUSH).await;
                Err(io::Error::other("cut on purpose"))
            })
        });
        stream::iter([part]).chain(stream::iter(end).flatten()).boxed()
    });
    Reply { status, headers, body: ReplyBody::Stream(spoilt.boxed()) }
}

/// The answer as a stream that breaks off half way, and the length that its head announces.
pub(crate) fn cut_within(reply: Reply) -> (Reply, Option<usize>) {
    // A moment's wait lets out what was sent so far.
    let broken = || {
        stream::once(async {
            tokio::time::sleep(FLUSH).await;
            Err(io::Error::other("cut on purpose"))
        })
    };
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
