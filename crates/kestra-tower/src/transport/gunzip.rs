//! A body that is decompressed while it is read.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderValue, Request, Response};
use http_body::{Body as _, Frame};
use kestra_core::{BoxError, Error, ErrorKind, RequestSent};
use tower_http::decompression::{Decompression, DecompressionBody, ResponseFuture};
use tower_service::Service;

use super::error::broken_body;
use super::pool::PooledBody;

/// A gzip body.
pub(crate) struct Gunzip {
    state: State,
    /// How many bytes were decompressed, modulo 2^32 as in gzip.
    length: u32,
}

enum State {
    /// A service that returns a response which exists already, as tower-http decompresses only the responses of services.
    Opening(ResponseFuture<Ready<Result<Response<Tail>, Infallible>>>),
    Reading(DecompressionBody<Tail>),
}

impl Gunzip {
    pub(crate) fn new(body: PooledBody) -> Self {
        let body = Tail { body, last: [0; 4] };
        let state = State::Opening(Decompression::new(Echo).call(Request::new(body)));
        Self { state, length: 0 }
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            match &mut self.state {
                State::Opening(future) => {
                    let Ok(response) = ready!(Pin::new(future).poll(cx));
                    self.state = State::Reading(response.into_body());
                }
                State::Reading(body) => {
                    let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
                    if let Some(Ok(frame)) = &frame {
                        let length = frame.data_ref().map_or(0, Bytes::len);
                        self.length = self.length.wrapping_add(length as u32);
                    }
                    return Poll::Ready(match frame {
                        None if u32::from_le_bytes(body.get_ref().last) != self.length => {
                            Some(Err(incomplete()))
                        }
                        frame => frame.map(|frame| frame.map_err(broken)),
                    });
                }
            }
        }
    }

    /// Closes the idle connections to the same host.
    pub(crate) fn discard_idle(&self) {
        if let State::Reading(body) = &self.state {
            body.get_ref().body.discard_idle();
        }
    }
}

/// A body that keeps its last four bytes: a gzip stream ends with its uncompressed length.
struct Tail {
    body: PooledBody,
    last: [u8; 4],
}

impl Tail {
    fn remember(&mut self, data: &[u8]) {
        for byte in &data[data.len().saturating_sub(4)..] {
            self.last.rotate_left(1);
            self.last[3] = *byte;
        }
    }
}

impl http_body::Body for Tail {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.remember(data);
        }
        Poll::Ready(frame)
    }
}

/// A service that returns the body of the request as a gzip response.
struct Echo;

impl Service<Request<Tail>> for Echo {
    type Response = Response<Tail>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Tail>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Tail>) -> Self::Future {
        let mut response = Response::new(request.into_body());
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        ready(Ok(response))
    }
}

/// Returns the error of a body with several gzip members: tower-http would silently drop those after the first.
fn incomplete() -> Error {
    Error::new(ErrorKind::Decode, "the gzip body has several members, or is damaged")
        .with_request_sent(RequestSent::Yes)
}

/// Returns the error of a compressed body that can't be read.
fn broken(error: BoxError) -> Error {
    let error = match error.downcast::<hyper::Error>() {
        Ok(error) => return broken_body(*error),
        Err(error) => error,
    };
    let is_cut =
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof);
    if is_cut {
        // The compressor stopped early, but closed the connection properly.
        Error::from_source(ErrorKind::Transport, error).with_message("the compressed body ended early")
    } else {
        Error::from_source(ErrorKind::Decode, error).with_message("the body is not valid gzip")
    }
    .with_request_sent(RequestSent::Yes)
}
