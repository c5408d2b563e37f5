//! Creates a flow, executes it with every parameter there is, and follows it to its end.
#![allow(clippy::print_stdout)]

use jiff::Timestamp;
use kestra::models::{ExecutionKind, FlowWithSource, State, StateType};
use kestra::{BoxError, Client};
use kestra_examples::{NAMESPACE, Server, wait_until};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    println!("a Kestra {} at {}\n", client.check().await?.version_text, server.url());

    let id = format!("hello-{}", std::process::id());
    let flow = create_flow(&client, &id).await?;
    let ended = execute_flow(&client, &id, &flow).await;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    println!("\nended in state {}", ended?);
    Ok(())
}

async fn create_flow(client: &Client, id: &str) -> Result<FlowWithSource, BoxError> {
    let source = format!(
        r#"
id: {id}
namespace: {NAMESPACE}
inputs:
  - id: name
    type: STRING
    defaults: World
tasks:
  - id: greet
    type: io.kestra.plugin.core.debug.Return
    format: "Hello, {{{{ inputs.name }}}}!"
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: "{{{{ outputs.greet.value }}}}"
"#
    );
    // `.await` alone gives the flow; `.send()` gives it within the HTTP response.
    let response: http::Response<FlowWithSource> = client.flows().create_flow(source).send().await?;
    print_head("create_flow", &response);
    let flow = response.into_body();
    println!("flow {id} has revision {:?}\n", flow.revision);
    Ok(flow)
}

async fn execute_flow(client: &Client, id: &str, flow: &FlowWithSource) -> Result<StateType, BoxError> {
    let executions = client.executions();
    let response = executions
        .create_execution(NAMESPACE, id)
        .label("team", "data")
        .label("run-by", "example")
        // A response at the end would never come: the execution stops at the breakpoint first.
        .wait(false)
        .revision(flow.revision.unwrap_or(1))
        .schedule_date(Timestamp::now())
        .breakpoints(["log"])
        .kind(ExecutionKind::Normal)
        .input("name", "Rust")
        .send()
        .await?;
    print_head("create_execution", &response);
    let execution = response.into_body();
    println!("execution {:?} of revision {:?}", execution.id, execution.flow_revision);
    println!("  labels {:?}, inputs {:?}", execution.labels, execution.inputs);
    println!("  kind {:?}, scheduled for {:?}", execution.kind, execution.schedule_date);
    println!("  shown at {}", execution.url.unwrap_or_default());

    let id = execution.id;
    let stopped = wait_until(client, &id, State::is_paused).await?;
    println!(
        "\nstopped at a breakpoint, after {} task runs",
        stopped.task_run_list.map_or(0, |runs| runs.len())
    );
    executions.resume_execution_from_breakpoint(&id).await?;
    let ended = wait_until(client, &id, State::is_terminal).await?;

    executions.delete_execution(&id).await?;
    ended.state.map(|state| state.current).ok_or_else(|| "it has no state".into())
}

fn print_head<T>(operation: &str, response: &http::Response<T>) {
    println!("{operation}: {:?} {}", response.version(), response.status());
    for (name, value) in response.headers() {
        println!("  {name}: {value:?}");
    }
}
