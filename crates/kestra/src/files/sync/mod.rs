//! A folder and the files of a namespace, made the same.

pub(super) mod names;
mod sides;
mod transfer;

use std::path::PathBuf;

use kestra_core::{CallOptions, Error};

use crate::Files;
use crate::several_calls::{Named, record_flow};
use crate::sync::{Settings, SyncReport};

impl Files {
    /// Uploads what is new or changed in a folder to the files of a namespace.
    ///
    /// A file is changed if its length differs, or else its content, which is read and compared as it comes. Files that only
    /// the namespace has stay, unless [`delete`](FileSync::delete) says otherwise. Left out are
    /// `_flows`, where a file would become a flow, and names that begin with `..`. Links to files are followed, links to
    /// folders aren't. Servers before 2.0 store a space as `+`: names that differ only in that are an error of each. A
    /// name that the server would read as another one is an error of that file. These errors are found before anything is
    /// sent. All versions.
    ///
    /// Uploads come before deletions. To delete a file, the client moves it to a name in the root, `.kestra-trash-` and 16
    /// digits, and deletes it there, which is safe to retry where a plain deletion is not; the folders that it was in stay.
    /// A sync ignores such names, and a sync with deletions removes those that an earlier one left.
    ///
    /// # Errors
    ///
    /// The folder can't be read, or the files can't be listed. What fails for one file is in the report.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let report = client.files().sync_up("company.team", "scripts").delete(true).dry_run(true).await?;
    /// println!("{report}");
    /// report.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sync_up(&self, namespace: impl Into<String>, folder: impl Into<PathBuf>) -> FileSync {
        FileSync::new(self, Direction::Up, namespace.into(), folder.into())
    }

    /// Downloads what is new or changed among the files of a namespace to a folder, which is made if need be.
    ///
    /// Compares as [`sync_up`](Self::sync_up) does. Files that only the folder has stay, unless [`delete`](FileSync::delete)
    /// says otherwise. A path that would leave the folder is an error of that file. All versions.
    ///
    /// # Errors
    ///
    /// As [`sync_up`](Self::sync_up).
    pub fn sync_down(&self, namespace: impl Into<String>, folder: impl Into<PathBuf>) -> FileSync {
        FileSync::new(self, Direction::Down, namespace.into(), folder.into())
    }
}

#[derive(Clone, Copy, Debug)]
enum Direction {
    Up,
    Down,
}

/// A sync of the files of a folder and a namespace; see [`Files::sync_up`] and [`Files::sync_down`].
#[must_use = "a sync does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct FileSync {
    direction: Direction,
    namespace: String,
    folder: PathBuf,
    delete: bool,
    /// Whether files that only the folder has are an error of a download.
    pub(crate) refuses_others: bool,
    pub(crate) settings: Settings,
}

impl FileSync {
    fn new(files: &Files, direction: Direction, namespace: String, folder: PathBuf) -> Self {
        let settings = Settings::new(files.client());
        Self { direction, namespace, folder, delete: false, refuses_others: false, settings }
    }

    /// Sets whether to delete the files that only the target has. Defaults to `false`.
    pub fn delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }

    /// Sends names that the server reads as others too.
    pub fn unchecked(mut self) -> Self {
        self.settings.client = self.settings.client.with_options(CallOptions::new().unchecked());
        self
    }

    pub(crate) async fn run(self) -> Result<SyncReport, Error> {
        let files = self.settings.client()?.chained().files();
        record_flow(&self.settings.client, &self.namespace, None);
        let (method, entries) = match self.direction {
            Direction::Up => ("sync_up", Named::new("sync_up", self.up(&files)).await),
            Direction::Down => ("sync_down", Named::new("sync_down", self.down(&files)).await),
        };
        let mut entries = entries?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(SyncReport::new(method, &self.settings, entries))
    }
}

sync_settings!(FileSync, "sync");
