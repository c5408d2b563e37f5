//! A file that a multipart form uploads.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use sync_wrapper::SyncWrapper;
use tokio::io::AsyncRead;

/// A file to upload: a path, bytes or a reader.
///
/// A path is opened anew for each attempt, so that a retry can send it again; a reader is sent once. The file name matters:
/// Kestra looks at its ending.
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
    Reader { reader: Reader, length: Option<u64> },
}

/// A reader that only the request reads, so that a form with one can be shared.
pub(super) type Reader = SyncWrapper<Pin<Box<dyn AsyncRead + Send>>>;

/// The content of a file, as far as it can be read before it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileContent<'a> {
    Bytes(&'a Bytes),
    Path(&'a Path),
    /// A reader; it is read once, when it is sent.
    Reader,
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

    /// What a reader gives, under a name; the call is sent once.
    #[must_use]
    pub fn reader(name: impl Into<String>, reader: impl AsyncRead + Send + 'static) -> Self {
        let source = Source::Reader { reader: SyncWrapper::new(Box::pin(reader)), length: None };
        Self { name: Some(name.into()), content_type: None, source, on_progress: None }
    }

    pub(crate) fn content(&self) -> FileContent<'_> {
        match &self.source {
            Source::Bytes(bytes) => FileContent::Bytes(bytes),
            Source::Path(path) => FileContent::Path(path),
            Source::Reader { .. } => FileContent::Reader,
        }
    }

    /// Tells how many bytes a reader gives, so that the request can have a `Content-Length`.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        if let Source::Reader { length, .. } = &mut self.source {
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

    /// Has `report` called with each piece of a path or reader that is taken to be sent; anew for each attempt.
    #[must_use]
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// The same file once more; `None` of a reader, which can be read once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let source = match &self.source {
            Source::Bytes(bytes) => Source::Bytes(bytes.clone()),
            Source::Path(path) => Source::Path(path.clone()),
            Source::Reader { .. } => return None,
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

/// How much of a file was sent or read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes so far.
    pub bytes: u64,
    /// Bytes in all, if that is known.
    pub total: Option<u64>,
}

impl Progress {
    pub(crate) const fn new(bytes: u64, total: Option<u64>) -> Self {
        Self { bytes, total }
    }

    /// From 0 to 1, if the length is known.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        let total = self.total?;
        Some(if total == 0 { 1.0 } else { self.bytes as f64 / total as f64 })
    }
}

/// What is told of the progress.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            Source::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Source::Path(path) => format!("path {}", path.display()),
            Source::Reader { length: Some(length), .. } => format!("reader of {length} bytes"),
            Source::Reader { length: None, .. } => "reader".to_owned(),
        };
        f.debug_struct("FilePart")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("source", &source)
            .finish()
    }
}
