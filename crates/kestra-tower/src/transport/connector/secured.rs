//! A TLS stream that distinguishes a refused handshake from a broken connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::stream::{Stream, Tls};
use crate::transport::tls::LateRefusal;

/// A TLS stream to a host.
pub(super) struct Secured {
    stream: TlsStream<Stream>,
    host: Box<str>,
    /// Whether data was read, which shows that the server has accepted the handshake.
    is_accepted: bool,
    /// Why writing failed, while an alert may still be read.
    failed: Option<io::Error>,
    /// Whether writing the request has begun.
    has_written: bool,
}

impl Secured {
    pub(super) fn new(stream: TlsStream<Stream>, host: Box<str>) -> Self {
        Self { stream, host, is_accepted: false, failed: None, has_written: false }
    }

    fn explain(&self, problem: io::Error) -> io::Error {
        if self.is_accepted {
            return problem;
        }
        let cause = problem.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        let Some(rustls::Error::AlertReceived(alert)) = cause else { return problem };
        io::Error::new(problem.kind(), LateRefusal { host: self.host.clone(), alert: *alert })
    }

    /// Writes with this function, and reads the server's alert if that fails.
    ///
    /// A server that refuses the handshake sends an alert and closes, so writing fails although the reason can be read.
    fn write<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TlsStream<Stream>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let problem = match self.failed.take() {
            Some(refusal) if is_refusal(&refusal) => return Poll::Ready(Err(refusal)),
            Some(problem) => problem,
            None => match write(Pin::new(&mut self.stream), cx) {
                Poll::Ready(Err(problem)) if !self.is_accepted => problem,
                result => return result,
            },
        };
        // An empty buffer reads no data but alerts. Without one yet, the alert or the end of the connection is pending.
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, &mut ReadBuf::new(&mut [])) else {
            self.failed = Some(problem);
            return Poll::Pending;
        };
        let reason = read.err().map(|reason| self.explain(reason));
        let refusal = reason.filter(is_refusal);
        Poll::Ready(Err(refusal.unwrap_or(problem)))
    }
}

impl Tls for Secured {
    #[cfg(feature = "http2")]
    fn is_http2(&self) -> bool {
        self.stream.get_ref().1.alpn_protocol() == Some(b"h2".as_slice())
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.is_accepted |= buffer.filled().len() > before;
        let result = result.map_err(|problem| self.explain(problem));
        match result {
            // Report the error on the request that the connection was opened for, which is about to be written.
            Poll::Ready(Err(refusal)) if !self.has_written && is_refusal(&refusal) => {
                self.failed = Some(refusal);
                Poll::Pending
            }
            result => result,
        }
    }
}

fn is_refusal(problem: &io::Error) -> bool {
    problem.get_ref().is_some_and(|cause| cause.is::<LateRefusal>())
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.has_written |= !bytes.is_empty();
        self.write(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.has_written |= slices.iter().any(|slice| !slice.is_empty());
        self.write(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.has_written {
            // A failure here comes again when the request is written, which reports it.
            return Pin::new(&mut self.stream).poll_flush(cx).map(|_| Ok(()));
        }
        self.write(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}
