//! Reads a whole body within the attempt.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{Response, StatusCode};
use http_body::Body as _;
use kestra_core::internal::{Collector, ERROR_BODY_LIMIT, depends_on_body};
use kestra_core::{Body, Error, ErrorKind, ErrorResponse};

use super::body::StreamBody;

/// A body that is read into memory. The body of an error response is read up to its limit only. What was read before the
/// connection ended is kept.
pub(crate) struct Collect {
    parts: Option<Parts>,
    body: StreamBody,
    collector: Collector,
    max_body_size: usize,
}

impl Collect {
    pub(crate) fn new(parts: Parts, body: StreamBody, max_body_size: usize) -> Result<Self, Error> {
        let is_success = parts.status.is_success();
        if is_success && body.size_hint().lower() > max_body_size as u64 {
            return Err(too_large(max_body_size).with_response(ErrorResponse::new(parts, Bytes::new())));
        }
        let collector = Collector::new(if is_success { max_body_size } else { ERROR_BODY_LIMIT });
        Ok(Self { parts: Some(parts), body, collector, max_body_size })
    }

    /// Closes the idle connections to the same host.
    pub(crate) fn discard_idle(&self) {
        self.body.discard_idle();
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, Error>> {
        let problem = ready!(self.poll_end(cx));
        let body = self.collector.take();
        Poll::Ready(match (self.parts.take(), problem) {
            (Some(parts), None) => Ok(Response::from_parts(parts, body.into())),
            (Some(parts), Some(error)) => {
                let is_cut = !parts.status.is_success() && error.kind() == ErrorKind::Transport;
                let response = ErrorResponse::new(parts, body);
                Err(if is_cut {
                    Error::from_response(response).with_cut_body(error)
                } else {
                    error.with_response(response)
                })
            }
            (None, _) => Err(Error::new(ErrorKind::Service, "the future was polled after completion")),
        })
    }

    /// Reads to the end, or to the error that the response becomes.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<Error>> {
        let status = self.parts.as_ref().map_or(StatusCode::OK, |parts| parts.status);
        let is_success = status.is_success();
        let is_end = |error: &Error| match error.kind() {
            ErrorKind::Timeout(_) => true,
            ErrorKind::Transport => is_success || depends_on_body(status),
            _ => is_success,
        };
        while !self.body.is_end_stream() {
            let piece = match ready!(self.body.poll_piece(cx)) {
                None => break,
                Some(Ok(frame)) => frame.into_data(),
                Some(Err(error)) if is_end(&error) => return Poll::Ready(Some(error)),
                Some(Err(_)) => break,
            };
            // Trailers are no piece.
            let Ok(piece) = piece else { continue };
            if !self.collector.push(piece, self.body.size_hint().exact()) {
                return Poll::Ready(is_success.then(|| too_large(self.max_body_size)));
            }
        }
        Poll::Ready(None)
    }
}

fn too_large(limit: usize) -> Error {
    let message =
        format!("the body is larger than the limit of {limit} bytes: raise `max_body_size`, or request less");
    Error::new(ErrorKind::Decode, message)
}
