//! A client that works for long on a server that fails, cuts connections and restarts holds no more memory, sockets and tasks at the
//! end than at the beginning.
//!
//! 64 workers make calls in rounds. After each round they rest until idle connections are closed, and what the process still
//! holds is measured then: there, a leak of a single socket or task is seen, whatever the speed of the machine.
//!
//! `KESTRA_TEST_SOAK_MINUTES` sets the time. Defaults to four rounds. For ten minutes:
//!
//! ```sh
//! KESTRA_TEST_SOAK_MINUTES=10 cargo test --release -p kestra-tests --test soak -- --nocapture
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, which tell what came out"
)]

mod measure;
mod work;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kestra::{Client, Transport};
use kestra_tests::{eventually, server_process};
use measure::{Held, Report};
use peak_alloc::PeakAlloc;
use tokio::task::JoinSet;
use work::Counts;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const WORKERS: usize = 64;
const JOBS_A_ROUND: usize = 3;
/// Rounds without `KESTRA_TEST_SOAK_MINUTES`.
const ROUNDS: usize = 4;
/// The share of the rounds at the beginning that aren't compared.
const WARM_UP: f64 = 0.1;
/// Shorter than the default, so that a rest is short.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_millis(300);
const SEED: u64 = 23;

/// Has all workers make their calls. Returns the most that was held meanwhile.
async fn round(client: &Client, number: usize, counts: &Arc<Counts>) -> Held {
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let seed = (number * WORKERS + worker) as u64;
        workers.spawn(work::make(client.clone(), worker, seed, JOBS_A_ROUND, Arc::clone(counts)));
    }
    let mut most = Held::now();
    loop {
        match tokio::time::timeout(Duration::from_millis(50), workers.join_next()).await {
            Ok(Some(result)) => result.unwrap(),
            Ok(None) => return most,
            Err(_) => {}
        }
        most = most.max(Held::now());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_grows() {
    let limit = std::env::var("KESTRA_TEST_SOAK_MINUTES").ok();
    let limit = limit.map(|minutes| Duration::from_mins(minutes.parse().expect("a number of minutes")));
    let (_server, url) =
        server_process::start(env!("CARGO_BIN_EXE_failing_server"), &[&SEED.to_string()]).await.unwrap();
    let before = Held::now();
    let transport = Transport::builder().no_proxy().pool_idle_timeout(POOL_IDLE_TIMEOUT).build().unwrap();
    let client = Client::builder().server(url).tenant("main").transport(transport).build().unwrap();
    let counts = Arc::new(Counts::default());
    let (mut report, started) = (Report::default(), Instant::now());
    while limit.map_or(report.rounds() < ROUNDS, |limit| started.elapsed() < limit) {
        let most = round(&client, report.rounds(), &counts).await;
        let rest = eventually("the end of all tasks and sockets", async || {
            let held = Held::now();
            (held.tasks == before.tasks && held.sockets == before.sockets).then_some(held)
        })
        .await;
        report.add(rest, most);
    }
    println!("{}", report.table(WARM_UP));
    println!("{} rounds in {:.0?}; {counts:?}", report.rounds(), started.elapsed());
    counts.check();
    report.check(WARM_UP, WORKERS);
}
