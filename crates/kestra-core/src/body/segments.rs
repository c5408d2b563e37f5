//! A body of several pieces, some of them read while it is sent.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use super::file::{OnProgress, Progress, Reader};
use crate::error::{BoxError, Error, ErrorKind};

const CHUNK: usize = 64 * 1024;

/// A piece of a body.
pub(super) enum Segment {
    Bytes(Bytes),
    Path { path: PathBuf, length: u64, on_progress: Option<OnProgress> },
    Reader { reader: Reader, length: Option<u64>, on_progress: Option<OnProgress> },
}

impl Segment {
    fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Path { length, .. } => Some(*length),
            Self::Reader { length, .. } => *length,
        }
    }

    /// Returns a copy, or `None` of a reader, which can be read once.
    pub(super) fn try_clone(&self) -> Option<Self> {
        match self {
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Path { path, length, on_progress } => {
                Some(Self::Path { path: path.clone(), length: *length, on_progress: on_progress.clone() })
            }
            Self::Reader { .. } => None,
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
        reader: Pin<Box<dyn AsyncRead + Send>>,
        left: Option<u64>,
        report: Report,
        /// The path of the local file that it is read from, if it is one.
        path: Option<PathBuf>,
    },
}

/// Who is told how much was read.
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
                    Some(Segment::Reader { reader, length, on_progress }) => {
                        let report = Report { on_progress, bytes: 0, total: length };
                        let reader = reader.into_inner();
                        self.state = State::Reading { reader, left: length, report, path: None };
                    }
                },
                State::Opening { open, path, length, on_progress } => {
                    let file =
                        ready!(open.as_mut().poll(cx)).map_err(|problem| failed(Some(path), problem))?;
                    let path = Some(std::mem::take(path));
                    let left = Some(*length);
                    let report = Report { on_progress: on_progress.take(), bytes: 0, total: left };
                    self.state = State::Reading { reader: Box::pin(file), left, report, path };
                }
                State::Reading { reader, left, report, path } => {
                    let mut chunk = BytesMut::zeroed(CHUNK);
                    let mut buffer = ReadBuf::new(&mut chunk);
                    ready!(reader.as_mut().poll_read(cx, &mut buffer))
                        .map_err(|problem| failed(path.as_deref(), problem))?;
                    let read = buffer.filled().len();
                    // A body that ends early would be taken as complete, so a wrong length breaks the connection.
                    match left {
                        Some(left) if read as u64 > *left => {
                            return Poll::Ready(Some(Err(changed(path.as_deref(), "grew"))));
                        }
                        Some(left) if read == 0 && *left > 0 => {
                            return Poll::Ready(Some(Err(changed(path.as_deref(), "ended early"))));
                        }
                        Some(left) => *left -= read as u64,
                        None => {}
                    }
                    if read == 0 {
                        self.state = State::Next;
                        continue;
                    }
                    report.add(read);
                    chunk.truncate(read);
                    return Poll::Ready(Some(Ok(chunk.freeze())));
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
            io::Error::new(io::ErrorKind::InvalidData, format!("a reader {how} while it was uploaded")).into()
        }
    }
}

/// Returns the error of a source that can't be read.
fn failed(path: Option<&Path>, problem: io::Error) -> BoxError {
    match path {
        Some(path) => {
            let message = format!("{} can't be read while it is uploaded: {problem}", path.display());
            Error::new(ErrorKind::File, message).with_source(problem).into()
        }
        None => problem.into(),
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
