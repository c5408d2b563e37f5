//! What holds for each call in any trouble.

use std::time::Duration;

use fastrand::Rng;

use super::clients::Configuration;
use super::kind::Kind;
use super::load::{self, Load};
use super::scenario::Scenario;

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
        let outcome = load::run(&scenario, configuration, Load::mixed(2.0), seed);
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
