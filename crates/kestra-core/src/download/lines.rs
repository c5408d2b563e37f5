//! A download as lines of text.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use futures_core::Stream;

use crate::error::{Error, ErrorKind, RequestSent};

use super::Download;

/// The most bytes of one line.
const LIMIT: usize = 64 * 1024 * 1024;

/// The lines of a download, each as soon as it has arrived.
///
/// Only the line that is being read is in memory, so the download may have any size. Returned by [`Download::lines`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Lines {
    download: Download,
    unread: BytesMut,
    /// How many bytes of `unread` have no line break.
    searched: usize,
    limit: usize,
    ended: bool,
}

impl Download {
    /// Returns the unread rest of the download as a stream of lines, without their line breaks.
    ///
    /// Bytes that are no UTF-8 are replaced by `U+FFFD`. A line may have 64 MiB; a longer one is an error of kind
    /// [`ErrorKind::Decode`], which ends the stream, as does the error of a broken download.
    ///
    /// ```
    /// # async fn print(download: kestra_core::Download) -> Result<(), kestra_core::Error> {
    /// let mut lines = download.lines();
    /// while let Some(line) = lines.next().await {
    ///     println!("{}", line?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn lines(self) -> Lines {
        Lines { download: self, unread: BytesMut::new(), searched: 0, limit: LIMIT, ended: false }
    }
}

impl Lines {
    /// Returns the next line, or `None` at the end. A call that is dropped before it is done loses nothing.
    pub async fn next(&mut self) -> Option<Result<String, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Removes the first line from the unread bytes, if all of it has arrived.
    fn take_line(&mut self) -> Option<String> {
        let Some(place) = self.unread[self.searched..].iter().position(|byte| *byte == b'\n') else {
            self.searched = self.unread.len();
            return None;
        };
        let line = self.unread.split_to(self.searched + place);
        self.unread.advance(1);
        self.searched = 0;
        Some(text(&line))
    }

    fn too_long(&self) -> Error {
        Error::new(ErrorKind::Decode, format!("a line has more than {} bytes: read it as bytes", self.limit))
            .with_request_sent(RequestSent::Yes)
            .with_operation(self.download.info)
    }
}

impl Stream for Lines {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(line) = this.take_line() {
                return Poll::Ready(Some(Ok(line)));
            }
            if this.ended {
                // The last line may have no line break.
                let rest = this.unread.split();
                this.searched = 0;
                return Poll::Ready((!rest.is_empty()).then(|| Ok(text(&rest))));
            }
            let error = match ready!(Pin::new(&mut this.download).poll_next(cx)) {
                // What is unread has no line break, so all of it is one line.
                Some(Ok(_)) if this.unread.len() >= this.limit => this.too_long(),
                Some(Ok(piece)) => {
                    this.unread.extend_from_slice(&piece);
                    continue;
                }
                Some(Err(error)) => error,
                None => {
                    this.ended = true;
                    continue;
                }
            };
            this.ended = true;
            this.unread.clear();
            this.searched = 0;
            return Poll::Ready(Some(Err(error)));
        }
    }
}

/// Returns the text of a line, without the first half of a line break of two characters.
fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

crate::debug_fields! { Lines, this => { download: this.download } }

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use http_body_util::StreamBody;

    use super::*;
    use crate::body::Body;
    use crate::operation::OperationInfo;

    static INFO: OperationInfo = OperationInfo::new("read_file", "files", &[]);

    /// The lines of a file that comes in these pieces, and then breaks if it `breaks`.
    fn lines(pieces: &[&'static [u8]], breaks: bool) -> Lines {
        let broken = breaks.then(|| Err(std::io::Error::other("reset")));
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(http_body::Frame::data(Bytes::from_static(piece))))
            .chain(broken)
            .collect();
        let body = Body::new(StreamBody::new(futures_util::stream::iter(pieces)));
        Download::new(Response::new(body), &INFO).lines()
    }

    async fn read(mut lines: Lines) -> Vec<Result<String, ErrorKind>> {
        let mut read = Vec::new();
        while let Some(line) = lines.next().await {
            read.push(line.map_err(|error| error.kind()));
        }
        assert!(lines.next().await.is_none());
        read
    }

    #[tokio::test]
    async fn lines_are_the_same_however_the_bytes_arrive() {
        let file: &'static [u8] = "first\r\n\nthird ü\nlast".as_bytes();
        let expected: Vec<_> = ["first", "", "third ü", "last"].map(|line| Ok(line.to_owned())).into();
        for size in 1..=file.len() {
            let pieces: Vec<_> = file.chunks(size).collect();
            assert_eq!(read(lines(&pieces, false)).await, expected, "{size}");
        }
        assert_eq!(read(lines(&[b"one\n"], false)).await, [Ok("one".to_owned())]);
        assert_eq!(read(lines(&[b"\xff\n"], false)).await, [Ok("\u{fffd}".to_owned())]);
        assert!(read(lines(&[], false)).await.is_empty());
    }

    #[tokio::test]
    async fn a_broken_download_ends_with_its_error_and_without_half_a_line() {
        let read = read(lines(&[b"one\ntw"], true)).await;
        assert_eq!(read, [Ok("one".to_owned()), Err(ErrorKind::Transport)]);
    }

    #[tokio::test]
    async fn a_line_that_never_ends_is_an_error() {
        let mut lines = lines(&[b"one\n1234", b"5678", b"9\n"], false);
        lines.limit = 8;
        assert_eq!(read(lines).await, [Ok("one".to_owned()), Err(ErrorKind::Decode)]);
    }
}
