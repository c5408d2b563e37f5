//! Lists executions that stay RUNNING although nothing happens in them any more, as after a restart that lost a task.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use kestra::jiff::{SignedDuration, Timestamp};
use kestra::models::{Execution, StateType};
use kestra::{BoxError, Client, Error, Filter};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let id = format!("sleeps-{}", std::process::id());
    let source = format!(
        "id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - id: sleep\n    type: io.kestra.plugin.core.flow.Sleep\n    \
         duration: PT5M\n"
    );
    client.flows().deploy(source).await?;
    // In place of one that a restart left behind: an execution that is silent for a second.
    let execution = client.executions().start(NAMESPACE, &id).await?;
    let mut states = client.executions().follow_execution(execution.id()).stream();
    while let Some(state) = states.next().await {
        if last_change(&state?).is_some_and(|(_, task)| task == "sleep") {
            break;
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;

    // After a restart of the server, its time would be the one to compare with.
    let silent_since = Timestamp::now() - SignedDuration::from_secs(1);
    let stuck = stuck(&client, silent_since).await?;
    for (execution, since, task) in &stuck {
        println!(
            "{}.{} {} is RUNNING, silent since {since}, in task {task}",
            execution.namespace, execution.flow_id, execution.id
        );
    }
    println!("{} of them are stuck", stuck.len());

    client.executions().kill_execution(execution.id()).await?;
    client.executions().wait(execution.id()).any_end_state().await?;
    client.executions().delete_execution(execution.id()).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    Ok(())
}

/// Returns the running executions of the namespace in which nothing has changed since, each with its last change.
async fn stuck(client: &Client, since: Timestamp) -> Result<Vec<(Execution, Timestamp, String)>, Error> {
    let search = client
        .executions()
        .search_executions()
        .filter(Filter::namespace().prefix(NAMESPACE))
        .filter(Filter::state().equals("RUNNING"))
        // Without a start the server would find only those of the last 8 days.
        .since(Timestamp::UNIX_EPOCH);
    let mut stuck = Vec::new();
    for id in search.ids().await? {
        // The rows of a search lack task runs on some versions.
        let execution = client.executions().get_execution(&id).await?;
        if execution.state_type() != Some(&StateType::Running) {
            continue;
        }
        if let Some((changed, task)) = last_change(&execution).filter(|(changed, _)| *changed < since) {
            stuck.push((execution, changed, task));
        }
    }
    Ok(stuck)
}

/// Returns the last change of state, and the task that it was about; an empty name if it was about the execution.
fn last_change(execution: &Execution) -> Option<(Timestamp, String)> {
    let tasks = execution.task_runs().iter().map(|run| (run.task_id.as_str(), run.state.as_ref()));
    let all = std::iter::once(("", execution.state.as_ref())).chain(tasks);
    let changes = all.filter_map(|(task, state)| {
        let last = state?.histories.iter().filter_map(|history| history.date).max()?;
        Some((last, task.to_owned()))
    });
    changes.max()
}
