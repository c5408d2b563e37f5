//! Streams of server-sent events.

use kestra_core::internal::sse::{Decoder, Event};
use kestra_core::sse::SseError;

/// The events of a stream, and what ends it.
type Read = (Vec<Event>, Option<SseError>);

/// A stream reads the same however it is cut into pieces, and as the HTML standard says.
///
/// The first byte says into which pieces; the second how large an event may be, up to 1 MiB if it is 0; the stream begins then.
pub fn events(data: &[u8]) {
    let [seed, limit, stream @ ..] = data else { return };
    let limit = match limit {
        0 => 1 << 20,
        // A decoder waits for the three bytes that a stream may begin with.
        limit => usize::from(*limit) + 3,
    };
    let meant = by_the_standard(stream, limit);
    assert_eq!(decoded([stream], limit), meant, "whole");
    assert_eq!(decoded(stream.chunks(1), limit), meant, "byte by byte");
    assert_eq!(decoded(pieces(stream, *seed), limit), meant, "in pieces");
}

/// Pieces of all kinds of sizes, some of them empty.
fn pieces(mut stream: &[u8], mut seed: u8) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        seed = seed.wrapping_mul(77).wrapping_add(31);
        let (piece, rest) = stream.split_at(usize::from(seed >> 3).min(stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}

fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> Read {
    let mut decoder = Decoder::with_limit(limit);
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(problem) => return (events, Some(problem)),
            }
        }
    }
    (events, None)
}

/// What a stream says, line by line; a line and the data before it are no larger than the limit.
fn by_the_standard(stream: &[u8], limit: usize) -> Read {
    let mut rest = stream.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stream);
    let (mut events, mut event, mut data) = (Vec::new(), Event::default(), None::<String>);
    loop {
        let end = rest.iter().position(|byte| b"\r\n".contains(byte));
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        if line.len() + data.as_ref().map_or(0, String::len) > limit {
            return (events, Some(SseError::TooLarge { limit }));
        }
        // What has no end is no line yet.
        if end.is_none() {
            return (events, None);
        }
        rest = after.strip_prefix(b"\r\n").unwrap_or(&after[1..]);
        let Ok(line) = std::str::from_utf8(line) else { return (events, Some(SseError::NotUtf8)) };
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            _ if line.is_empty() => {
                if let Some(data) = data.take() {
                    event.data = data;
                    events.push(event.clone());
                }
                event.event.clear();
            }
            "data" => {
                data = Some(match data {
                    Some(before) => before + "\n" + value,
                    None => value.to_owned(),
                });
            }
            "event" => value.clone_into(&mut event.event),
            "id" if !value.contains('\0') => value.clone_into(&mut event.id),
            _ => {}
        }
    }
}
