//! Loads that stay within bounds: as many calls as it takes to meet what happens rarely, and no more.
//!
//! Each has a small size that runs with all tests, and a full one that an environment variable sets; `docs/loads.md` has the
//! commands, and what came out. All of it happens on the loopback interface, with chances that a seed gives, and ends within
//! a time that is fixed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, which tell what came out"
)]

mod calls;
mod creations_with_keys;
mod creations_without_keys;
mod follows;
mod late_creations;
mod proxy;
mod runs;
mod size;

/// The namespace of everything.
const NAMESPACE: &str = "company.team";
