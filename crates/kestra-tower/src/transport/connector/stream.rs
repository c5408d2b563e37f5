//! The bytes between us and the other end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A stream to a server or a proxy.
pub(crate) enum Stream {
    Tcp(TcpStream),
    /// TLS over TCP, or over the TLS of a proxy. Its type is hidden, as all that holds a stream would be compiled with it.
    Tls(Box<dyn Tls>),
    /// What a connector layer gave.
    Other(Box<dyn Io>),
}

/// A stream of bytes.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A stream that speaks TLS.
pub(crate) trait Tls: AsyncRead + AsyncWrite + Send + Unpin {
    /// Whether HTTP/2 was agreed on.
    #[cfg(feature = "http2")]
    fn is_http2(&self) -> bool;
}

/// Calls a method of whichever stream it is.
macro_rules! each {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($inner) => $call,
            Stream::Tls($inner) => $call,
            Stream::Other($inner) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(&mut *self, stream => Pin::new(&mut *stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(&mut *self, stream => Pin::new(&mut *stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(&mut *self, stream => Pin::new(&mut *stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        each!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut *self, stream => Pin::new(&mut *stream).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut *self, stream => Pin::new(&mut *stream).poll_shutdown(cx))
    }
}

/// A stream as the pool wants it.
pub(crate) struct Connection {
    pub(crate) io: TokioIo<Stream>,
    /// Whether requests name their target in full, since a proxy reads them.
    pub(crate) is_forwarded: bool,
}

impl Connection {
    pub(crate) fn new(stream: Stream, is_forwarded: bool) -> Self {
        Self { io: TokioIo::new(stream), is_forwarded }
    }

    /// Whether the server chose HTTP/2.
    #[cfg(feature = "http2")]
    pub(crate) fn is_http2(&self) -> bool {
        match self.io.inner() {
            Stream::Tcp(_) | Stream::Other(_) => false,
            Stream::Tls(stream) => stream.is_http2(),
        }
    }
}
