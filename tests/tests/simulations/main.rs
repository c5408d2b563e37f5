//! What calls meet on bad days: simulations of servers in trouble, with the real layers, the real pool and real HTTP.
//!
//! Time is paused, so that a minute takes as long as its events do, and a seed decides every chance, so that a simulation takes
//! the same course each time. `docs/production.md` has the table and its command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, which tell what came out"
)]

mod bounds;
mod clients;
mod invariants;
mod kind;
mod load;
mod scenario;
mod servers;
mod statistics;
mod table;

use clients::Configuration;
use load::Load;
use statistics::Figures;

#[test]
fn a_seed_decides_everything() {
    for scenario in scenario::all() {
        let figures = || {
            let outcome = load::run(&scenario, Configuration::All, Load::mixed(2.0), 7);
            format!("{:?} {:?}", Figures::of(&outcome), outcome.calls)
        };
        assert!(figures() == figures(), "{}", scenario.name);
    }
}
