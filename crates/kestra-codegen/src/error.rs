//! What can go wrong when the catalogue is read, imported or generated from.

use std::fmt;
use std::path::{Path, PathBuf};

/// An error that names the file and the place in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file can't be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file isn't what it should be.
    Parse {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        message: String,
    },
    /// What the files say doesn't fit together.
    Invalid {
        /// Where: a document's pointer, an operation or a schema.
        place: String,
        /// What is wrong there.
        message: String,
    },
    /// The command line is wrong.
    Usage(String),
}

impl Error {
    /// A file that can't be read or written.
    #[must_use]
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// A file that isn't what it should be.
    #[must_use]
    pub fn parse(path: &Path, message: impl fmt::Display) -> Self {
        Self::Parse { path: path.to_owned(), message: message.to_string() }
    }

    /// Something that doesn't fit together.
    #[must_use]
    pub fn invalid(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Parse { path, message } => write!(f, "{}: {message}", path.display()),
            Self::Invalid { place, message } => write!(f, "{place}: {message}"),
            Self::Usage(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;
