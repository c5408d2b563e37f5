//! Compression of answers, as servers compress them.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};

use super::reply::{Reply, ReplyBody};

/// What is shorter isn't worth it to a server, in bytes.
const SHORTEST: usize = 1024;

/// Whether a client takes gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Compresses JSON, text and event streams. Files stay as they are, and there is no `Vary`.
pub(crate) fn gzip(mut reply: Reply) -> io::Result<Reply> {
    let media_type =
        reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = media_type.starts_with("text/") || media_type.contains("json");
    let is_short = matches!(&reply.body, ReplyBody::Bytes(bytes) if bytes.len() < SHORTEST);
    if !is_text || is_short || reply.headers.contains_key(CONTENT_ENCODING) {
        return Ok(reply);
    }
    reply.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    reply.headers.remove(CONTENT_LENGTH);
    reply.body = match reply.body {
        ReplyBody::Bytes(bytes) => {
            let mut encoder = encoder();
            encoder.write_all(&bytes)?;
            ReplyBody::Bytes(encoder.finish()?.into())
        }
        ReplyBody::Stream(parts) => ReplyBody::Stream(pieces(parts)),
    };
    Ok(reply)
}

fn encoder() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::default())
}

type Parts = BoxStream<'static, io::Result<Bytes>>;

/// Each part as soon as it is there, so that an event isn't held back for those after it.
fn pieces(parts: Parts) -> Parts {
    let state = (parts, Some(encoder()));
    stream::unfold(state, |(mut parts, mut encoder)| async move {
        let mut current = encoder.take()?;
        let piece = match parts.next().await {
            Some(Ok(part)) => {
                let piece = write(&mut current, &part);
                encoder = Some(current);
                piece
            }
            Some(Err(broken)) => Err(broken),
            None => current.finish().map(Bytes::from),
        };
        Some((piece, (parts, encoder)))
    })
    .boxed()
}

fn write(encoder: &mut GzEncoder<Vec<u8>>, part: &[u8]) -> io::Result<Bytes> {
    encoder.write_all(part)?;
    encoder.flush()?;
    Ok(std::mem::take(encoder.get_mut()).into())
}
