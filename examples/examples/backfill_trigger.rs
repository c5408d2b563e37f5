//! Catches up on a schedule for a span of the past, and watches it to its end.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use kestra::{BoxError, Filter};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let id = format!("report-{}", std::process::id());
    let source = format!(
        r#"
id: {id}
namespace: {NAMESPACE}
tasks:
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: "the report of {{{{ trigger.date ?? 'today' }}}}"
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 6 * * *"
"#
    );
    client.flows().deploy(source).await?;
    let backfill = client.triggers().backfill(NAMESPACE, &id, "daily");
    // The server takes note of a new trigger in the background.
    while backfill.state().await?.is_none() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    let start = backfill.start("2026-01-01T00:00:00Z".parse()?).end("2026-01-05T00:00:00Z".parse()?);
    start.label("reason", "backfill").await?;
    backfill
        .watch()
        .every(Duration::from_millis(200))
        .on_progress(|backfill| println!("at {:?}", backfill.current_date))
        .await?;

    let search = || client.executions().search_executions().filter(Filter::flow_id().equals(&id));
    let executions = search().items().collect().await?;
    println!("started {} executions", executions.len());
    for execution in &executions {
        client.executions().wait(&execution.id).any_end_state().await?;
    }
    let ids = search().ids().await?;
    client.executions().delete_executions_by_ids(ids).skipping_invalid().await?.check()?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    Ok(())
}
