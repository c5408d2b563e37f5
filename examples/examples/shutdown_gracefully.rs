//! Stores the id of an execution when the process is told to end, and waits for the same execution after the restart.
//!
//! On its own it plays both parts: it waits, is told to end half way, and starts anew. With `STORE` set to a path it runs one
//! part a process, and ends at SIGTERM or Ctrl-C.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use kestra::{BoxError, Client};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let own = std::env::temp_dir().join(format!("kestra-execution-{}", std::process::id()));
    match std::env::var_os("STORE").map(PathBuf::from) {
        Some(store) => serve(&client, &store, told_to_end()).await?,
        None => {
            serve(&client, &own, tokio::time::sleep(Duration::from_millis(300))).await?;
            println!("-- the process starts anew --");
            serve(&client, &own, told_to_end()).await?;
        }
    }
    Ok(())
}

/// Waits for the execution that is stored, or for a new one; stores it if the process is to end first.
async fn serve(client: &Client, store: &Path, end: impl Future<Output = ()>) -> Result<(), BoxError> {
    let executions = client.executions();
    let id = match tokio::fs::read_to_string(store).await {
        Ok(id) => id,
        Err(_) => {
            let flow = format!("slow-{}", std::process::id());
            client.flows().deploy(source(&flow)).await?;
            executions.start(NAMESPACE, flow).await?.id().to_owned()
        }
    };
    tokio::select! {
        finished = executions.wait(&id) => {
            let finished = finished?;
            println!("execution ended in state {}", finished.state().map_or("?", |state| state.as_str()));
            executions.delete_execution(&id).await?;
            client.flows().delete_flow(NAMESPACE, finished.execution.flow_id).await?;
            let _ = tokio::fs::remove_file(store).await;
        }
        () = end => {
            // Nothing is lost: the execution goes on, and its id is all that is needed.
            tokio::fs::write(store, &id).await?;
            println!("told to end: execution stored");
        }
    }
    Ok(())
}

fn source(id: &str) -> String {
    format!(
        "id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - {{id: rest, type: io.kestra.plugin.core.flow.Sleep, duration: PT1S}}\n"
    )
}

/// Completes at SIGTERM or Ctrl-C.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
