//! A body that is decompressed while it is read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::GzipDecoder;
use bytes::{Buf as _, Bytes};
use http_body::{Body as _, Frame};
use kestra_core::{Error, ErrorKind, RequestSent};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use super::error::broken_body;
use super::pool::PooledBody;

/// The size of a decompressed chunk at most.
const CHUNK: usize = 8 << 10;

/// A gzip body.
pub(crate) struct Gunzip(GzipDecoder<Compressed>);

impl Gunzip {
    pub(crate) fn new(body: PooledBody) -> Self {
        let mut decoder = GzipDecoder::new(Compressed { body, data: Bytes::new() });
        decoder.multiple_members(true);
        Self(decoder)
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut chunk = vec![0; CHUNK];
        let mut read = ReadBuf::new(&mut chunk);
        let result = ready!(Pin::new(&mut self.0).poll_read(cx, &mut read));
        let length = read.filled().len();
        chunk.truncate(length);
        Poll::Ready(match result {
            Ok(()) => (length > 0).then(|| Ok(Frame::data(chunk.into()))),
            Err(error) => Some(Err(broken(error))),
        })
    }

    /// Closes the idle connections to the same host.
    pub(crate) fn discard_idle(&self) {
        self.0.get_ref().body.discard_idle();
    }
}

/// The compressed bytes.
struct Compressed {
    body: PooledBody,
    data: Bytes,
}

impl AsyncBufRead for Compressed {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.data.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(frame) => this.data = frame.map_err(io::Error::other)?.into_data().unwrap_or_default(),
                None => break,
            }
        }
        Poll::Ready(Ok(&this.data))
    }

    fn consume(mut self: Pin<&mut Self>, length: usize) {
        self.data.advance(length);
    }
}

impl AsyncRead for Compressed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let data = ready!(self.as_mut().poll_fill_buf(cx))?;
        let length = data.len().min(buffer.remaining());
        buffer.put_slice(&data[..length]);
        self.consume(length);
        Poll::Ready(Ok(()))
    }
}

/// Returns the error of a compressed body that can't be read.
fn broken(error: io::Error) -> Error {
    let error = match error.downcast::<hyper::Error>() {
        Ok(error) => return broken_body(error),
        Err(error) => error,
    };
    if error.kind() == io::ErrorKind::UnexpectedEof {
        // The compressor stopped early, but closed the connection properly.
        Error::from_source(ErrorKind::Transport, error).with_message("the compressed body ended early")
    } else {
        Error::from_source(ErrorKind::Decode, error).with_message("the body is not valid gzip")
    }
    .with_request_sent(RequestSent::Yes)
}
