//! Runs a flow to its end with a progress bar of its tasks, and reads its outputs as a type of its own.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kestra::BoxError;
use kestra::models::Execution;
use kestra_examples::{NAMESPACE, Server};
use serde::Deserialize;

/// How many tasks the flow has.
const TASKS: u64 = 3;

#[derive(Debug, Deserialize)]
struct Report {
    greeting: String,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let id = format!("report-{}", std::process::id());
    client.flows().deploy(source(&id)).await?;

    let bar = ProgressBar::new(TASKS);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos} of {len} tasks {msg}")?);
    let shown = bar.clone();
    let run = client
        .executions()
        .run(NAMESPACE, &id)
        .input("name", "Rust")
        .input("dry_run", true)
        .timeout(Duration::from_mins(2))
        .on_progress(move |execution| show(execution, &shown));
    let result = run.await;
    bar.finish();

    if let Ok(finished) = &result {
        client.executions().delete_execution(finished.id()).await?;
    }
    client.flows().delete_flow(NAMESPACE, &id).await?;
    let finished = result?;
    let report: Report = finished.outputs_as()?;
    println!("{} of {TASKS} tasks are done: {}", bar.position(), report.greeting);
    Ok(())
}

/// Sets the bar to the number of tasks that are done, beside the states of all that have begun.
fn show(execution: &Execution, bar: &ProgressBar) {
    let runs = execution.task_runs();
    let done = runs.iter().filter(|run| run.state.as_ref().is_some_and(|state| state.is_terminal())).count();
    let states: Vec<_> = runs
        .iter()
        .map(|run| {
            let state = run.state.as_ref().map(|state| &state.current);
            format!("{} {}", run.task_id, state.map_or("?", |state| state.as_str()))
        })
        .collect();
    bar.set_position(done as u64);
    bar.set_message(states.join(", "));
}

fn source(id: &str) -> String {
    format!(
        r#"
id: {id}
namespace: {NAMESPACE}
inputs:
  - {{id: name, type: STRING, defaults: World}}
  - {{id: dry_run, type: BOOL, defaults: false}}
outputs:
  - {{id: greeting, type: STRING, value: "{{{{ outputs.load.value }}}}"}}
tasks:
  - {{id: extract, type: io.kestra.plugin.core.flow.Sleep, duration: PT0.3S}}
  - {{id: transform, type: io.kestra.plugin.core.flow.Sleep, duration: PT0.3S}}
  - {{id: load, type: io.kestra.plugin.core.debug.Return, format: "Hello, {{{{ inputs.name }}}}!"}}
"#
    )
}
