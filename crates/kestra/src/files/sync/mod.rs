//! A folder and the files of a namespace, made the same.

mod compare;
mod down;
mod local;
pub(super) mod names;
mod remote;
mod report;
mod up;

use std::path::PathBuf;

use kestra_core::{CallOptions, Error};

use crate::{Client, Files};

pub use report::{FileAction, FileSyncReport, SyncedFile};

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
    /// for file in report.changes() {
    ///     println!("{:?} {}", file.action, file.path);
    /// }
    /// report.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sync_up(&self, namespace: impl Into<String>, folder: impl Into<PathBuf>) -> FileSync {
        FileSync::new(self.client().clone(), Direction::Up, namespace.into(), folder.into())
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
        FileSync::new(self.client().clone(), Direction::Down, namespace.into(), folder.into())
    }
}

#[derive(Clone, Copy, Debug)]
enum Direction {
    Up,
    Down,
}

/// A folder and a namespace that are to be made the same; see [`Files::sync_up`] and [`Files::sync_down`].
#[must_use = "a sync does nothing until it is awaited"]
#[derive(Debug)]
pub struct FileSync {
    client: Client,
    direction: Direction,
    namespace: String,
    folder: PathBuf,
    delete: bool,
    dry_run: bool,
    options: CallOptions,
}

options_of_calls!(FileSync, options, "Sets the limit for each of its calls.");

impl FileSync {
    fn new(client: Client, direction: Direction, namespace: String, folder: PathBuf) -> Self {
        let options = CallOptions::new();
        Self { client, direction, namespace, folder, delete: false, dry_run: false, options }
    }

    /// Deletes what only the target has.
    pub fn delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }

    /// Changes nothing, and reports what would be done.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Sends names that the server reads as others too.
    pub fn unchecked(mut self) -> Self {
        self.options = self.options.unchecked();
        self
    }

    async fn run(self) -> Result<FileSyncReport, Error> {
        let mut report = FileSyncReport { dry_run: self.dry_run, files: Vec::new() };
        match self.direction {
            Direction::Up => self.up(&mut report).await?,
            Direction::Down => self.down(&mut report).await?,
        }
        report.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(report)
    }

    /// The area, with the options of this sync.
    fn files(&self) -> Files {
        self.client.with_options(self.options.clone()).files()
    }
}

awaited!(FileSync => FileSyncReport, FileSync::run);
