//! The body of a response, decompressed if the request accepted gzip.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use kestra_core::Error;

use super::error::broken_body;
#[cfg(feature = "gzip")]
use super::gunzip::Gunzip;
use super::pool::PooledBody;

/// A response body with errors of type `Error`.
pub(crate) struct Received(Form);

enum Form {
    Plain(PooledBody),
    #[cfg(feature = "gzip")]
    Gzip(Box<Gunzip>),
    /// A compressed error response that can't be read.
    Unreadable,
}

impl Received {
    #[inline]
    pub(crate) fn plain(body: PooledBody) -> Self {
        Self(Form::Plain(body))
    }

    pub(crate) fn unreadable() -> Self {
        Self(Form::Unreadable)
    }

    /// Decompresses a body and removes the headers about its compression. Without the feature `gzip` the body stays as it is.
    #[cfg(feature = "gzip")]
    pub(crate) fn gzip(headers: &mut HeaderMap, body: PooledBody) -> Result<Self, PooledBody> {
        headers.remove(http::header::CONTENT_ENCODING);
        headers.remove(http::header::CONTENT_LENGTH);
        Ok(Self(Form::Gzip(Box::new(Gunzip::new(body)))))
    }

    #[cfg(not(feature = "gzip"))]
    pub(crate) fn gzip(_: &mut HeaderMap, body: PooledBody) -> Result<Self, PooledBody> {
        Err(body)
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Form::Plain(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(broken_body)))
            }
            #[cfg(feature = "gzip")]
            Form::Gzip(body) => body.poll_frame(cx),
            Form::Unreadable => Poll::Ready(None),
        }
    }

    /// Closes the idle connections to the same host.
    pub(crate) fn discard_idle(&self) {
        match &self.0 {
            Form::Plain(body) => body.discard_idle(),
            #[cfg(feature = "gzip")]
            Form::Gzip(body) => body.discard_idle(),
            Form::Unreadable => {}
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        match &self.0 {
            Form::Plain(body) => body.is_end_stream(),
            #[cfg(feature = "gzip")]
            Form::Gzip(_) => false,
            Form::Unreadable => true,
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Form::Plain(body) => body.size_hint(),
            #[cfg(feature = "gzip")]
            Form::Gzip(_) => SizeHint::default(),
            Form::Unreadable => SizeHint::with_exact(0),
        }
    }
}
