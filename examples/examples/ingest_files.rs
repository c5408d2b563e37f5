//! Starts an execution for each file of a folder, once, however often the program runs, and writes what failed to a file.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Parser;
use futures_util::{StreamExt, stream};
use kestra::{BoxError, Client, ClientBuilder, Error, FilePart, Finished, Retry};
use serde::{Deserialize, Serialize};

#[derive(Parser)]
struct Cli {
    #[arg(long)]
    folder: PathBuf,
    #[arg(long, default_value_t = 16)]
    parallel: usize,
    #[arg(long, default_value = "dead.jsonl")]
    dead: PathBuf,
    #[arg(long, default_value = "run1")]
    batch: String,
}

#[derive(Deserialize)]
struct Outputs {
    name: String,
    uri: String,
}

#[derive(Serialize)]
struct Dead<'a> {
    file: &'a Path,
    kind: String,
    error: &'a Error,
    execution: Option<&'a str>,
    key: Option<&'a str>,
    sent: String,
}

async fn ingest(client: &Client, batch: &str, path: &Path) -> Result<(bool, Outputs), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let start = client.executions().start("user.ingest", "ingest").input("name", name.as_ref());
    let start = start.input_file("data", FilePart::path(path)).label("batch", batch);
    // A file that failed fails again, unless `if_found_failed` says otherwise.
    let started = start.idempotency_key(format!("{batch}-{name}")).await?;
    let finished = started.wait().timeout(Duration::from_secs(60)).await?;
    Ok((started.was_found(), finished.outputs_as()?))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let cli = Cli::parse();
    let retry = Retry::standard().max_attempts(6).backoff(Duration::from_millis(50), Duration::from_secs(5));
    let client = &ClientBuilder::from_env()?.retry(retry).build()?;
    let entries = std::fs::read_dir(&cli.folder)?.map(|entry| Ok(entry?.path()));
    let files: Vec<PathBuf> = entries.collect::<std::io::Result<_>>()?;
    let begun = Instant::now();
    let batch = cli.batch.as_str();
    let started = stream::iter(&files).map(|file| async move { (file, ingest(client, batch, file).await) });
    let results: Vec<_> = started.buffer_unordered(cli.parallel).collect().await;
    let (mut dead, mut done, mut found) = (String::new(), 0, 0);
    for (file, result) in &results {
        match result {
            Ok((was_found, Outputs { name, uri })) => {
                (done, found) = (done + 1, found + usize::from(*was_found));
                assert!(file.ends_with(name) && uri.starts_with("kestra://"));
            }
            Err(error) => {
                let lines = Finished::of(error).map(Finished::last_log_lines).unwrap_or_default();
                lines.iter().for_each(|line| eprintln!("{}", line.message));
                let (kind, sent) = (format!("{:?}", error.kind()), format!("{:?}", error.request_sent()));
                let (execution, key) = (error.execution_id(), error.idempotency_key());
                dead += &(serde_json::to_string(&Dead { file, kind, error, execution, key, sent })? + "\n");
            }
        }
    }
    std::fs::write(&cli.dead, &dead)?;
    let (all, failed) = (files.len(), dead.lines().count());
    println!("{all} files, {done} ok ({found} found), {failed} dead, {:.1?}", begun.elapsed());
    Ok(())
}
