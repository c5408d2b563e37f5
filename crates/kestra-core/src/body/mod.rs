//! Bodies of requests and responses, and the multipart forms that requests are made of.

mod collect;
mod file;
mod file_name;
mod multipart;
#[cfg(feature = "blocking")]
mod reader;
mod segments;
mod stream;

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

pub use collect::Collector;
pub(crate) use file::FileContent;
pub use file::{FilePart, OnProgress, Progress};
pub use multipart::Multipart;

use stream::{Stream, stream};

use crate::error::{BoxError, Error};

/// The body of a request or a response: bytes in memory, a stream that can be opened again, or one that can't.
///
/// Bytes leave in the same write as the head, with a `Content-Length`. A body that can be opened again is sent again by a
/// retry; one that can't is sent once.
#[derive(Default)]
pub struct Body(Kind);

enum Kind {
    Bytes(Bytes),
    // Boxed, so that a body of bytes, which almost all are, is no larger for it.
    Reopen(Box<Reopen>),
    Once(Stream),
}

struct Reopen {
    open: Arc<dyn Fn() -> Stream + Send + Sync>,
    opened: Option<Stream>,
    length: Option<u64>,
}

impl Default for Kind {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

impl Body {
    /// No bytes.
    #[inline]
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that `open` makes anew for each attempt; `length` is its exact length, if known.
    #[must_use]
    pub fn reopen<F, B>(length: Option<u64>, open: F) -> Self
    where
        F: Fn() -> B + Send + Sync + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let open = move || stream(open());
        Self(Kind::Reopen(Box::new(Reopen { open: Arc::new(open), opened: None, length })))
    }

    /// Any other body, sent once; a `Body` stays what it is.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let mut body = Some(body);
        // Layers that leave the body alone cost nothing: it isn't boxed again.
        if let Some(body) = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>() {
            return body.take().unwrap_or_default();
        }
        match body {
            Some(body) => Self(Kind::Once(stream(body))),
            None => Self::default(),
        }
    }

    /// A copy, if the body can be sent again.
    #[inline]
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(Self(Kind::Bytes(bytes.clone()))),
            Kind::Reopen(body) => {
                let again = Reopen { open: Arc::clone(&body.open), opened: None, length: body.length };
                Some(Self(Kind::Reopen(Box::new(again))))
            }
            Kind::Once(_) => None,
        }
    }

    /// The bytes, if they are all in memory.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Takes the bytes out, if they are all in memory.
    ///
    /// # Errors
    ///
    /// The body itself, if it is a stream.
    #[inline]
    pub fn into_bytes(self) -> Result<Bytes, Self> {
        match self.0 {
            Kind::Bytes(bytes) => Ok(bytes),
            kind => Err(Self(kind)),
        }
    }

    /// Reads all of it into memory.
    ///
    /// # Errors
    ///
    /// The connection broke, or the stream was silent for too long.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let mut collector = Collector::new(usize::MAX);
        collector.read(self).await.map_err(Error::from_boxed)?;
        Ok(collector.take())
    }

    /// The exact length, if known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        http_body::Body::size_hint(self).exact()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Bytes(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Reopen(body) => {
                let Reopen { open, opened, .. } = &mut **body;
                let stream = opened.get_or_insert_with(|| open());
                Pin::new(stream).poll_frame(cx)
            }
            Kind::Once(stream) => Pin::new(stream).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Bytes(bytes) => bytes.is_empty(),
            Kind::Reopen(body) => match &body.opened {
                Some(stream) => stream.is_end_stream(),
                None => body.length == Some(0),
            },
            Kind::Once(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Once(stream) => stream.size_hint(),
            Kind::Reopen(body) => match &body.opened {
                Some(stream) => stream.size_hint(),
                None => body.length.map(SizeHint::with_exact).unwrap_or_default(),
            },
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::Bytes(_) => "bytes",
            Kind::Reopen(_) => "reopen",
            Kind::Once(_) => "once",
        };
        f.debug_struct("Body").field("kind", &kind).field("length", &self.length()).finish()
    }
}

macro_rules! from_bytes {
    ($($type:ty),*) => {$(
        impl From<$type> for Body {
            fn from(bytes: $type) -> Self {
                Self(Kind::Bytes(bytes.into()))
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, String, &'static str, &'static [u8]);
