//! Flows from a folder or from memory: check all, plan, and apply.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use kestra_core::{CallOptions, Error};

use super::deploy::{Deployed, create_or_update};
use super::sync_plan::{Plan, Planned};
use crate::Flows;
use crate::several_calls::record_flow;
use crate::sync::{Settings, SyncAction, SyncReport};

impl Flows {
    /// Synchronizes the flows of a server with a folder: every `*.yml` and `*.yaml` in it and below, one flow per file.
    ///
    /// Links to files are followed, links to folders aren't; names that begin with `..` are left out. The server validates all
    /// sources first, and nothing is changed unless all are valid. Then each flow is created, updated or left as it is, 16 at
    /// once. Flows that no file has stay, unless [`delete`](FlowSync::delete), [`delete_in`](FlowSync::delete_in) or
    /// [`delete_below`](FlowSync::delete_below) says otherwise. An interrupted sync that is run again does what is left. All
    /// versions.
    ///
    /// The sources of a namespace are read in one request (`export_flows_by_query`), so a plan of 200 flows takes about five
    /// requests.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder can't be read, or the server doesn't respond. What is wrong with a file, and what failed, is
    /// in the report; [`SyncReport::check`] makes it an error.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let plan = client.flows().sync("flows").delete(true).dry_run(true).await?;
    /// println!("{plan:#}"); // with diffs; `to_json` for pipelines
    /// plan.check()?;
    /// client.flows().sync("flows").delete(true).await?.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sync(&self, folder: impl Into<PathBuf>) -> FlowSync {
        FlowSync::new(self, Sources::Folder(folder.into()))
    }

    /// Synchronizes the flows of a server with these sources, one flow each, as [`sync`](Self::sync) does with the files of
    /// a folder. All versions.
    ///
    /// # Errors
    ///
    /// Returns an error if the server doesn't respond.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client, sources: Vec<String>) -> Result<(), kestra::Error> {
    /// client.flows().sync_sources(sources).await?.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sync_sources(&self, sources: impl IntoIterator<Item = impl Into<String>>) -> FlowSync {
        FlowSync::new(self, Sources::Memory(sources.into_iter().map(Into::into).collect()))
    }
}

/// Where the flows of a sync come from.
#[derive(Clone)]
pub(super) enum Sources {
    Folder(PathBuf),
    Memory(Vec<String>),
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            // A source may hold secrets.
            Self::Memory(sources) => write!(f, "Memory({} sources)", sources.len()),
        }
    }
}

/// The subject and the verb of a message.
impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "the folder {} has", folder.display()),
            Self::Memory(_) => f.write_str("the sources have"),
        }
    }
}

/// A sync of flows; see [`Flows::sync`] and [`Flows::sync_sources`].
#[must_use = "a sync does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct FlowSync {
    pub(super) sources: Sources,
    pub(super) delete: bool,
    pub(super) delete_in: BTreeSet<String>,
    pub(super) delete_below: BTreeSet<String>,
    pub(super) namespace: Option<String>,
    pub(super) namespaces: Vec<(String, String)>,
    /// The level of each source: those of a level are stored when those of the levels below are.
    levels: Vec<usize>,
    pub(crate) settings: Settings,
}

impl FlowSync {
    pub(super) fn new(flows: &Flows, sources: Sources) -> Self {
        Self {
            sources,
            delete: false,
            delete_in: BTreeSet::new(),
            delete_below: BTreeSet::new(),
            namespace: None,
            namespaces: Vec::new(),
            levels: Vec::new(),
            settings: Settings::new(flows.client()),
        }
    }

    pub(super) fn levels(mut self, levels: Vec<usize>) -> Self {
        self.levels = levels;
        self
    }

