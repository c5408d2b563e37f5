//! Flows, files and keys of a namespace moved from an old server to a new one, both embedded here.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::{BoxError, Client, FilePart};
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
    old.namespaces().backup(NAMESPACE, &folder).await?.check()?;
    let restored = new.namespaces().restore(NAMESPACE, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    let restored = restored?;
    println!("{restored}");
    restored.check()?;

    // The same program works with either server.
    let finished = new.executions().run(NAMESPACE, "hello").await?;
    println!("hello on the new server: {:?}", finished.state());
    for key in new.kv().keys(NAMESPACE).await?.into_iter().map(|entry| entry.key) {
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
