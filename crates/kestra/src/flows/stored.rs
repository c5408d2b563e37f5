//! The flows that a server has, with their sources.

use std::collections::BTreeMap;

use kestra_core::internal::sources_of_archive;
use kestra_core::{Error, Filter};

use kestra_models::Flow as FlowRow;

use crate::Flows;
use crate::sync::Settings;

/// From how many flows of a namespace on all of its sources are read in one request, rather than each by itself.
const EXPORTED_FROM: usize = 3;

/// How many flows a page of the search has.
const PAGE: usize = 500;

/// How often several pages are read at most.
const READINGS: usize = 5;

/// Namespace and id.
pub(crate) type Name = (String, String);

/// A flow that the server has.
pub(crate) struct StoredFlow {
    pub(crate) revision: Option<i64>,
    pub(crate) source: Option<String>,
}

/// Returns the flows that the filters select, with the sources of those that are wanted.
pub(crate) async fn stored_flows(
    flows: &Flows,
    settings: &Settings,
    filters: impl Iterator<Item = Filter>,
    wants: impl Fn(&Name) -> bool,
) -> Result<BTreeMap<Name, StoredFlow>, Error> {
    let search = |filter| search_all(flows, filter);
    let mut stored = BTreeMap::new();
    for rows in settings.run_all(filters.map(search).collect()).await {
        for row in rows? {
            stored.insert((row.namespace, row.id), StoredFlow { revision: row.revision, source: None });
        }
    }
    let mut wanted: BTreeMap<&String, usize> = BTreeMap::new();
    for (namespace, _) in stored.keys().filter(|name| wants(name)) {
        *wanted.entry(namespace).or_default() += 1;
    }
    let exported = wanted.into_iter().filter(|(_, flows)| *flows >= EXPORTED_FROM);
    let exported = exported.map(|(namespace, _)| export(flows, namespace.clone())).collect();
    for sources in settings.run_all(exported).await {
        for (name, source) in sources? {
            if let Some(flow) = stored.get_mut(&name) {
                flow.source = Some(source);
            }
        }
    }
    let read = |name: Name| async move {
        let flow = flows.get_flow(&name.0, &name.1).await;
        (name, flow)
    };
    let rest = stored.iter().filter(|(name, flow)| flow.source.is_none() && wants(name));
    let rest = rest.map(|(name, _)| read(name.clone())).collect();
    for (name, flow) in settings.run_all(rest).await {
        match flow {
            Ok(flow) => {
                drop(stored.insert(name, StoredFlow { revision: flow.revision, source: Some(flow.source) }))
            }
            Err(error) if error.is_missing() => drop(stored.remove(&name)),
            Err(error) => return Err(error),
        }
    }
    Ok(stored)
}

/// Returns all flows that a filter selects.
///
/// A flow that is deleted while pages are read moves a later one to the page before, where it is missed. So several pages are read
/// until a reading finds no flow that the readings before have missed.
async fn search_all(flows: &Flows, filter: Filter) -> Result<Vec<FlowRow>, Error> {
    let mut found: BTreeMap<Name, FlowRow> = BTreeMap::new();
    for _ in 0..READINGS {
        let rows = flows.search_flows().filter(filter.clone()).size(PAGE).items().collect().await?;
        let (known, is_one_page) = (found.len(), rows.len() < PAGE);
        found.extend(rows.into_iter().map(|row| ((row.namespace.clone(), row.id.clone()), row)));
        if is_one_page || found.len() == known {
            break;
        }
    }
    Ok(found.into_values().collect())
}

/// Returns all sources of a namespace; none if the archive can't be read.
async fn export(flows: &Flows, namespace: String) -> Result<Vec<(Name, String)>, Error> {
    let filter = Filter::namespace().equals(&namespace);
    let archive = flows.export_flows_by_query().filter(filter).await?.bytes().await?;
    let named = |(file, source): (String, Vec<u8>)| {
        // `company.team-hello.yml`; another name has the flow read by itself.
        let id = file.strip_prefix(&namespace)?.strip_prefix('-')?.strip_suffix(".yml")?;
        Some(((namespace.clone(), id.to_owned()), String::from_utf8(source).ok()?))
    };
    Ok(sources_of_archive(&archive).unwrap_or_default().into_iter().filter_map(named).collect())
}
