//! Restarts the executions that failed, all that can be; the others are named with what is in the way.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use kestra::{BoxError, Client, Filter};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let id = format!("fails-{}", std::process::id());
    let source = format!(
        "id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - id: stop\n    type: io.kestra.plugin.core.execution.Fail\n"
    );
    client.flows().deploy(source).await?;
    for _ in 0..3 {
        client.executions().run(NAMESPACE, &id).any_end_state().await?;
    }

    // Read whole before anything changes, since what is restarted is no longer found.
    let mut failed = failed(&client, &id).await?;
    println!("{} executions have failed", failed.len());
    failed.push("4kJ2mQ7ZtP1xWv9Ls8RbCd".to_owned());
    let restart = client.executions().restart_executions_by_ids(failed.clone()).skipping_invalid();
    // A server of 2.0 responds before it has done anything.
    let report = restart.wait_until_visible(Duration::from_secs(30)).await?;
    println!("{} restarted and seen to be, {} of them queued", report.visible.len(), report.queued);
    for skipped in &report.skipped {
        println!("left out {}: {}", skipped.id, skipped.reason);
    }
    report.check()?;

    failed.pop();
    for id in &failed {
        client.executions().wait(id).any_end_state().await?;
    }
    client.executions().delete_executions_by_ids(failed).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    Ok(())
}

async fn failed(client: &Client, flow: &str) -> Result<Vec<String>, kestra::Error> {
    let search = client.executions().search_executions();
    let search = search.filter(Filter::flow_id().equals(flow)).filter(Filter::state().equals("FAILED"));
    search.look_back("P30D").ids().await
}
