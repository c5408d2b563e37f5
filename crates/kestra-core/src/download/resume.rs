//! Asking again for the rest of a file that was cut, for files that never change.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE};
use http::{Response, StatusCode};

use super::header;
use crate::body::Body;
use crate::error::Error;
use crate::executor::CallFuture;
use crate::transient::Backoff;

/// How often the rest is requested without receiving a byte.
const MAX_IDLE: u32 = 4;
/// The longest wait before the first of these, and before any: a server that restarts isn't back at once.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Makes the request for what comes from a byte on.
type Again = Box<dyn Fn(u64) -> CallFuture + Send + Sync>;

pub(super) struct Resume {
    again: Again,
    pending: Option<CallFuture>,
    /// How many bytes of a file that came whole were read before.
    skip: u64,
    idle: u32,
    backoff: Backoff,
}

impl Resume {
    pub(super) fn new(again: impl Fn(u64) -> CallFuture + Send + Sync + 'static) -> Self {
        let backoff = Backoff::default().waits(WAITS.0, WAITS.1);
        Self { again: Box::new(again), pending: None, skip: 0, idle: 0, backoff }
    }

    /// Asks for the rest, after a wait, unless that was in vain often enough.
    pub(super) fn begin(&mut self, read: u64) -> bool {
        self.idle += 1;
        let goes_on = self.idle <= MAX_IDLE;
        if goes_on {
            let (wait, call) = (self.backoff.next_wait(), (self.again)(read));
            self.pending = Some(Box::pin(async move {
                tokio::time::sleep(wait.unwrap_or_default()).await;
                call.await
            }));
        }
        goes_on
    }

    /// Returns the body to continue with, or `None` if the rest was not requested.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        read: u64,
        length: Option<u64>,
    ) -> Poll<Option<Result<Body, Error>>> {
        while let Some(pending) = &mut self.pending {
            let answer = ready!(pending.as_mut().poll(cx));
            self.pending = None;
            match answer {
                Ok(response) => return Poll::Ready(Some(self.accept(response, read, length))),
                Err(error) if error.is_transient() && self.begin(read) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        Poll::Ready(None)
    }

    /// Checks that the response continues what was read: with the rest, or with the whole file again.
    fn accept(&mut self, response: Response<Body>, read: u64, length: Option<u64>) -> Result<Body, Error> {
        let (parts, body) = response.into_parts();
        if header(&parts.headers, CONTENT_ENCODING)
            .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
        {
            // The request has `Accept-Encoding: identity`: compressed bytes can't follow the uncompressed ones that
            // were read.
            return Err(Error::invalid(
                "download",
                "the rest of the file is compressed, although the request has `Accept-Encoding: identity`",
            ));
        }
        let is_rest = parts.status == StatusCode::PARTIAL_CONTENT;
        let fits = if is_rest {
            header(&parts.headers, CONTENT_RANGE).is_some_and(|range| begins_at(&range, read))
        } else {
            let now = header(&parts.headers, CONTENT_LENGTH).and_then(|length| length.trim().parse().ok());
            now.or(body.length()).zip(length).is_none_or(|(now, before): (u64, u64)| now == before)
        };
        if !fits {
            return Err(Error::invalid(
                "download",
                "the server sent something other than the rest of the file",
            ));
        }
        self.skip = if is_rest { 0 } else { read };
        Ok(body)
    }

    /// Leaves out of a piece what was read before.
    pub(super) fn cut(&mut self, piece: &mut bytes::Bytes) {
        let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(piece.len());
        self.skip -= known as u64;
        let _ = piece.split_to(known);
        if !piece.is_empty() {
            self.idle = 0;
            self.backoff.reset();
        }
    }

    /// Whether a body that has ended was shorter than what was read before.
    pub(super) fn is_short(&self) -> bool {
        self.skip > 0
    }
}

/// Whether a `Content-Range` such as `bytes 3-9/10` begins at a byte.
fn begins_at(range: &str, byte: u64) -> bool {
    let first = range.trim().strip_prefix("bytes ").and_then(|range| range.split('-').next());
    first.and_then(|first| first.trim().parse().ok()) == Some(byte)
}
