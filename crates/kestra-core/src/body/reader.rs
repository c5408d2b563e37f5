//! A file that a blocking reader reads.

use std::io::{ErrorKind, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::task::JoinHandle;

use super::FilePart;

/// How many bytes are read at once.
const PIECE: usize = 64 * 1024;

impl FilePart {
    /// Creates a file from the bytes of a reader, under a name. The call is sent once.
    ///
    /// The reader is read on a thread for blocking work, while the call is sent. Set [`length`](Self::length) if it is known.
    #[must_use]
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self::stream(name, Pieces { reader: Some(Box::new(reader)), reading: None })
    }
}

type AnyReader = Box<dyn Read + Send>;

/// The pieces of a reader.
struct Pieces {
    /// Absent while a piece is read, and after the end.
    reader: Option<AnyReader>,
    reading: Option<JoinHandle<(AnyReader, std::io::Result<Vec<u8>>)>>,
}

impl Stream for Pieces {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.reading.is_none() {
            let Some(reader) = this.reader.take() else { return Poll::Ready(None) };
            this.reading = Some(tokio::task::spawn_blocking(move || read(reader)));
        }
        let Some(reading) = &mut this.reading else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(cx));
        this.reading = None;
        Poll::Ready(match read {
            Ok((_, Ok(piece))) if piece.is_empty() => None,
            Ok((reader, Ok(piece))) => {
                this.reader = Some(reader);
                Some(Ok(piece.into()))
            }
            Ok((_, Err(problem))) => Some(Err(problem)),
            Err(problem) => Some(Err(std::io::Error::other(problem))),
        })
    }
}

fn read(mut reader: AnyReader) -> (AnyReader, std::io::Result<Vec<u8>>) {
    let mut piece = vec![0; PIECE];
    let read = loop {
        match reader.read(&mut piece) {
            Err(problem) if problem.kind() == ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    let piece = read.map(|length| {
        piece.truncate(length);
        piece
    });
    (reader, piece)
}
