//! Leaves a server as it was before the test.

use std::time::Duration;

use kestra::models::DeleteBulkRequest;
use kestra::{Error, Filter};

use super::site::Site;

/// Empties the namespace of the test and those below it.
pub(super) async fn clean(site: &Site) -> Result<(), Error> {
    // Without flows nothing starts any more.
    let namespaces = namespaces(site).await?;
    let mut ended = executions(site).await;
    site.client.flows().delete_flows_by_query().filter(below(site)).await?;
    for namespace in &namespaces {
        keys(site, namespace).await?;
        files(site, namespace).await?;
    }
    // What was started meanwhile, or didn't end at once.
    for _ in 0..20 {
        if ended.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        ended = executions(site).await;
    }
    ended
}

fn below(site: &Site) -> Filter {
    Filter::namespace().prefix(&site.namespace)
}

/// Those that have flows, and the test's own, which may have files and keys without.
async fn namespaces(site: &Site) -> Result<Vec<String>, Error> {
    let mut namespaces = vec![site.namespace.clone()];
    let flows = site.client.flows().search_flows().filter(below(site)).items().collect().await?;
    for namespace in flows.into_iter().filter_map(|flow| flow.namespace) {
        if !namespaces.contains(&namespace) {
            namespaces.push(namespace);
        }
    }
    Ok(namespaces)
}

async fn executions(site: &Site) -> Result<(), Error> {
    let executions = site.client.executions();
    let found = executions.search_executions().filter(below(site)).items().collect().await?;
    for execution in found.iter().filter(|execution| !execution.is_over()) {
        // It may end by itself, or have been killed before.
        let _ = executions.kill_execution(execution.id.as_deref().unwrap_or_default()).await;
    }
    if found.is_empty() {
        return Ok(());
    }
    executions.delete_executions_by_query().filter(below(site)).include_non_terminated(true).await?;
    Ok(())
}

async fn keys(site: &Site, namespace: &str) -> Result<(), Error> {
    let kv = site.client.kv();
    let entries = if site.is_since(1, 1) {
        kv.list_all_keys().filter(Filter::namespace().equals(namespace)).items().collect().await?
    } else {
        kv.list_keys(namespace).await?
    };
    let keys: Vec<String> = entries.into_iter().filter_map(|entry| entry.key).collect();
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
