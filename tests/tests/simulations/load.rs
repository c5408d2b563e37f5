//! Calls that begin at random moments, and what became of each.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;
use kestra::{CallOptions, Client, Error};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::clients::Configuration;
use super::scenario::{END, Scenario};
use super::servers::{CALL, Servers};

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `get_flow`.
    Read,
    /// `create_execution` without a key.
    Create,
    /// `start` with a key.
    Start,
}

/// The end of a call.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) kind: Kind,
    /// Since the beginning of the simulation.
    pub(crate) begun: Duration,
    pub(crate) took: Duration,
    pub(crate) error: Option<Error>,
}

/// What came of a simulation.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// In the order in which the calls began.
    pub(crate) calls: Vec<Ended>,
    pub(crate) requests: usize,
    pub(crate) most_at_once: usize,
    /// Calls that created more than one execution.
    pub(crate) doubled: Vec<String>,
}

/// Runs a scenario against a configuration. All chances come from the seed, and time is that of the runtime alone.
pub(crate) fn run(scenario: &Scenario, configuration: Configuration, per_second: f64, seed: u64) -> Outcome {
    // The client draws from the generator of its thread.
    fastrand::seed(seed);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(simulate(scenario, configuration, per_second, seed))
}

async fn simulate(scenario: &Scenario, configuration: Configuration, per_second: f64, seed: u64) -> Outcome {
    let start = Instant::now();
    let servers = Servers::new(scenario.servers, seed);
    let clients: Vec<_> = (0..scenario.clients).map(|_| configuration.client(&servers)).collect();
    let changing = {
        let (servers, changes) = (servers.clone(), scenario.changes.clone());
        tokio::spawn(async move {
            for change in changes {
                sleep_until(start + change.at).await;
                servers.set(change.server, change.to);
            }
        })
    };
    let mut random = Rng::with_seed(seed);
    let mut running = JoinSet::new();
    let mut at = Duration::ZERO;
    for number in 0.. {
        at += Duration::from_secs_f64(random.f64() * 2.0 / per_second);
        if at >= END {
            break;
        }
        let kind = match random.u8(..10) {
            0..7 => Kind::Read,
            7 => Kind::Create,
            _ => Kind::Start,
        };
        let client = clients[number % clients.len()].clone();
        let options = configuration.options(number % scenario.servers);
        running.spawn(async move {
            sleep_until(start + at).await;
            let begun = Instant::now();
            let error = call(kind, &client, number, options).await.err();
            (number, Ended { kind, begun: begun.duration_since(start), took: begun.elapsed(), error })
        });
    }
    let mut calls = running.join_all().await;
    changing.await.unwrap();
    calls.sort_by_key(|(number, _)| *number);
    let tally = &servers.tally;
    Outcome {
        calls: calls.into_iter().map(|(_, ended)| ended).collect(),
        requests: tally.attempts.load(Ordering::Relaxed),
        most_at_once: tally.most_at_once.load(Ordering::Relaxed),
        doubled: tally.doubled(),
    }
}

async fn call(kind: Kind, client: &Client, number: usize, options: CallOptions) -> Result<(), Error> {
    let options = options.header(CALL, number.to_string());
    let executions = client.executions();
    match kind {
        Kind::Read => client.flows().get_flow("company.team", "hello").options(options).await.map(drop),
        Kind::Create => executions.create_execution("company.team", "hello").options(options).await.map(drop),
        Kind::Start => {
            let start = executions.start("company.team", "hello").options(options);
            start.idempotency_key(format!("key-{number}")).await.map(drop)
        }
    }
}
