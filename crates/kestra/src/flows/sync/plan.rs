//! What is to be done, found out without changing anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kestra_core::internal::refuse_deleted;
use kestra_core::{Error, Filter};

use super::report::{FlowAction, SyncedFlow};
use crate::Flows;
use crate::folder::{self, failure};

/// A flow and what applying needs.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) report: SyncedFlow,
    pub(super) source: String,
    /// The source says a revision, and it isn't the one that comes next.
    outdated: bool,
}

impl Planned {
    fn new(report: SyncedFlow) -> Self {
        Self { report, source: String::new(), outdated: false }
    }
}

pub(super) async fn plan(
    flows: &Flows,
    folder: &Path,
    delete_in: &BTreeSet<String>,
) -> Result<Vec<Planned>, Error> {
    let mut planned = Vec::new();
    for path in sources(folder).await? {
        planned.push(read(flows, path).await?);
    }
    refuse_doubles(&mut planned);
    for flow in planned.iter_mut().filter(|flow| flow.report.error.is_none()) {
        compare(flows, flow).await?;
    }
    let known: BTreeSet<(String, String)> = planned
        .iter()
        .filter_map(|flow| Some((flow.report.namespace.clone()?, flow.report.id.clone()?)))
        .collect();
    for namespace in delete_in {
        let search = flows.search_flows().filter(Filter::namespace().equals(namespace));
        for flow in search.items().collect().await? {
            let (Some(namespace), Some(id)) = (flow.namespace, flow.id) else { continue };
            if !known.contains(&(namespace.clone(), id.clone())) {
                let mut report = entry(None, FlowAction::Delete);
                (report.namespace, report.id) = (Some(namespace), Some(id));
                planned.push(Planned::new(report));
            }
        }
    }
    Ok(planned)
}

fn entry(file: Option<PathBuf>, action: FlowAction) -> SyncedFlow {
    SyncedFlow { file, namespace: None, id: None, action, revision: None, warnings: Vec::new(), error: None }
}

/// The files of flows in a folder and below, in order.
async fn sources(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let files = folder::walk(folder).await?.into_iter().map(|file| file.path);
    let is_yaml =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
    Ok(files.filter(is_yaml).collect())
}

/// Reads a file and has the server check it.
async fn read(flows: &Flows, path: PathBuf) -> Result<Planned, Error> {
    let source = tokio::fs::read_to_string(&path).await.map_err(|problem| failure("read", &path, problem));
    let mut planned = Planned::new(entry(Some(path), FlowAction::Invalid));
    let report = &mut planned.report;
    match source {
        Ok(source) => planned.source = source,
        Err(error) => {
            report.error = Some(error);
            return Ok(planned);
        }
    }
    if planned.source.trim().is_empty() {
        report.error = Some(Error::invalid("source", "the file is empty"));
        return Ok(planned);
    }
    if !flows.client().options().is_unchecked()
        && let Err(error) = refuse_deleted(&planned.source)
    {
        report.error = Some(error);
        return Ok(planned);
    }
    let mut checked = flows.validate_flows(planned.source.clone()).await?.into_iter();
    let (Some(flow), None) = (checked.next(), checked.next()) else {
        report.error = Some(Error::invalid("source", "a file holds exactly one flow"));
        return Ok(planned);
    };
    (report.namespace, report.id) = (flow.namespace, flow.flow);
    report.warnings = flow.warnings;
    report.warnings.extend(flow.deprecation_paths.iter().map(|path| format!("{path} is deprecated")));
    planned.outdated = flow.outdated == Some(true);
    let constraints =
        flow.constraints.as_deref().map(str::trim).filter(|constraints| !constraints.is_empty());
    if let Some(constraints) = constraints {
        report.error = Some(Error::invalid("source", constraints));
    } else if report.namespace.is_none() || report.id.is_none() {
        report.error = Some(Error::invalid("source", "the server finds no namespace or no id in it"));
    }
    Ok(planned)
}

/// The second file of a flow would undo the first.
fn refuse_doubles(planned: &mut [Planned]) {
    let mut seen: BTreeMap<(String, String), PathBuf> = BTreeMap::new();
    for flow in planned {
        let report = &mut flow.report;
        let (Some(namespace), Some(id), Some(file)) = (&report.namespace, &report.id, &report.file) else {
            continue;
        };
        match seen.get(&(namespace.clone(), id.clone())) {
            Some(first) => {
                let problem = format!("the flow is in {} as well", first.display());
                report.error = Some(Error::invalid("source", problem));
                report.action = FlowAction::Invalid;
            }
            None => {
                seen.insert((namespace.clone(), id.clone()), file.clone());
            }
        }
    }
}

/// Compares a flow with the server's.
async fn compare(flows: &Flows, flow: &mut Planned) -> Result<(), Error> {
    let report = &mut flow.report;
    let (Some(namespace), Some(id)) = (&report.namespace, &report.id) else { return Ok(()) };
    match flows.get_flow(namespace, id).await {
        Ok(known) => {
            let is_same = known.source.as_deref() == Some(flow.source.as_str());
            report.action = if is_same { FlowAction::Unchanged } else { FlowAction::Update };
            report.revision = known.revision;
        }
        Err(error) if error.is_missing() => report.action = FlowAction::Create,
        Err(error) => return Err(error),
    }
    // Of a source that is there already the server says it as well.
    if flow.outdated && report.action == FlowAction::Update {
        report.warnings.push("its revision is not the one after that of the server".to_owned());
    }
    Ok(())
}
