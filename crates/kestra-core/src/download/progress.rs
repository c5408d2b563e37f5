//! How far a file has come.

use std::sync::Arc;

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
