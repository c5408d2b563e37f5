//! Many executions and their logs followed at once by one client, while the server cuts each connection twice.
//!
//! `KESTRA_TEST_FOLLOWS` says how many executions, 30 if not set.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use http::{Request, StatusCode};
use kestra::models::StateType;
use kestra::{Body, Client};
use kestra_tests::memory::{self, Growth};
use kestra_tests::server_process;
use tokio::process::Child;
use tokio::sync::Barrier;
use tower::util::MapRequestLayer;

use crate::{NAMESPACE, calls, size};

const SMALL: usize = 30;
/// How often each stream is cut.
const CUTS: usize = 2;
/// By how much the process that follows may grow, in bytes: at all, and for each execution with its three streams.
const GROWTH: u64 = 30_000_000;
const GROWTH_EACH: u64 = 170_000;

/// The server, in a process of its own, which ends with its input.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    async fn start(dialect: &str, seed: u64) -> Self {
        let (process, url) = server_process::start(
            env!("CARGO_BIN_EXE_cutting_server"),
            &[dialect, &CUTS.to_string(), &seed.to_string()],
        )
        .await
        .unwrap();
        Self { process, url }
    }
}

/// How many connections each stream took.
#[derive(Clone, Default)]
struct Connections(Arc<Mutex<HashMap<String, usize>>>);

impl Connections {
    fn count(&self, request: Request<Body>) -> Request<Body> {
        if request.uri().path().ends_with("/follow") {
            let stream = request.uri().path_and_query().unwrap().to_string();
            *self.0.lock().unwrap().entry(stream).or_default() += 1;
        }
        request
    }

    /// Waits until all streams of an execution were cut as often as they are.
    async fn cut(&self, id: &str) {
        let of_stream = |path: &str| self.0.lock().unwrap().get(path).copied().unwrap_or_default();
        let (executions, logs) =
            (format!("/api/v1/main/executions/{id}/follow"), format!("/api/v1/main/logs/{id}/follow"));
        let states = format!("{executions}?for=states");
        while [&executions, &states, &logs].into_iter().any(|stream| of_stream(stream) <= CUTS) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What is followed at the same time.
#[derive(Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl AtOnce {
    async fn count<T>(&self, follow: impl Future<Output = T>) -> T {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        let result = follow.await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        result
    }
}

/// What all calls share.
struct Load {
    client: Client,
    connections: Connections,
    at_once: AtOnce,
    /// Where those wait whose streams have been cut, until all are there.
    gate: Barrier,
}

/// Follows an execution and its log to the end; gives how many lines it has.
async fn follow(load: Arc<Load>, number: usize) -> usize {
    let (client, at_once) = (&load.client, &load.at_once);
    let fails = number.is_multiple_of(5);
    let creation = client.executions().create_execution(NAMESPACE, "chatty").input("fails", fails);
    let id = creation.await.unwrap().id;
    let states = async {
        // The log's end comes from the same stream on a connection of its own; the server is to tell them apart.
        let mut states = client.executions().follow_execution(&id).query_pair("for", "states").stream();
        let (mut seen, mut end) = (None, None);
        while let Some(state) = states.next().await {
            let state = state.unwrap();
            // The last is the end as it was read, which may have been told before.
            assert!(seen < Some(state.progress()) || state.is_over(), "a state came twice");
            seen = Some(state.progress());
            end = Some((state.state.as_ref().unwrap().current.clone(), state.task_runs().len()));
        }
        end.unwrap()
    };
    let lines = async {
        let lines = client.logs().follow_logs_from_execution(&id).stream();
        lines.map(|line| line.unwrap().message).collect::<Vec<_>>().await
    };
    let resume = async {
        load.connections.cut(&id).await;
        load.gate.wait().await;
        while let Err(error) = client.executions().resume_execution(&id).await {
            // It has not come to the pause yet.
            assert!(
                error.is_conflict() || error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY),
                "{error:#}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (ended, lines, ()) = tokio::join!(at_once.count(states), at_once.count(lines), resume);

    let end = if fails { StateType::Failed } else { StateType::Success };
    assert_eq!(ended, (end, 10), "{id}");
    let stored = client.logs().list_logs_from_execution(&id).await.unwrap();
    let stored: Vec<_> = stored.into_iter().map(|line| line.message).collect();
    assert_eq!(counted(&lines), counted(&stored), "{id}");
    let counts = counted(&lines);
    assert!((0..8).all(|task| counts[format!("line {task}").as_str()] == 1) && counts["same"] == 16);
    lines.len()
}

fn counted(lines: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line.as_str()).or_default() += 1;
    }
    counts
}

async fn load(dialect: &str) {
    let count = size::set("KESTRA_TEST_FOLLOWS", SMALL, 5_000);
    let server = Server::start(dialect, size::seed()).await;
    let connections = Connections::default();
    let counted = connections.clone();
    let client = Client::builder()
        .server(&server.url)
        .tenant("main")
        .attempt_layer(MapRequestLayer::new(move |request| counted.count(request)))
        .build()
        .unwrap();
    client.executions().search_executions().await.unwrap();
    let load = Arc::new(Load { client, connections, at_once: AtOnce::default(), gate: Barrier::new(count) });

    let growth = Growth::begin();
    let begun = Instant::now();
    let lines =
        size::within(count <= SMALL, calls::make(count, count, |number| follow(Arc::clone(&load), number)));
    let lines: usize = lines.await.into_iter().sum();
    let took = begun.elapsed();
    let grown = growth.to_peak();
    let server_peak = server.process.id().and_then(|id| memory::peak(&id.to_string()));

    let most = load.at_once.most.load(Ordering::Relaxed);
    let connections = load.connections.0.lock().unwrap();
    println!(
        "{dialect}: {count} executions and their logs, {most} follows at once on {} streams over {} connections, {lines} \
         lines, {took:.1?}; grown by {grown:?} bytes, the server's peak {server_peak:?}",
        connections.len(),
        connections.values().sum::<usize>(),
    );
    assert_eq!((most, connections.len()), (2 * count, 3 * count));
    assert!(connections.values().all(|count| *count > CUTS));
    let limit = GROWTH + GROWTH_EACH * count as u64;
    assert!(grown.is_none_or(|grown| grown < limit), "it grew by {grown:?} bytes, {limit} are allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_end_is_lost_and_no_line_is_doubled_on_1_0() {
    load("1.0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_end_is_lost_and_no_line_is_doubled_on_1_3() {
    load("1.3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_end_is_lost_and_no_line_is_doubled_on_2_0() {
    load("2.0").await;
}
