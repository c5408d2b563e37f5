//! Reading a whole body within the attempt.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use kestra_core::internal::ERROR_BODY_LIMIT;
use kestra_core::{Body, Error, ErrorKind, ErrorResponse};

use super::idle::IdleTimer;
use super::received::Received;

/// A body on its way into memory.
pub(crate) struct Collect {
    parts: Option<Parts>,
    body: Received,
    kept: Kept,
    limit: Limit,
    idle: Option<IdleTimer>,
}

#[derive(Clone, Copy)]
enum Limit {
    /// More is an error, and so is a body that is cut short.
    Refuse(usize),
    /// What an error says: more is left unread, and what came before a cut is kept.
    Discard(usize),
}

/// What was read: most bodies are one piece, which is kept as it came.
enum Kept {
    One(Bytes),
    Many(Vec<u8>),
}

impl Collect {
    pub(crate) fn new(
        parts: Parts,
        body: Received,
        max_body_size: usize,
        idle: Option<Duration>,
    ) -> Result<Self, Error> {
        let limit = if parts.status.is_success() {
            Limit::Refuse(max_body_size)
        } else {
            Limit::Discard(ERROR_BODY_LIMIT)
        };
        if let Limit::Refuse(limit) = limit
            && body.size_hint().lower() > limit as u64
        {
            return Err(too_large(limit).with_response(ErrorResponse::new(parts, Bytes::new())));
        }
        let idle = idle.map(IdleTimer::new);
        Ok(Self { parts: Some(parts), body, kept: Kept::One(Bytes::new()), limit, idle })
    }

    /// Closes the idle connections to the same host.
    pub(crate) fn discard_idle(&self) {
        self.body.discard_idle();
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, Error>> {
        while !self.body.is_end_stream() {
            let frame = match self.body.poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    let Some(idle) = &mut self.idle else { return Poll::Pending };
                    return idle.poll_silence(cx).map(|error| {
                        self.body.discard_idle();
                        Err(self.fail(error))
                    });
                }
            };
            if let Some(idle) = &mut self.idle {
                idle.reset();
            }
            let data = match frame {
                None => break,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_trailers) => continue,
                },
                Some(Err(_)) if matches!(self.limit, Limit::Discard(_)) => break,
                Some(Err(error)) => return Poll::Ready(Err(self.fail(error))),
            };
            let room = match self.limit {
                Limit::Refuse(limit) | Limit::Discard(limit) => limit - self.kept.len(),
            };
            if data.len() <= room {
                let expected = self.body.size_hint().exact().unwrap_or(0);
                let expected = usize::try_from(expected).unwrap_or(room).min(room - data.len());
                self.kept.push(data, expected);
                continue;
            }
            match self.limit {
                Limit::Refuse(limit) => return Poll::Ready(Err(self.fail(too_large(limit)))),
                Limit::Discard(_) => {
                    self.kept.push(data.slice(..room), 0);
                    break;
                }
            }
        }
        let body = self.kept.take();
        Poll::Ready(match self.parts.take() {
            Some(parts) => Ok(Response::from_parts(parts, body.into())),
            None => Err(Error::new(ErrorKind::Service, "the future was polled after it was done")),
        })
    }

    fn fail(&mut self, error: Error) -> Error {
        match self.parts.take() {
            Some(parts) => error.with_response(ErrorResponse::new(parts, self.kept.take())),
            None => error,
        }
    }
}

fn too_large(limit: usize) -> Error {
    let message = format!(
        "the body is larger than the limit of {limit} bytes; raise max_body_size, or ask for less or for a stream"
    );
    Error::new(ErrorKind::Decode, message)
}

impl Kept {
    fn len(&self) -> usize {
        match self {
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    /// Adds a piece, after which this many bytes are expected.
    fn push(&mut self, data: Bytes, expected: usize) {
        match self {
            Self::One(first) if first.is_empty() => *first = data,
            Self::One(first) => {
                let mut all = Vec::with_capacity(first.len() + data.len() + expected);
                all.extend_from_slice(first);
                all.extend_from_slice(&data);
                *self = Self::Many(all);
            }
            Self::Many(all) => all.extend_from_slice(&data),
        }
    }

    fn take(&mut self) -> Bytes {
        match std::mem::replace(self, Self::One(Bytes::new())) {
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.into(),
        }
    }
}
