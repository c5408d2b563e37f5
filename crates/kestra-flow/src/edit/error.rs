//! Why an edit can't be made.

use std::fmt;

/// The error of an edit that can't be made. The text is unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditError {
    path: String,
    cause: String,
}

impl EditError {
    pub(super) fn new(path: &[&str], cause: String) -> Self {
        Self { path: path.join("."), cause }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "edit of `{}`: {}", self.path, self.cause)
    }
}

impl std::error::Error for EditError {}
