//! Two servers of one cluster behind a load balancer are stopped and started in turn while workers start executions, follow them
//! and read.
//!
//! `KESTRA_TEST_JOBS` sets how many executions each worker starts. Defaults to 3.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kestra::models::StateType;
use kestra::{Client, Error, ErrorKind};
use kestra_testkit::TestServer;
use kestra_tests::eventually;
use tokio::sync::Notify;

use crate::NAMESPACE;
use crate::process::Process;
use crate::usual_calls::{self, state};

const WORKERS: usize = 64;
const FLOW: &str = "
id: job
namespace: company.team
tasks:
  - {id: one, type: io.kestra.plugin.core.log.Log, message: one}
  - {id: rest, type: io.kestra.plugin.core.flow.Sleep, duration: PT0.2S}
  - {id: two, type: io.kestra.plugin.core.log.Log, message: two}
";
/// How long a server is down, and how long both are up.
const PAUSE: Duration = Duration::from_millis(250);
/// How long an execution is looked up: a server that is at hand has it by then, or never.
const LOOK_UP: Duration = Duration::from_secs(1);

/// What failed, and was done again.
#[derive(Debug, Default)]
struct Failures {
    unclear: AtomicUsize,
    starts: AtomicUsize,
    reads: AtomicUsize,
}

/// Puts what `start` starts in front of two servers, and the load on it.
pub(crate) async fn behind(start: impl AsyncFn(&[SocketAddr]) -> Process) {
    let jobs: usize = std::env::var("KESTRA_TEST_JOBS").map_or(3, |text| text.parse().unwrap());
    let first = TestServer::start().await.unwrap();
    let second = TestServer::builder().beside(&first).start().await.unwrap();
    first.deploy(FLOW).unwrap();
    let balancer = start(&[first.address(), second.address()]).await;
    let client = Client::builder().server(balancer.url()).build().unwrap();

    let done = Arc::new(Notify::new());
    let restarts = tokio::spawn(restart_in_turn([first, second], Arc::clone(&done)));
    let failures = Arc::new(Failures::default());
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..WORKERS {
        let (client, failures) = (client.clone(), Arc::clone(&failures));
        workers.spawn(async move {
            let mut started = Vec::new();
            for job in 0..jobs {
                let key = format!("order-{worker}-{job}");
                let id = do_job(&client, &key, &failures).await;
                started.push((key, id));
            }
            started
        });
    }
    let limit = Duration::from_secs(120 + jobs as u64 * 10);
    let started = tokio::time::timeout(limit, workers.join_all()).await.expect("the end of all jobs");
    let started: HashMap<_, _> = started.into_iter().flatten().collect();
    done.notify_one();
    let (servers, restarts) = restarts.await.unwrap();

    let executions = eventually("the end of all executions", async || {
        let executions = servers[0].executions_of(NAMESPACE, "job");
        executions.iter().all(|execution| execution.state == "SUCCESS").then_some(executions)
    })
    .await;
    println!("{} executions, {restarts} restarts, done again: {failures:?}", executions.len());
    assert!(restarts > 1, "no server was restarted: this shows nothing");
    // Each key has one execution, and that is the one that its job was told.
    let keys: HashSet<_> =
        executions.iter().map(|execution| execution.label("system.correlationId").unwrap()).collect();
    assert_eq!(
        (executions.len(), keys.len(), started.len()),
        (WORKERS * jobs, WORKERS * jobs, WORKERS * jobs)
    );
    for execution in &executions {
        assert_eq!(started[execution.label("system.correlationId").unwrap()], execution.id);
    }
}

/// Stops one server and starts it again, then the other one.
async fn restart_in_turn(mut servers: [TestServer; 2], done: Arc<Notify>) -> ([TestServer; 2], usize) {
    let mut restarts = 0;
    let mut is_done = std::pin::pin!(done.notified());
    loop {
        for server in &mut servers {
            server.stop().await;
            tokio::time::sleep(PAUSE).await;
            // The port may be that of somebody's connection for a moment.
            while server.restart().await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
            restarts += 1;
            if tokio::time::timeout(PAUSE, &mut is_done).await.is_ok() {
                return (servers, restarts);
            }
        }
    }
}

/// Starts an execution, follows it and its log to the end, and reads it. Returns its id.
async fn do_job(client: &Client, key: &str, failures: &Failures) -> String {
    let id = loop {
        let start = client.executions().start(NAMESPACE, "job").idempotency_key(key).look_up_for(LOOK_UP);
        match start.await {
            Ok(started) => break started.id().to_owned(),
            Err(error) if error.kind() == ErrorKind::UnclearOutcome => {
                failures.unclear.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => may_be_repeated(&error, &failures.starts),
        }
    };
    let lines = async {
        let mut lines = client.logs().follow_logs_from_execution(&id).stream();
        let mut messages = Vec::new();
        while let Some(line) = lines.next().await {
            messages.push(line.unwrap().message);
        }
        messages
    };
    let (states, lines) = tokio::join!(usual_calls::states(client, &id), lines);
    assert_eq!(state(states.last().unwrap()), StateType::Success);
    assert_eq!(lines, ["one", "Waiting for PT0.2S", "two"]);
    let read = loop {
        match client.executions().get_execution(&id).await {
            Ok(execution) => break execution,
            // The retry budget may be used up.
            Err(error) => may_be_repeated(&error, &failures.reads),
        }
    };
    assert_eq!(state(&read), StateType::Success);
    id
}

fn may_be_repeated(error: &Error, count: &AtomicUsize) {
    assert!(error.is_transient(), "{error:#}");
    count.fetch_add(1, Ordering::Relaxed);
}
