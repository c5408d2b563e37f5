//! What holds for each call in any trouble.

use std::time::Duration;

use fastrand::Rng;

use super::clients::Configuration;
use super::kind::Kind;
use super::load::{self, Load};
use super::scenario::{self, Scenario, is_in_trouble};

/// The total timeout of a call, and the precision of timers.
const TOTAL: Duration = Duration::from_millis(120_010);

/// How many seeds are tried, unless `KESTRA_TEST_SEEDS` says otherwise.
const SEEDS: u64 = 200;

#[test]
fn no_call_exceeds_its_timeout_or_starts_anything_twice() {
    let count = std::env::var("KESTRA_TEST_SEEDS").map_or(SEEDS, |count| count.parse().unwrap());
    let only = std::env::var("KESTRA_TEST_SEED").ok().map(|seed| seed.parse().unwrap());
    let mut calls = 0;
    for seed in only.map_or(0..count, |seed: u64| seed..seed + 1) {
        let mut random = Rng::with_seed(seed);
        let scenario = Scenario::random(&mut random);
        let configuration = Configuration::ALL[random.usize(..Configuration::ALL.len())];
        let outcome = load::run(&scenario, configuration, Load { per_second: 3.0, only: None }, seed);
        let what = || format!("seed {seed}, {}: {:?}", configuration.name(), scenario.changes);
        assert!(outcome.doubled.is_empty(), "twice: {:?}, {}", outcome.doubled, what());
        for call in &outcome.calls {
            let is_late = call.kind != Kind::Start && call.took > TOTAL;
            assert!(!is_late, "{call:?}, {}", what());
        }
        calls += outcome.calls.len();
    }
    println!("{calls} calls");
}

#[test]
fn a_full_outage_is_not_multiplied() {
    for scenario in scenario::full_outages() {
        for configuration in Configuration::ALL {
            for kind in Kind::ALL {
                let load = Load { per_second: 10.0, only: Some(kind) };
                let outcome = load::run(&scenario, configuration, load, 3);
                let calls = outcome.calls.iter().filter(|call| is_in_trouble(call.begun)).count();
                let least = calls * kind.first_requests();
                let sent = outcome.requests_in_trouble as f64 / least as f64;
                println!("{}, {}, {kind:?}: {sent:.3} of {calls}", scenario.name, configuration.name());
                assert!(sent < 1.1, "{}, {}, {kind:?}: {sent:.3}", scenario.name, configuration.name());
            }
        }
    }
}
