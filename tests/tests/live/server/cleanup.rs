//! Leaves a server as it was before the test.

use std::time::Duration;

use kestra::models::{DeleteBulkRequest, ExecutionKind};
use kestra::{Error, ErrorKind, Filter};

use super::site::Site;

/// A search finds what is of no kind, and what is of another only if it asks for that.
const KINDS: [Option<ExecutionKind>; 3] = [None, Some(ExecutionKind::Test), Some(ExecutionKind::Playground)];

/// How often executions are looked for at most, and after which time again.
const ROUNDS: usize = 150;
const PAUSE: Duration = Duration::from_millis(100);

/// Empties the namespace of the test and those below it.
pub(super) async fn clean(site: &Site) -> Result<(), Error> {
    // Without flows nothing starts any more.
    let namespaces = namespaces(site).await?;
    let mut left = executions(site).await;
    site.client.flows().delete_flows_by_query().filter(below(site)).await?;
    for namespace in &namespaces {
        keys(site, namespace).await?;
        files(site, namespace).await?;
    }
    // What was started meanwhile, or didn't end at once. A search may be behind, so that it has to find nothing twice.
    for _ in 0..ROUNDS {
        tokio::time::sleep(PAUSE).await;
        let again = executions(site).await;
        if matches!((&left, &again), (Ok(0), Ok(0))) {
            return Ok(());
        }
        left = again;
    }
    panic!("{} executions are left in {}", left?, site.namespace)
}

fn below(site: &Site) -> Filter {
    Filter::namespace().prefix(&site.namespace)
}

/// Those that have flows, and the test's own, which may have files and keys without.
async fn namespaces(site: &Site) -> Result<Vec<String>, Error> {
    let mut namespaces = vec![site.namespace.clone()];
    let flows = site.client.flows().search_flows().filter(below(site)).items().collect().await?;
    for namespace in flows.into_iter().map(|flow| flow.namespace) {
        if !namespaces.contains(&namespace) {
            namespaces.push(namespace);
        }
    }
    Ok(namespaces)
}

/// Deletes the executions of all kinds; gives how many were found.
async fn executions(site: &Site) -> Result<usize, Error> {
    let mut found = 0;
    for kind in &KINDS {
        match executions_of(site, kind.as_ref()).await {
            // Servers of 1.0 can't be asked for a kind.
            Err(error) if error.kind() == ErrorKind::Unsupported && kind.is_some() => {}
            result => found += result?,
        }
    }
    Ok(found)
}

async fn executions_of(site: &Site, kind: Option<&ExecutionKind>) -> Result<usize, Error> {
    let executions = site.client.executions();
    let wanted = || {
        let kind = kind.map(|kind| Filter::kind().equals(kind.as_str()));
        [below(site)].into_iter().chain(kind)
    };
    let found = executions.search_executions().filters(wanted()).items().collect().await?;
    for execution in found.iter().filter(|execution| !execution.is_over()) {
        // It may end by itself, or have been killed before.
        let _ = executions.kill_execution(execution.id.as_str()).await;
    }
    if !found.is_empty() {
        executions.delete_executions_by_query().filters(wanted()).include_non_terminated(true).await?;
    }
    Ok(found.len())
}

async fn keys(site: &Site, namespace: &str) -> Result<(), Error> {
    let kv = site.client.kv();
    let entries = if site.is_since(1, 1) {
        kv.list_all_keys().filter(Filter::namespace().equals(namespace)).items().collect().await?
    } else {
        kv.list_keys(namespace).await?
    };
    let keys: Vec<String> = entries.into_iter().map(|entry| entry.key).collect();
    if !keys.is_empty() {
        kv.delete_key_values(namespace, DeleteBulkRequest::default().keys(keys)).await?;
    }
    Ok(())
}

async fn files(site: &Site, namespace: &str) -> Result<(), Error> {
    let files = site.client.files();
    for path in files.search_namespace_files(namespace, "").await? {
        files.delete_file(namespace, path).await?;
    }
    Ok(())
}
