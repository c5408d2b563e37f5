//! Calls that begin at random moments, and what became of each.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;
use kestra::Error;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::clients::Configuration;
use super::kind::Kind;
use super::scenario::{END, Scenario};
use super::servers::Servers;

/// The calls of a simulation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) per_second: f64,
    /// Calls of this kind only, instead of some of each of the first three.
    pub(crate) only: Option<Kind>,
    /// When the last call begins.
    pub(crate) until: Duration,
}

impl Load {
    /// Calls of the first three kinds to the end.
    pub(crate) fn mixed(per_second: f64) -> Self {
        Self { per_second, only: None, until: END }
    }
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
    pub(crate) requests_in_trouble: usize,
    pub(crate) most_at_once: usize,
    /// Calls that created more than one execution.
    pub(crate) doubled: Vec<String>,
}

/// Runs a scenario against a configuration. All chances come from the seed, and time is that of the runtime alone.
pub(crate) fn run(scenario: &Scenario, configuration: Configuration, load: Load, seed: u64) -> Outcome {
    // The client draws from the generator of its thread.
    fastrand::seed(seed);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(simulate(scenario, configuration, load, seed))
}

async fn simulate(scenario: &Scenario, configuration: Configuration, load: Load, seed: u64) -> Outcome {
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
        at += Duration::from_secs_f64(random.f64() * 2.0 / load.per_second);
        if at >= load.until {
            break;
        }
        let kind = load.only.unwrap_or(match random.u8(..10) {
            0..7 => Kind::Read,
            7 => Kind::Create,
            _ => Kind::Start,
        });
        let client = clients[number % clients.len()].clone();
        let options = configuration.options(number % scenario.servers);
        running.spawn(async move {
            sleep_until(start + at).await;
            let begun = Instant::now();
            let error = kind.call(&client, number, options).await.err();
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
        requests_in_trouble: tally.attempts_in_trouble.load(Ordering::Relaxed),
        most_at_once: tally.most_at_once.load(Ordering::Relaxed),
        doubled: tally.doubled(),
    }
}
