//! Syncs of 200 flows, files and keys with a server that is 50 ms away.
//!
//! `cargo bench -p kestra-bench --bench syncs`. Fails if a sync takes longer than its goal.
#![allow(clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use kestra::{Body, CallService, Client, Error, SyncAction, SyncReport};
use kestra_bench::contenders::Failure;
use kestra_testkit::{Dialect, TestServer};
use tokio::sync::oneshot;
use tower::layer::layer_fn;
use tower::{ServiceExt as _, service_fn};

const LATENCY: Duration = Duration::from_millis(50);
const COUNT: usize = 200;
const NAMESPACE: &str = "company.team";
const PLAN: Duration = Duration::from_secs(2);
const APPLY: Duration = Duration::from_secs(3);

const LEGEND: &str = "\
requests  how many requests the sync sends
rounds    the longest chain of requests of which each was sent after the one before it had its response
seconds   from the call to the report, with 50 ms of latency for each request
";

fn main() -> Result<(), Failure> {
    println!("{LEGEND}");
    println!(
        "{:<7} {:<32} {:>8} {:>7} {:>8} {:>6}",
        "server", "sync", "requests", "rounds", "seconds", "goal"
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut missed = Vec::new();
    for dialect in Dialect::ALL {
        let (url, stop) = spawn_server(dialect)?;
        runtime.block_on(compare(dialect, &url, &mut missed))?;
        drop(stop);
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("too slow: {}", missed.join(", ")).into()) }
}

/// Starts a server on a thread of its own, which ends when the sender is dropped.
fn spawn_server(dialect: Dialect) -> Result<(String, oneshot::Sender<()>), Failure> {
    let (stop, stopped) = oneshot::channel();
    let (sender, started) = mpsc::channel();
    std::thread::spawn(move || -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let server = TestServer::builder().dialect(dialect).start().await?;
            sender.send(server.url().to_owned())?;
            stopped.await.ok();
            Ok(())
        })
    });
    Ok((started.recv()?, stop))
}

/// What the requests of one sync were.
#[derive(Default)]
struct Requests {
    count: AtomicUsize,
    /// The longest chain of requests that have their responses.
    rounds: AtomicUsize,
}

impl Requests {
    fn reset(&self) {
        self.count.store(0, Ordering::Relaxed);
        self.rounds.store(0, Ordering::Relaxed);
    }
}

fn distant_client(url: &str, requests: &Arc<Requests>) -> Result<Client, Error> {
    let requests = Arc::clone(requests);
    let layer = layer_fn(move |inner: CallService| {
        let requests = Arc::clone(&requests);
        service_fn(move |request: http::Request<Body>| {
            let (inner, requests) = (inner.clone(), Arc::clone(&requests));
            async move {
                requests.count.fetch_add(1, Ordering::Relaxed);
                let round = requests.rounds.load(Ordering::Relaxed) + 1;
                tokio::time::sleep(LATENCY).await;
                let response = inner.oneshot(request).await;
                requests.rounds.fetch_max(round, Ordering::Relaxed);
                response
            }
        })
    });
    Client::builder().server(url).tenant("main").attempt_layer(layer).build()
}

async fn compare(dialect: Dialect, url: &str, missed: &mut Vec<String>) -> Result<(), Failure> {
    let requests = Arc::new(Requests::default());
    let client = distant_client(url, &requests)?;
    // The version is known from here on.
    client.check().await?;
    let (flows, files, kv) = (client.flows(), client.files(), client.kv());
    let mut table = Table { dialect, requests: &requests, missed };
    // The texts are of one size, so that files can't be told apart by it.
    for (change, action, text) in [
        ("all new", SyncAction::Create, "one"),
        ("unchanged", SyncAction::Unchanged, "one"),
        ("all changed", SyncAction::Update, "two"),
    ] {
        let folder = write_files(text)?;
        for (step, goal) in [(Step::Plan, PLAN), (Step::Apply, APPLY)] {
            let is_plan = matches!(step, Step::Plan);
            let mut row = async |things: &str, sync: Sync| {
                table.row(&format!("{things}, {change}: {step:?}"), goal, action, sync).await
            };
            row("flows", flows.sync_sources(sources(text)).dry_run(is_plan).into_future()).await?;
            row("files", files.sync_up(NAMESPACE, &folder).dry_run(is_plan).into_future()).await?;
            row("keys", kv.sync(NAMESPACE, keys(text)).dry_run(is_plan).into_future()).await?;
        }
    }
    Ok(())
}

#[derive(Debug)]
enum Step {
    Plan,
    Apply,
}

type Sync = Pin<Box<dyn Future<Output = Result<SyncReport, Error>> + Send>>;

struct Table<'a> {
    dialect: Dialect,
    requests: &'a Requests,
    missed: &'a mut Vec<String>,
}

impl Table<'_> {
    async fn row(
        &mut self,
        name: &str,
        goal: Duration,
        action: SyncAction,
        sync: Sync,
    ) -> Result<(), Failure> {
        self.requests.reset();
        let begun = Instant::now();
        let report = sync.await?;
        let took = begun.elapsed();
        report.check()?;
        if report.count(action) != COUNT {
            return Err(format!("not {COUNT} times {action:?}: {report}").into());
        }
        let dialect = format!("{:?}", self.dialect);
        let (count, rounds) = (&self.requests.count, &self.requests.rounds);
        println!(
            "{dialect:<7} {name:<32} {:>8} {:>7} {:>8.2} {:>6}",
            count.load(Ordering::Relaxed),
            rounds.load(Ordering::Relaxed),
            took.as_secs_f64(),
            goal.as_secs()
        );
        if took > goal {
            self.missed.push(format!("{dialect} {name}"));
        }
        Ok(())
    }
}

fn sources(text: &str) -> Vec<String> {
    let source = |at| {
        format!(
            "id: flow{at}\nnamespace: {NAMESPACE}\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: {text}\n"
        )
    };
    (0..COUNT).map(source).collect()
}

fn keys(text: &'static str) -> impl Iterator<Item = (String, &'static str)> {
    (0..COUNT).map(move |at| (format!("key{at}"), text))
}

/// Writes files into 20 folders, and returns the one that has them all.
fn write_files(text: &str) -> Result<PathBuf, Failure> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("syncs");
    for at in 0..COUNT {
        let below = folder.join(format!("folder{}/deep", at % 20));
        std::fs::create_dir_all(&below)?;
        std::fs::write(below.join(format!("file{at}.txt")), text)?;
    }
    Ok(folder)
}
