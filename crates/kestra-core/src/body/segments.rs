//! A body of several pieces, some of them read while it is sent.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use sync_wrapper::SyncWrapper;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use super::file::{OnProgress, Pieces, Progress};
use crate::error::{BoxError, Error, ErrorKind};

const CHUNK: usize = 64 * 1024;

/// A piece of a body.
pub(super) enum Segment {
    Bytes(Bytes),
    Path { path: PathBuf, length: u64, on_progress: Option<OnProgress> },
    Stream { stream: SyncWrapper<Pieces>, length: Option<u64>, on_progress: Option<OnProgress> },
}

impl Segment {
    fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Path { length, .. } => Some(*length),
            Self::Stream { length, .. } => *length,
        }
    }

    /// Returns a copy, or `None` for a stream, which can be read once.
    pub(super) fn try_clone(&self) -> Option<Self> {
        match self {
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Path { path, length, on_progress } => {
                Some(Self::Path { path: path.clone(), length: *length, on_progress: on_progress.clone() })
            }
            Self::Stream { .. } => None,
        }
    }
}

pub(super) struct SegmentBody {
    segments: VecDeque<Segment>,
    state: State,
    left: Option<u64>,
}

enum State {
    Next,
    Opening {
        open: Pin<Box<dyn Future<Output = io::Result<File>> + Send>>,
        path: PathBuf,
        length: u64,
        on_progress: Option<OnProgress>,
    },
    Reading {
        source: Source,
        left: Option<u64>,
        report: Report,
        /// The path of the local file that it is read from, if it is one.
        path: Option<PathBuf>,
    },
}

/// What a segment is read from.
enum Source {
    File(Pin<Box<File>>),
    Stream(Pieces),
}

impl Source {
    /// Reads the next piece, or returns `None` at the end.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        match self {
            Self::Stream(pieces) => pieces.as_mut().poll_next(cx),
            Self::File(file) => {
                let mut chunk = BytesMut::zeroed(CHUNK);
                let mut buffer = ReadBuf::new(&mut chunk);
                if let Err(problem) = ready!(file.as_mut().poll_read(cx, &mut buffer)) {
                    return Poll::Ready(Some(Err(problem.into())));
                }
                let read = buffer.filled().len();
                chunk.truncate(read);
                Poll::Ready((read > 0).then(|| Ok(chunk.freeze())))
            }
        }
    }
}

/// The callback for what was read.
struct Report {
    on_progress: Option<OnProgress>,
    bytes: u64,
    total: Option<u64>,
}

impl Report {
    fn add(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        if let Some(report) = &self.on_progress {
            report(Progress::new(self.bytes, self.total));
        }
    }
}

impl SegmentBody {
    pub(super) fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        let segments: VecDeque<_> = segments.into_iter().collect();
        let left = segments.iter().map(Segment::length).sum();
        Self { segments, state: State::Next, left }
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            match &mut self.state {
                State::Next => match self.segments.pop_front() {
                    None => return Poll::Ready(None),
                    Some(Segment::Bytes(bytes)) if bytes.is_empty() => {}
                    Some(Segment::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                    Some(Segment::Path { path, length, on_progress }) => {
                        let open = Box::pin(File::open(path.clone()));
                        self.state = State::Opening { open, path, length, on_progress };
                    }
                    Some(Segment::Stream { stream, length, on_progress }) => {
                        let report = Report { on_progress, bytes: 0, total: length };
                        let source = Source::Stream(stream.into_inner());
                        self.state = State::Reading { source, left: length, report, path: None };
                    }
                },
                State::Opening { open, path, length, on_progress } => {
                    let file = ready!(open.as_mut().poll(cx))
                        .map_err(|problem| failed(Some(path), problem.into()))?;
                    let path = Some(std::mem::take(path));
                    let left = Some(*length);
                    let report = Report { on_progress: on_progress.take(), bytes: 0, total: left };
                    let source = Source::File(Box::pin(file));
                    self.state = State::Reading { source, left, report, path };
                }
                State::Reading { source, left, report, path } => {
                    let piece = ready!(source.poll_piece(cx)).transpose();
                    let piece = piece.map_err(|problem| failed(path.as_deref(), problem))?;
                    // A body that ends early would be taken as complete, so a wrong length breaks the connection.
                    match (&piece, left) {
                        (Some(piece), Some(left)) if piece.len() as u64 > *left => {
                            return Poll::Ready(Some(Err(changed(path.as_deref(), "grew"))));
                        }
                        (None, Some(left)) if *left > 0 => {
                            return Poll::Ready(Some(Err(changed(path.as_deref(), "ended early"))));
                        }
                        (Some(piece), Some(left)) => *left -= piece.len() as u64,
                        _ => {}
                    }
                    match piece {
                        None => self.state = State::Next,
                        Some(piece) if piece.is_empty() => {}
                        Some(piece) => {
                            report.add(piece.len());
                            return Poll::Ready(Some(Ok(piece)));
                        }
                    }
                }
            }
        }
    }
}

/// Returns the error of a source whose length has changed since the upload began.
fn changed(path: Option<&Path>, how: &str) -> BoxError {
    match path {
        Some(path) => {
            let message = format!(
                "{} {how} while it was uploaded: upload a file that isn't being written, or a copy of it",
                path.display()
            );
            Error::new(ErrorKind::File, message).into()
        }
        None => {
            io::Error::new(io::ErrorKind::InvalidData, format!("a stream {how} while it was uploaded")).into()
        }
    }
}

/// Returns the error of a source that can't be read.
fn failed(path: Option<&Path>, problem: BoxError) -> BoxError {
    match path {
        Some(path) => {
            let message = format!("{} can't be read while it is uploaded: {problem}", path.display());
            Error::new(ErrorKind::File, message).with_source(problem).into()
        }
        None => problem,
    }
}

impl http_body::Body for SegmentBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let chunk = ready!(self.poll_chunk(cx));
        if let (Some(Ok(chunk)), Some(left)) = (&chunk, &mut self.left) {
            *left = left.saturating_sub(chunk.len() as u64);
        }
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map(SizeHint::with_exact).unwrap_or_default()
    }
}
