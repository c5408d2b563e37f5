//! The body of a response, and the connection that it comes on.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::call::is_broken;
use super::lease::Lease;
#[cfg(feature = "http2")]
use super::lease::SharedLease;

/// Reads a body and, on the same occasion, writes what is left of the request. Nothing moves while nobody polls.
///
/// At its end the connection goes back to the pool; dropped before, it is closed.
pub(crate) struct PooledBody {
    body: Incoming,
    carrier: Carrier,
}

/// What a body comes on.
pub(super) enum Carrier {
    /// It is over.
    Nothing,
    Http1(Lease),
    #[cfg(feature = "http2")]
    Http2 {
        /// Held until the body is read.
        _lease: SharedLease,
    },
}

impl PooledBody {
    pub(super) fn new(body: Incoming, carrier: Carrier) -> Self {
        let mut body = Self { body, carrier };
        body.notice_end();
        body
    }

    /// Gives the connection back at the end of the body.
    fn notice_end(&mut self) {
        if self.body.is_end_stream() {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Carrier::Http1(lease) = std::mem::replace(&mut self.carrier, Carrier::Nothing) {
            lease.end();
        }
    }

    /// Closes the idle connections to the same host: they are as old as the one of this body, which seems dead.
    pub(crate) fn discard_idle(&self) {
        if let Carrier::Http1(lease) = &self.carrier {
            lease.discard_idle();
        }
    }
}

impl http_body::Body for PooledBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let frame = match &mut this.carrier {
            Carrier::Http1(lease) => lease.connection.poll_frame(&mut this.body, cx),
            _ => Pin::new(&mut this.body).poll_frame(cx),
        };
        match &frame {
            Poll::Pending => {}
            Poll::Ready(None) => this.end(),
            Poll::Ready(Some(Ok(_))) => this.notice_end(),
            Poll::Ready(Some(Err(error))) => {
                if is_broken(error) {
                    this.discard_idle();
                }
                this.carrier = Carrier::Nothing;
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
