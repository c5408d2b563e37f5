//! What a sync did, file by file.

use kestra_core::{Error, ErrorKind};
use serde::Serialize;

/// What was done with a file, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FileAction {
    /// Only the source had it.
    Create,
    /// Both had it, with other content.
    Update,
    /// Only the target had it, and it goes.
    Delete,
    /// Both have it with the same content.
    Unchanged,
}

/// One file of a sync.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct SyncedFile {
    /// Its path within folder and namespace, such as `scripts/main.py`.
    pub path: String,
    /// What was done, or would be.
    pub action: FileAction,
    /// Why it wasn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// What a sync of files did, in the order of their paths; [`to_json`](Self::to_json) writes it.
#[must_use = "what failed is in the report alone; `check` makes an error of it"]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileSyncReport {
    /// Whether this is the report of a dry run, which changes nothing.
    pub dry_run: bool,
    /// Every file that source or target have; those that only the target has count if they are to be deleted.
    pub files: Vec<SyncedFile>,
}

sync_report!(FileSyncReport, files: SyncedFile, FileAction);

impl FileSyncReport {
    pub(super) fn add(&mut self, path: &str, action: FileAction, outcome: Result<(), Error>) {
        self.files.push(SyncedFile { path: path.to_owned(), action, error: outcome.err() });
    }

    /// An error if anything failed, for those who go on only with all of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Incomplete`], with the paths of the files in [`Error::failures`].
    pub fn check(&self) -> Result<(), Error> {
        let failures: Vec<String> = self.failed().map(|file| file.path.clone()).collect();
        let Some(first) = self.failed().next() else { return Ok(()) };
        let reason = first.error.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!(
            "{} of {} files failed, the first, {}: {reason}",
            failures.len(),
            self.files.len(),
            first.path
        );
        Err(Error::new(ErrorKind::Incomplete, message).with_failures(failures))
    }
}
