//! A socket that counts in how many reads a request arrives.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many bytes a real server takes from the socket at first.
const FIRST_READ: usize = 2048;

/// The reads of a connection since its last answer.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    count: AtomicUsize,
    answers: AtomicUsize,
}

impl Reads {
    /// In how many reads the request came so far.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether another request was answered on the connection before.
    pub(crate) fn is_used(&self) -> bool {
        self.answers.load(Ordering::Relaxed) > 0
    }

    /// Begins to count for the next request.
    pub(crate) fn reset(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.count.store(0, Ordering::Relaxed);
    }
}

/// A TCP stream whose reads are counted, the first of a request being as small as a real server's.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: TcpStream,
    reads: std::sync::Arc<Reads>,
}

impl Watched {
    pub(crate) fn new(stream: TcpStream, reads: std::sync::Arc<Reads>) -> Self {
        Self { stream, reads }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let first = self.reads.count() == 0;
        let limit = if first { FIRST_READ } else { usize::MAX };
        let before = buf.filled().len();
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(buf.remaining().min(limit)));
        let polled = Pin::new(&mut self.stream).poll_read(cx, &mut part);
        let read = part.filled().len();
        buf.set_filled(before + read);
        if read > 0 {
            self.reads.count.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
