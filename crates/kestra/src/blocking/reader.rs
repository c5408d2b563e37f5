//! Downloads as readers.

use std::fmt;
use std::io::{self, BufRead, Read};

use bytes::{Buf as _, Bytes};
use kestra_core::Download;

use super::Iter;

/// The bytes of a download, for threads that have no runtime. Returned by [`Client::reader`](super::Client::reader).
///
/// An error of the download is the source of the [`io::Error`]. To upload a download, give it to
/// [`FilePart::stream`](crate::FilePart::stream): an upload reads the reader of [`FilePart::reader`](crate::FilePart::reader) on
/// a thread of the runtime, where this one is an error.
pub struct Reader {
    pieces: Iter<Download>,
    unread: Bytes,
}

impl Reader {
    pub(super) fn new(pieces: Iter<Download>) -> Self {
        Self { pieces, unread: Bytes::new() }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Reader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.unread.is_empty()
            && let Some(piece) = self.pieces.next()
        {
            self.unread = piece.map_err(io::Error::other)?;
        }
        Ok(&self.unread)
    }

    fn consume(&mut self, read: usize) {
        self.unread.advance(read.min(self.unread.len()));
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("pieces", &self.pieces).field("unread", &self.unread.len()).finish()
    }
}
