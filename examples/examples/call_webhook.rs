//! Starts an execution through a webhook, without credentials: the server stores every header that such a call sends.
#![allow(clippy::print_stdout)]

use kestra::BoxError;
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let id = format!("hook-{}", std::process::id());
    let source = format!(
        r#"
id: {id}
namespace: {NAMESPACE}
tasks:
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: "{{{{ trigger.body }}}}"
triggers:
  - id: hook
    type: io.kestra.plugin.core.trigger.Webhook
    key: a-long-random-key
"#
    );
    client.flows().deploy(source).await?;
    let hook = client.executions().trigger_execution_by_post_webhook(NAMESPACE, &id, "a-long-random-key");
    let response = hook.body(serde_json::json!({"order": 42})).await?;

    // What a webhook responds is up to its trigger; unless that says otherwise it is the execution.
    let execution = response.id().ok_or("the response names no execution")?;
    let finished = client.executions().wait(execution).await?;
    println!("the webhook started {}, which ended in {:?}", finished.id(), finished.state());
    client.executions().delete_execution(execution).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    Ok(())
}
