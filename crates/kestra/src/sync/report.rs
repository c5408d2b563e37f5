//! What a sync did, entry by entry.

use std::fmt;
use std::path::PathBuf;

use kestra_core::{Error, ErrorKind};
use serde::Serialize;

use super::Settings;

/// The kind of an entry of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SyncKind {
    /// A flow.
    Flow,
    /// A file of a namespace.
    File,
    /// A key of a namespace.
    Key,
}

/// What a sync did with an entry, or would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SyncAction {
    /// Only the source had it.
    Create,
    /// Both had it, with different content.
    Update,
    /// Only the target had it, and it is deleted.
    Delete,
    /// Both have it with the same content.
    Unchanged,
    /// It can't be synchronized; the error says why.
    Invalid,
    /// It would have been changed, but was left as it is, since another entry is invalid or, for a deletion, failed; or a warning says
    /// why it is left out.
    Skipped,
}

/// One flow, file or key of a sync.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SyncEntry {
    /// The kind of the entry.
    pub kind: SyncKind,
    /// Its name: `company.team.hello` for a flow, the path within folder and namespace for a file such as `scripts/main.py`, the
    /// key for a key. The name of the source for a flow that the server can't read.
    pub name: String,
    /// The action that was done, or would be.
    pub action: SyncAction,
    /// The namespace; `None` for a flow that the server can't read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The id of a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The file of a flow; `None` for a flow that only the server has, or whose source isn't from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The revision of a flow that the server has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// What the server warns of in a flow: what is deprecated, outdated or likely to be wrong. For a file, why it is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How an updated flow differs from that of the server, as a unified diff; `None` for sources over 1 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The reason why the entry is invalid or the action failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

impl SyncEntry {
    pub(crate) fn new(kind: SyncKind, name: impl Into<String>, action: SyncAction) -> Self {
        Self {
            kind,
            name: name.into(),
            action,
            namespace: None,
            id: None,
            file: None,
            revision: None,
            warnings: Vec::new(),
            diff: None,
            error: None,
        }
    }

    pub(crate) fn in_namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Returns namespace and id of a flow, if the server could read them.
    pub(crate) fn flow(&self) -> Option<(String, String)> {
        self.namespace.clone().zip(self.id.clone())
    }

    /// Marks the entry as left as it is, since another one failed.
    pub(crate) fn skip(&mut self) {
        self.action = SyncAction::Skipped;
    }

    /// Marks the entry as invalid.
    pub(crate) fn refuse(&mut self, error: Error) {
        (self.action, self.error) = (SyncAction::Invalid, Some(error));
    }

    fn is_change(&self) -> bool {
        self.action != SyncAction::Unchanged || self.error.is_some()
    }
}

/// What a sync did with flows, files or keys.
///
/// `{}` prints a line for each change and what is wrong with it; `{:#}` adds the diffs of flows.
#[must_use = "failures are in the report only: call `check` to get them as an error"]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SyncReport {
    /// Whether this is the report of a dry run, which changes nothing.
    pub dry_run: bool,
    /// Whether changes were sent: not on a dry run, nor if a flow is invalid.
    pub applied: bool,
    /// Every entry: flows in the order of their sources, files and keys by name. An entry that only the target has counts if it
    /// is to be deleted.
    pub entries: Vec<SyncEntry>,
    /// The method that made it.
    #[serde(skip)]
    method: &'static str,
}

impl SyncReport {
    /// Creates the report of a method. Errors that no single operation caused begin with the name of the method.
    pub(crate) fn new(method: &'static str, settings: &Settings, mut entries: Vec<SyncEntry>) -> Self {
        for entry in &mut entries {
            entry.error = entry.error.take().map(|error| error.with_method(method));
        }
        Self { dry_run: settings.dry_run, applied: !settings.dry_run, entries, method }
    }

    /// Returns the entries that were changed, or would be, and those that failed.
    pub fn changes(&self) -> impl Iterator<Item = &SyncEntry> {
        self.entries.iter().filter(|entry| entry.is_change())
    }

    /// Returns the entries of [`changes`](Self::changes) by value.
    pub fn into_changes(self) -> impl Iterator<Item = SyncEntry> {
        self.entries.into_iter().filter(SyncEntry::is_change)
    }

    /// Returns the entries that failed.
    pub fn failed(&self) -> impl Iterator<Item = &SyncEntry> {
        self.entries.iter().filter(|entry| entry.error.is_some())
    }

    /// Returns the number of entries for which this action was done without an error, or would be.
    #[must_use]
    pub fn count(&self, action: SyncAction) -> usize {
        self.entries.iter().filter(|entry| entry.error.is_none() && entry.action == action).count()
    }

    /// Returns the report as JSON, for people and pipelines: an object with the fields in camel case, such as `dryRun`.
    ///
    /// Each entry has `kind`, `name` and `action`; its other fields are there if they have a value. An `error` is as
    /// [`Error::to_json`] writes it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Returns an error if any entry failed.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Incomplete`] that says what is wrong with each failed entry, with their names
    /// in [`Error::failures`].
    pub fn check(&self) -> Result<(), Error> {
        let failures: Vec<String> = self.failed().map(|entry| entry.name.clone()).collect();
        if failures.is_empty() {
            return Ok(());
        }
        let rest = if self.applied { "the others succeeded" } else { "nothing was changed" };
        let mut message = format!("{} of {} entries failed, {rest}", failures.len(), self.entries.len());
        for entry in self.failed() {
            let Some(error) = &entry.error else { continue };
            let summary = error.summary().to_string();
            // The message begins with the method.
            let named = summary.strip_prefix(self.method).and_then(|rest| rest.strip_prefix(": "));
            message.push_str(&format!("; {}: {}", entry.name, named.unwrap_or(&summary)));
        }
        Err(Error::new(ErrorKind::Incomplete, message).with_method(self.method).with_failures(failures))
    }
}

impl fmt::Display for SyncReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in self.changes() {
            writeln!(f, "{entry}")?;
            if let Some(diff) = entry.diff.as_deref().filter(|_| f.alternate()) {
                writeln!(f, "{diff}")?;
            }
        }
        let changes = self.changes().filter(|entry| entry.error.is_none()).count();
        let (failed, done) = (self.failed().count(), if self.applied { "changed" } else { "to change" });
        write!(f, "{changes} {done}, {failed} failed, {} unchanged", self.count(SyncAction::Unchanged))
    }
}

impl fmt::Display for SyncEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, kind) = (format!("{:?}", self.action), format!("{:?}", self.kind));
        write!(f, "{:<9} {} {}", action.to_lowercase(), kind.to_lowercase(), self.name)?;
        for warning in &self.warnings {
            write!(f, "\n  warning: {warning}")?;
        }
        match &self.error {
            Some(error) => write!(f, "\n  error: {error}"),
            None => Ok(()),
        }
    }
}
