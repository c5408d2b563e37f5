//! Plans and applies a folder with `flows/**.yml`, `files/NAMESPACE/**` and `kv/NAMESPACE.json` to one of several servers. Exits with
//! 0 if all is as the folder says, 2 if there are changes, 3 if some failed, and 1 on any other error.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use indicatif::ProgressBar;
use kestra::{BoxError, Client, Profile, SyncEntry, SyncProgress, SyncReport};
use serde::Serialize;

#[derive(Parser)]
struct Cli {
    /// The file with the servers, as `kestractl` writes it.
    #[arg(long)]
    config: PathBuf,
    /// Which of them.
    #[arg(long, short)]
    server: String,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Deletes what the folder doesn't have.
    #[arg(long)]
    prune: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Plan { folder: PathBuf },
    Apply { folder: PathBuf },
}

#[derive(Serialize, Default)]
struct Plan {
    changes: usize,
    failures: usize,
    items: Vec<SyncEntry>,
}

impl Plan {
    fn add(&mut self, report: SyncReport) {
        self.failures += report.failed().count();
        self.changes += report.changes().filter(|entry| entry.error.is_none()).count();
        self.items.extend(report.into_changes());
    }
}

/// The names in a folder that may be missing, without an ending, and their paths.
fn named(folder: &Path) -> Result<Vec<(String, PathBuf)>, BoxError> {
    let mut found = Vec::new();
    if folder.exists() {
        for entry in folder.read_dir()? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

async fn run(cli: &Cli) -> Result<Plan, BoxError> {
    let client: Client = Profile::load_from(&cli.config, Some(&cli.server))?.builder().build()?;
    client.check().await?;
    let (folder, dry_run) = match &cli.command {
        Command::Plan { folder } => (folder, true),
        Command::Apply { folder } => (folder, false),
    };
    let bar = ProgressBar::new_spinner();
    let shown = bar.clone();
    let progress = move |progress: SyncProgress| {
        shown.set_message(format!("{} of {}: {}", progress.done, progress.total, progress.current));
    };
    let mut plan = Plan::default();
    let flows = folder.join("flows");
    if flows.exists() {
        let sync = client.flows().sync(flows).delete(cli.prune).dry_run(dry_run);
        plan.add(sync.on_progress(progress.clone()).await?);
    }
    for (namespace, path) in named(&folder.join("files"))? {
        let sync = client.files().sync_up(namespace, path).delete(cli.prune).dry_run(dry_run);
        plan.add(sync.on_progress(progress.clone()).await?);
    }
    for (name, path) in named(&folder.join("kv"))? {
        let namespace = name.strip_suffix(".json").ok_or_else(|| format!("{name} is no .json"))?;
        let keys: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&std::fs::read(path)?)?;
        let sync = client.kv().sync(namespace, keys).delete(cli.prune).dry_run(dry_run);
        plan.add(sync.on_progress(progress.clone()).await?);
    }
    bar.finish_and_clear();
    Ok(plan)
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli).await {
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
        Ok(plan) => {
            match cli.json {
                true => println!("{}", serde_json::to_string_pretty(&plan).unwrap_or_default()),
                false => plan.items.iter().for_each(|item| println!("{item}")),
            }
            let code = if plan.failures > 0 { 3 } else { 2 * u8::from(plan.changes > 0) };
            ExitCode::from(code)
        }
    }
}
