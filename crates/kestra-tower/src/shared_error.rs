//! One error as the cause of several calls.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use kestra_core::Error;

/// An error that several calls have as their cause; it prints as that error.
pub(crate) struct SharedError(Arc<Error>);

impl SharedError {
    pub(crate) fn new(error: Arc<Error>) -> Self {
        Self(error)
    }
}

impl fmt::Debug for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The causes follow through `source`, so that a chain has none twice; the hint is at the end of the chain.
        write!(f, "{}", self.0.summary())
    }
}

impl StdError for SharedError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
