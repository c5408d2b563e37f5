//! Spoiling an answer that a route gave.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::fault::FalseEnd;
use super::plan::Break;
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

/// A stream that breaks off within what comes after some events, or in a silence; what ends before isn't cut.
pub(crate) fn cut_stream(reply: Reply, place: Break) -> Reply {
    let Reply { status, headers, body } = reply;
    let ReplyBody::Stream(stream) = body else { return Reply { status, headers, body } };
    let spoilt = stream::unfold((stream, Some(place)), |(mut stream, place)| async move {
        // After the break there is nothing.
        let mut place = place?;
        if place.is_reached {
            // A moment's wait lets out what was sent so far.
            tokio::time::sleep(FLUSH).await;
            return Some((Err(cut()), (stream, None)));
        }
        let next = match place.silence {
            Some(silence) => tokio::time::timeout(silence, stream.next()).await,
            None => Ok(stream.next().await),
        };
        let Ok(part) = next else { return Some((Err(cut()), (stream, None))) };
        let mut part = part?;
        if place.events == 0 {
            place.is_reached = true;
            part = part.map(|bytes| bytes.slice(..(bytes.len() as f64 * place.share) as usize));
        } else {
            place.events -= 1;
            place.is_reached = place.is_between && place.events == 0;
        }
        Some((part, (stream, Some(place))))
    });
    Reply { status, headers, body: ReplyBody::Stream(spoilt.boxed()) }
}

/// A stream of states that ends with its first event after the stub, which says that it is the end.
pub(crate) fn end_falsely(reply: Reply, lie: FalseEnd) -> Reply {
    let Reply { status, headers, body } = reply;
    let ReplyBody::Stream(stream) = body else { return Reply { status, headers, body } };
    let spoilt = stream.take(2).enumerate().map(move |(place, part)| match (place, part) {
        (1, Ok(event)) => Ok(false_end(&event, lie).unwrap_or(event)),
        (_, part) => part,
    });
    Reply { status, headers, body: ReplyBody::Stream(spoilt.boxed()) }
}

fn false_end(event: &[u8], lie: FalseEnd) -> Option<Bytes> {
    let text = std::str::from_utf8(event).ok()?;
    let data = text.lines().find_map(|line| line.strip_prefix("data: "))?;
    let mut execution: Value = serde_json::from_str(data).ok()?;
    let (id, state) = match lie {
        FalseEnd::Running => (execution["id"].clone(), "RUNNING"),
        FalseEnd::OtherExecution => (Value::from("another"), "SUCCESS"),
    };
    execution["id"] = id;
    execution["state"]["current"] = state.into();
    Some(Bytes::from(format!("id: end\ndata: {execution}\n\n")))
}

fn cut() -> io::Error {
    io::Error::other("cut on purpose")
}

/// The answer as a stream that breaks off half way, and the length that its head announces.
pub(crate) fn cut_within(reply: Reply) -> (Reply, Option<usize>) {
    let broken = || {
        stream::once(async {
            tokio::time::sleep(FLUSH).await;
            Err(cut())
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
