//! Flows, files and keys of a namespace moved from an old server to a new one, both embedded here.
#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::{BoxError, Client, FilePart, Filter};
use kestra_testkit::{Dialect, TestServer};

const NAMESPACE: &str = "company.team";

const FLOW: &str = "\
id: hello
namespace: company.team
tasks:
  - id: greet
    type: io.kestra.plugin.core.log.Log
    message: Hello
";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let old_server = TestServer::builder().dialect(Dialect::V1_0).start().await?;
    let new_server = TestServer::builder().dialect(Dialect::V2_0).start().await?;
    let old = Client::builder().server(old_server.url()).build()?;
    let new = Client::builder().server(new_server.url()).build()?;
    fill(&old).await?;

    let folder = std::env::temp_dir().join(format!("kestra-move-{}", std::process::id()));
    let flows = move_flows(&old, &new).await?;
    let files = move_files(&old, &new, &folder).await;
    std::fs::remove_dir_all(&folder).ok();
    let files = files?;
    let keys = move_keys(&old, &new).await?;
    println!("moved {flows} flows, {files} files, {keys} keys");

    // The same program works with either server.
    let finished = new.executions().run(NAMESPACE, "hello").await?;
    println!("hello on the new server: {:?}", finished.state());
    for key in new.kv().keys(NAMESPACE).await?.into_iter().filter_map(|entry| entry.key) {
        let value = new.kv().get_key_value(NAMESPACE, &key).await?.typed();
        println!("{key} = {}", value.map(|value| value.to_text()).unwrap_or_default());
    }
    Ok(())
}

/// What the old server has.
async fn fill(old: &Client) -> Result<(), BoxError> {
    old.flows().deploy(FLOW).await?;
    let query = FilePart::bytes("report.sql", "select 1");
    old.namespace_files().create_namespace_file(NAMESPACE, "/queries/report.sql", query).await?;
    old.kv().set_key_value(NAMESPACE, "greeting", "hello world").ttl(Duration::from_hours(24)).await?;
    old.kv().set_key_value(NAMESPACE, "since", Timestamp::UNIX_EPOCH).await?;
    Ok(())
}

/// Those of the namespace and below, as a zip; what the new server can't take is an error.
async fn move_flows(old: &Client, new: &Client) -> Result<usize, BoxError> {
    let these = || Filter::namespace().prefix(NAMESPACE);
    let zip = old.flows().export_flows_by_query().filter(these()).await?.bytes().await?;
    new.flows().import_flows(FilePart::bytes("flows.zip", zip)).await?;
    Ok(new.flows().search_flows().filter(these()).items().collect().await?.len())
}

async fn move_files(old: &Client, new: &Client, folder: &Path) -> Result<usize, BoxError> {
    old.namespace_files().sync_down(NAMESPACE, folder).await?.check()?;
    let report = new.namespace_files().sync_up(NAMESPACE, folder).await?;
    let files = report.changes().count();
    report.check()?;
    Ok(files)
}

/// One by one, with their types and for as long as they have left.
async fn move_keys(old: &Client, new: &Client) -> Result<usize, BoxError> {
    let mut keys = 0;
    for entry in old.kv().keys(NAMESPACE).await? {
        let key = entry.key.unwrap_or_default();
        let Some(value) = old.kv().get_key_value(NAMESPACE, &key).await?.typed() else { continue };
        let mut set = new.kv().set_key_value(NAMESPACE, &key, value);
        if let Some(expires) = entry.expiration_date {
            set = set.ttl(Timestamp::now().duration_until(expires));
        }
        set.await?;
        keys += 1;
    }
    Ok(keys)
}
