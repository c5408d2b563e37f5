//! Follows the log of an execution in colours until it has ended and all has been read.
#![allow(clippy::print_stdout)]

use kestra::BoxError;
use kestra::models::LogLevel;
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let id = format!("logs-{}", std::process::id());
    let source = format!(
        r#"
id: {id}
namespace: {NAMESPACE}
tasks:
  - {{id: begin, type: io.kestra.plugin.core.log.Log, message: begins}}
  - {{id: doubt, type: io.kestra.plugin.core.log.Log, message: something is odd, level: WARN}}
  - {{id: end, type: io.kestra.plugin.core.log.Log, message: ends}}
"#
    );
    client.flows().deploy(source).await?;
    let started = client.executions().start(NAMESPACE, &id).await?;

    // It goes on after a cut, and ends with the execution, which the server's own stream never does.
    let mut lines = client.logs().follow_logs_from_execution(started.id()).stream();
    let mut count = 0;
    while let Some(line) = lines.next().await {
        let line = line?;
        count += 1;
        let level = line.level.unwrap_or(LogLevel::Info);
        let message = line.message;
        println!("{}{:5}\x1b[0m {}", colour(&level), level.as_str(), message);
    }
    println!("{count} lines");

    client.executions().delete_execution(started.id()).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    Ok(())
}

fn colour(level: &LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "\x1b[31m",
        LogLevel::Warn => "\x1b[33m",
        LogLevel::Info => "\x1b[32m",
        _ => "\x1b[90m",
    }
}
