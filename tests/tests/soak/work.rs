//! The calls of a worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use kestra::{Client, Error, ErrorKind, FilePart, Finished};

const NAMESPACE: &str = "company.team";
const LOOK_UP: Duration = Duration::from_millis(500);
const FILE_SIZE: usize = 200_000;

/// How often each job was done, and how often one failed.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    follows: AtomicUsize,
    runs: AtomicUsize,
    files: AtomicUsize,
    reads: AtomicUsize,
    dropped: AtomicUsize,
    failed: AtomicUsize,
}

impl Counts {
    /// Panics unless each job was done, and some failed.
    pub(crate) fn check(&self) {
        let counts = [&self.follows, &self.runs, &self.files, &self.reads, &self.dropped, &self.failed];
        assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) > 0), "{self:?}");
    }
}

/// Does so many jobs, which a seed selects.
pub(crate) async fn make(client: Client, worker: usize, seed: u64, jobs: usize, counts: Arc<Counts>) {
    let mut rng = Rng::with_seed(seed);
    for job in 0..jobs {
        let key = format!("order-{seed}-{job}");
        let (result, count) = match rng.u8(..5) {
            0 => (follow(&client, &key).await, &counts.follows),
            1 => (run(&client, &key).await, &counts.runs),
            2 => (transfer(&client, worker, &mut rng).await, &counts.files),
            3 => (read(&client).await, &counts.reads),
            _ => (drop_early(&client, &mut rng).await, &counts.dropped),
        };
        match result {
            Ok(()) => count,
            Err(error) => {
                let is_expected = error.is_transient() || error.kind() == ErrorKind::UnclearOutcome;
                assert!(is_expected, "{error:#}");
                &counts.failed
            }
        }
        .fetch_add(1, Ordering::Relaxed);
    }
}

async fn follow(client: &Client, key: &str) -> Result<(), Error> {
    let executions = client.executions();
    let started = executions.start(NAMESPACE, "job").idempotency_key(key).look_up_for(LOOK_UP).await?;
    let mut states = executions.follow_execution(started.id()).stream();
    let mut lines = client.logs().follow_logs_from_execution(started.id()).stream();
    let states = async {
        while let Some(state) = states.next().await {
            state?;
        }
        Ok::<_, Error>(())
    };
    let lines = async {
        let mut count = 0;
        while let Some(line) = lines.next().await {
            line?;
            count += 1;
        }
        Ok::<_, Error>(count)
    };
    let (states, lines) = tokio::join!(states, lines);
    states?;
    assert_eq!(lines?, 5, "no line is lost, and none comes twice");
    delete(client, started.id()).await
}

async fn run(client: &Client, key: &str) -> Result<(), Error> {
    let run = client.executions().run(NAMESPACE, "job").idempotency_key(key).look_up_for(LOOK_UP);
    let finished: Finished = run.await?;
    delete(client, finished.id()).await
}

/// Deletes an execution, so that the server keeps its size.
async fn delete(client: &Client, id: &str) -> Result<(), Error> {
    match client.executions().delete_execution(id).await {
        // The response to the first attempt was lost.
        Err(error) if error.is_not_found() => Ok(()),
        result => result.map(drop),
    }
}

async fn transfer(client: &Client, worker: usize, rng: &mut Rng) -> Result<(), Error> {
    let path = format!("/{worker}.bin");
    let content: Bytes = std::iter::repeat_with(|| rng.u8(..)).take(FILE_SIZE).collect();
    let part = FilePart::bytes("data.bin", content.clone());
    client.files().create_namespace_file(NAMESPACE, &path, part).await?;
    let download = client.files().get_file_content(NAMESPACE, &path).await?;
    assert!(download.bytes().await? == content);
    Ok(())
}

async fn read(client: &Client) -> Result<(), Error> {
    client.flows().get_flow(NAMESPACE, "job").await?;
    client.flows().search_flows().await?;
    client.executions().search_executions().await.map(drop)
}

/// Drops a call and a stream before their ends.
async fn drop_early(client: &Client, rng: &mut Rng) -> Result<(), Error> {
    let limit = Duration::from_micros(rng.u64(..5_000));
    let call = client.flows().get_flow(NAMESPACE, "job").into_future();
    let _ = tokio::time::timeout(limit, call).await;
    let mut states = client.executions().follow_execution("2Bb3Cc4Dd5Ee6Ff7Gg8Hh9").stream();
    let _ = tokio::time::timeout(limit, states.next()).await;
    Ok(())
}
