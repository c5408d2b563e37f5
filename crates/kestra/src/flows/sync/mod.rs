//! Flows from a folder: check all, plan, and do it.

mod apply;
mod plan;
mod report;

use std::collections::BTreeSet;
use std::path::PathBuf;

use kestra_core::{CallOptions, Error};

use crate::{Client, Flows};

pub use report::{FlowAction, FlowSyncReport, SyncedFlow};

impl Flows {
    /// Makes the flows of a server those of a folder: every `*.yml` and `*.yaml` in it and below, one flow a file.
    /// Links to files are followed, links to folders aren't; names that begin with `..` are left out.
    ///
    /// The server checks all of them first, and nothing is changed unless all are valid. Then each is created, updated or
    /// left as it is. Flows that no file has stay, unless [`delete_in`](FlowSync::delete_in) names their namespace. All
    /// versions.
    ///
    /// # Errors
    ///
    /// The folder can't be read, or the server can't be asked. What is wrong with a file, and what failed, is in the report;
    /// [`FlowSyncReport::check`] makes it an error.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let plan = client.flows().sync("flows").delete_in("company.team").dry_run(true).await?;
    /// println!("{}", plan.to_json());
    /// plan.check()?;
    /// let done = client.flows().sync("flows").delete_in("company.team").await?;
    /// done.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sync(&self, folder: impl Into<PathBuf>) -> FlowSync {
        FlowSync {
            client: self.client().clone(),
            folder: folder.into(),
            delete_in: BTreeSet::new(),
            dry_run: false,
            options: CallOptions::new(),
        }
    }
}

/// A folder whose flows a server is to have; see [`Flows::sync`].
#[must_use = "a sync does nothing until it is awaited"]
#[derive(Debug)]
pub struct FlowSync {
    client: Client,
    folder: PathBuf,
    delete_in: BTreeSet<String>,
    dry_run: bool,
    options: CallOptions,
}

options_of_calls!(FlowSync, options, "Sets the limit for each of its calls.");

impl FlowSync {
    /// Deletes the flows of this very namespace, not of those below it, that no file has; may be said of several.
    pub fn delete_in(mut self, namespace: impl Into<String>) -> Self {
        self.delete_in.insert(namespace.into());
        self
    }

    /// Skips the checks: also sends sources that a server misreads, such as one with `deleted: true`.
    pub fn unchecked(mut self) -> Self {
        self.options = self.options.unchecked();
        self
    }

    /// Changes nothing, and reports what would be done.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    async fn run(self) -> Result<FlowSyncReport, Error> {
        let flows = self.client.with_options(self.options.clone()).flows();
        let mut planned = plan::plan(&flows, &self.folder, &self.delete_in).await?;
        let is_valid = planned.iter().all(|flow| flow.report.error.is_none());
        let applied = is_valid && !self.dry_run;
        if applied {
            for flow in &mut planned {
                apply::apply(&flows, flow).await;
            }
        }
        let flows = planned.into_iter().map(|flow| flow.report).collect();
        Ok(FlowSyncReport { dry_run: self.dry_run, applied, flows })
    }
}

awaited!(FlowSync => FlowSyncReport, FlowSync::run);
