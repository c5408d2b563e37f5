//! A file that a multipart form uploads.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use sync_wrapper::SyncWrapper;

use crate::error::BoxError;

/// A file to upload: a path, bytes or a stream.
///
/// A path is opened anew for each attempt, so that a retry can send it again; a stream is sent once. Kestra decides by the
/// extension of the file name how to treat it.
///
/// ```
/// use kestra_core::FilePart;
///
/// let report = FilePart::path("data/report.csv");
/// let note = FilePart::bytes("note.txt", "hello").content_type("text/plain");
/// # let _ = (report, note);
/// ```
pub struct FilePart {
    pub(crate) name: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) source: Source,
    pub(super) on_progress: Option<OnProgress>,
}

pub(super) enum Source {
    Bytes(Bytes),
    Path(PathBuf),
    Stream { stream: SyncWrapper<Pieces>, length: Option<u64> },
}

/// The pieces of a stream. Only the request polls it, so that a form with one can be shared.
pub(super) type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

/// A stream with its errors boxed.
struct Boxed<S>(Pin<Box<S>>);

impl<S, E> Stream for Boxed<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx).map_err(Into::into)
    }
}

/// The content of a file, as far as it can be read before it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileContent<'a> {
    Bytes(&'a Bytes),
    Path(&'a Path),
    /// A stream; it is read once, when it is sent.
    Stream,
}

impl FilePart {
    /// The file at a path, under its own name.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { name, content_type: None, source: Source::Path(path), on_progress: None }
    }

    /// Bytes under a name.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self {
            name: Some(name.into()),
            content_type: None,
            source: Source::Bytes(bytes.into()),
            on_progress: None,
        }
    }

    /// Creates a file from the pieces of a stream, under a name. The call is sent once.
    ///
    /// For a reader of tokio use `tokio_util::io::ReaderStream`: `FilePart::stream("report.csv", ReaderStream::new(reader))`.
    #[must_use]
    pub fn stream<S, E>(name: impl Into<String>, stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let pieces: Pieces = Box::pin(Boxed(Box::pin(stream)));
        let source = Source::Stream { stream: SyncWrapper::new(pieces), length: None };
        Self { name: Some(name.into()), content_type: None, source, on_progress: None }
    }

    pub(crate) fn content(&self) -> FileContent<'_> {
        match &self.source {
            Source::Bytes(bytes) => FileContent::Bytes(bytes),
            Source::Path(path) => FileContent::Path(path),
            Source::Stream { .. } => FileContent::Stream,
        }
    }

    /// Sets how many bytes a stream has, so that the request has a `Content-Length`.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        if let Source::Stream { length, .. } = &mut self.source {
            *length = Some(bytes);
        }
        self
    }

    /// Sets the file's name, which every version stores as it is given.
    ///
    /// A call refuses a name that is empty, begins with `..`, has a `/` or `\`, or more than 200 bytes; `unchecked()` sends it
    /// anyway.
    #[must_use]
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Calls `report` with the progress whenever a piece of a path or stream is sent. Each attempt counts from 0.
    #[must_use]
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// Returns a copy, or `None` for a stream, which can be read only once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let source = match &self.source {
            Source::Bytes(bytes) => Source::Bytes(bytes.clone()),
            Source::Path(path) => Source::Path(path.clone()),
            Source::Stream { .. } => return None,
        };
        let (name, content_type) = (self.name.clone(), self.content_type.clone());
        Some(Self { name, content_type, source, on_progress: self.on_progress.clone() })
    }

    /// Sets the media type; `application/octet-stream` if not set.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }
}

/// The progress of an upload or download of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of bytes transferred so far.
    pub bytes: u64,
    /// The total number of bytes, if it is known.
    pub total: Option<u64>,
}

impl Progress {
    pub(crate) const fn new(bytes: u64, total: Option<u64>) -> Self {
        Self { bytes, total }
    }

    /// Returns the fraction transferred so far, from 0 to 1, or `None` if the total is unknown.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        let total = self.total?;
        Some(if total == 0 { 1.0 } else { self.bytes as f64 / total as f64 })
    }
}

/// A callback for the progress of a transfer.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            Source::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Source::Path(path) => format!("path {}", path.display()),
            Source::Stream { length: Some(length), .. } => format!("stream of {length} bytes"),
            Source::Stream { length: None, .. } => "stream".to_owned(),
        };
        f.debug_struct("FilePart")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("source", &source)
            .finish()
    }
}