    /// Sets whether to delete the flows that no source has from the namespaces that the sources name, not from those below.
    /// Defaults to `false`.
    pub fn delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }

    /// Deletes the flows that no source has from this namespace, not from those below. Can be called for several namespaces.
    pub fn delete_in(mut self, namespace: impl Into<String>) -> Self {
        self.delete_in.insert(namespace.into());
        self
    }

    /// Deletes the flows that no source has from this namespace and all below. Can be called for several namespaces.
    pub fn delete_below(mut self, namespace: impl Into<String>) -> Self {
        self.delete_below.insert(namespace.into());
        self
    }

    /// Puts all flows into one namespace, as [`map_namespace`](Self::map_namespace) does.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Puts the flows of a namespace, and of those below, into another one: `map_namespace("dev", "prod")` makes `dev.team`
    /// `prod.team`. Can be called for several namespaces; the longest that fits applies.
    ///
    /// Only the line `namespace:` of each source changes, not the namespaces of subflows or of Flow triggers. A source that would
    /// have to move and has no such line at its top level is invalid.
    pub fn map_namespace(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.namespaces.push((from.into(), to.into()));
        self
    }

    /// Skips the checks: also sends sources that a server misreads, such as one with `deleted: true`.
    pub fn unchecked(mut self) -> Self {
        self.settings.client = self.settings.client.with_options(CallOptions::new().unchecked());
        self
    }

    pub(super) fn deletes(&self) -> bool {
        self.delete || !self.delete_in.is_empty() || !self.delete_below.is_empty()
    }

    pub(crate) async fn run(self) -> Result<SyncReport, Error> {
        if let Some(namespace) = &self.namespace {
            record_flow(&self.settings.client, namespace, None);
        }
        let flows = self.settings.client()?.flows();
        let mut planned = Plan { sync: &self, flows: &flows }.make().await?;
        let is_valid = planned.iter().all(|flow| flow.entry.error.is_none());
        let applied = is_valid && !self.settings.dry_run;
        if applied {
            planned = self.apply(&flows, planned).await;
        }
        let mut entries: Vec<_> = planned.into_iter().map(|flow| flow.entry).collect();
        if !is_valid {
            for entry in &mut entries {
                match entry.action {
                    // The source that can't be read may be that of the flow.
                    SyncAction::Delete => entry.skip(),
                    SyncAction::Create | SyncAction::Update if !self.settings.dry_run => entry.skip(),
                    _ => {}
                }
            }
        }
        let mut report = SyncReport::new("sync", &self.settings, entries);
        report.applied = applied;
        Ok(report)
    }

    /// Creates and updates flows level by level, then deletes, unless a flow failed. A failure stays with its flow.
    async fn apply(&self, flows: &Flows, planned: Vec<Planned>) -> Vec<Planned> {
        let changes = planned.iter().filter(|flow| flow.entry.action != SyncAction::Unchanged).count();
        let step = &self.settings.step(changes);
        let apply = |(index, flow): (usize, Planned)| async move {
            if flow.entry.action == SyncAction::Unchanged {
                return (index, flow);
            }
            let flow = flow.apply(flows).await;
            step(&flow.entry.name);
            (index, flow)
        };
        let mut groups: BTreeMap<(bool, usize), Vec<_>> = BTreeMap::new();
        for (index, flow) in planned.into_iter().enumerate() {
            // The sources are planned first, in their order.
            let level = self.levels.get(index).copied().unwrap_or(0);
            groups.entry((flow.entry.action == SyncAction::Delete, level)).or_default().push((index, flow));
        }
        let mut done: Vec<(usize, Planned)> = Vec::new();
        for ((is_deletion, _), mut group) in groups {
            // What failed may be the new name of what would be deleted.
            if is_deletion && done.iter().any(|(_, flow)| flow.entry.error.is_some()) {
                group.iter_mut().for_each(|(_, flow)| flow.entry.skip());
                done.extend(group);
                continue;
            }
            done.extend(self.settings.run_all(group.into_iter().map(apply).collect()).await);
        }
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, flow)| flow).collect()
    }
}

impl Planned {
    async fn apply(mut self, flows: &Flows) -> Self {
        let entry = &mut self.entry;
        let (Some(namespace), Some(id)) = (&entry.namespace, &entry.id) else { return self };
        let outcome = if entry.action == SyncAction::Delete {
            match flows.delete_flow(namespace, id).await {
                Err(error) if !error.is_missing() => Err(error),
                _ => Ok(entry.revision),
            }
        } else {
            let known = (entry.action == SyncAction::Update).then_some(entry.revision);
            let source = std::mem::take(&mut self.source);
            create_or_update(flows, (namespace, id), source, known, CallOptions::new).await.map(
                |(flow, done)| {
                    entry.action = match done {
                        Deployed::Created => SyncAction::Create,
                        Deployed::Updated => SyncAction::Update,
                        Deployed::Unchanged => SyncAction::Unchanged,
                    };
                    flow.revision
                },
            )
        };
        match outcome {
            Ok(revision) => entry.revision = revision,
            Err(error) => entry.error = Some(error),
        }
        self
    }
}

sync_settings!(FlowSync, "sync");
