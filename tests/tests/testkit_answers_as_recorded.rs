//! The testkit, asked what real servers were asked in the same order, answers with the same status and the same shape.
//!
//! Scored on all recorded exchanges of these areas, not on what the testkit claims to serve. What differs is listed by
//! reason in `fixtures/testkit-exceptions.json`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking and prints its counts"
)]

mod testkit_replay;

use kestra_testkit::Dialect;
use testkit_replay::{play, play_rest};

/// The share of exchanges that must be the same, in per cent.
const NEEDED: f64 = 93.0;

/// The same for keys, files, triggers, metrics and what else is neither a flow nor an execution.
const NEEDED_OF_REST: f64 = 88.0;

async fn score(version: &str, dialect: Dialect) {
    let report = play(version, dialect).await;
    report.print();
    assert!(report.per_cent() >= NEEDED, "{version}: only {:.1} % are the same", report.per_cent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_a_2_0_server_did() {
    score("2.0", Dialect::V2_0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_a_1_3_server_did() {
    score("1.3", Dialect::V1_3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_a_1_0_server_did() {
    score("1.0", Dialect::V1_0).await;
}

async fn score_rest(version: &str, dialect: Dialect) {
    let report = play_rest(version, dialect).await;
    report.print();
    assert!(report.per_cent() >= NEEDED_OF_REST, "{version}: only {:.1} % are the same", report.per_cent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_as_a_2_0_server_did() {
    score_rest("2.0", Dialect::V2_0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_as_a_1_3_server_did() {
    score_rest("1.3", Dialect::V1_3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_as_a_1_0_server_did() {
    score_rest("1.0", Dialect::V1_0).await;
}
