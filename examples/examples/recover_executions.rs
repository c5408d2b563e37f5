//! Lists the executions of the last day that failed and have a label, saves their logs, restarts them, and tells how they ended.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::future::IntoFuture;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures_util::{StreamExt, stream};
use kestra::models::{Execution, StateType};
use kestra::{BoxError, Client, Filter};

#[derive(Parser)]
struct Cli {
    /// The label, as `key=value`.
    #[arg(long)]
    label: String,
    #[arg(long, default_value = "logs")]
    logs: PathBuf,
    #[arg(long)]
    restart: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let cli = Cli::parse();
    let client = Client::from_env()?;
    let (key, value) = cli.label.split_once('=').ok_or("--label is `key=value`")?;
    let search = client.executions().search_executions().state([StateType::Failed]);
    let search = search.filter(Filter::label(key).equals(value)).look_back(Duration::from_hours(24));
    let failed = search.items().collect().await?;
    for Execution { id, namespace, flow_id, state, .. } in &failed {
        let state = state.clone().unwrap_or_default();
        let start = state.start_date.map(|start| start.to_string()).unwrap_or_default();
        println!("{id:<24} {namespace:<20} {flow_id:<10} {:<8} {start:<30}", state.current.as_str());
    }
    tokio::fs::create_dir_all(&cli.logs).await?;
    let (client, logs) = (&client, &cli.logs);
    let saved = stream::iter(&failed).map(|failed| async move {
        let log = client.logs().download_logs_from_execution(&failed.id).await?;
        log.to_file(logs.join(format!("{}.log", failed.id))).await
    });
    for log in saved.buffer_unordered(8).collect::<Vec<_>>().await {
        match log {
            Ok(path) => println!("log {} {} bytes", path.display(), path.metadata()?.len()),
            Err(error) => eprintln!("log: {error:#}"),
        }
    }
    if !cli.restart || failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let ids = failed.iter().map(|failed| &failed.id);
    let restart = client.executions().restart_executions_by_ids(ids).skipping_invalid();
    println!("{:#?}", restart.wait_until_visible(Duration::from_secs(30)).await?);
    let ended = stream::iter(&failed).map(|failed| {
        let wait = client.executions().wait(&failed.id).after(failed).any_end_state();
        wait.timeout(Duration::from_secs(60)).into_future()
    });
    let mut code = ExitCode::SUCCESS;
    for end in ended.buffer_unordered(16).collect::<Vec<_>>().await {
        match &end {
            Ok(end) => println!(
                "{} ended {:?}, {} failed tasks",
                end.id(),
                end.state(),
                end.failed_task_runs().len()
            ),
            Err(error) => println!("{error:#}"),
        }
        if !end.is_ok_and(|end| end.is_success()) {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
