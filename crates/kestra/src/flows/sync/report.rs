//! What a sync did, flow by flow.

use std::path::PathBuf;

use kestra_core::{Error, ErrorKind};
use serde::Serialize;

/// What was done with a flow, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FlowAction {
    /// Only the folder had it.
    Create,
    /// Both had it, with other sources.
    Update,
    /// Only the server had it, and it goes.
    Delete,
    /// Both have it with the same source.
    Unchanged,
    /// The file holds no valid flow.
    Invalid,
}

/// One flow of a sync.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SyncedFlow {
    /// The file; `None` for a flow that only the server has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The namespace, as the server reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The id, as the server reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was done, or would be.
    pub action: FlowAction,
    /// The revision that the server has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// What the server warns of: what is deprecated, outdated or likely to be wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What is wrong with the file, or why the action failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

impl SyncedFlow {
    /// The flow or file in a few words.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.namespace, &self.id, &self.file) {
            (Some(namespace), Some(id), _) => format!("{namespace}.{id}"),
            (_, _, Some(file)) => file.display().to_string(),
            _ => String::new(),
        }
    }
}

/// What a sync of flows did: those of the folder in the order of their files, then those that are deleted.
#[must_use = "what failed is in the report alone; `check` makes an error of it"]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FlowSyncReport {
    /// Whether this is the report of a dry run, which changes nothing.
    pub dry_run: bool,
    /// Whether anything was sent: not on a dry run, nor if any file is invalid.
    pub applied: bool,
    /// Every flow.
    pub flows: Vec<SyncedFlow>,
}

sync_report!(FlowSyncReport, flows: SyncedFlow, FlowAction);

impl FlowSyncReport {
    /// An error if any file is invalid or anything failed: what a pipeline ends with.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Incomplete`] that says what is wrong with each, with their names in [`Error::failures`].
    pub fn check(&self) -> Result<(), Error> {
        let failures: Vec<String> = self.failed().map(SyncedFlow::name).collect();
        if failures.is_empty() {
            return Ok(());
        }
        let done = if self.applied { "the others are done" } else { "nothing was changed" };
        let mut message = format!("{} of {} flows failed, {done}", failures.len(), self.flows.len());
        for flow in self.failed() {
            if let Some(error) = &flow.error {
                message.push_str(&format!("; {}: {}", flow.name(), error.summary()));
            }
        }
        Err(Error::new(ErrorKind::Incomplete, message).with_failures(failures))
    }
}
