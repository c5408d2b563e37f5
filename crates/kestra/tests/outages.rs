//! What many calls send to a server that is down: one of them asks whether it is there again, and the others wait for that.
//!
//! On paused time and without sockets, so that the figures are those of the client alone. docs/loads.md has the table.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, which tell what came out"
)]

mod amplification;

use std::time::Duration;

use amplification::{Fault, KINDS, Kind, Outage};

/// How long the outages last.
const OUTAGE: Duration = Duration::from_secs(90);

#[tokio::test(start_paused = true)]
async fn a_full_outage_is_not_multiplied() {
    println!("| kind of call | {} |", Fault::ALL.map(|fault| fault.name()).join(" | "));
    for (name, kind) in KINDS {
        let mut row = Vec::new();
        for fault in Fault::ALL {
            let outage = Outage::new(fault, OUTAGE);
            let sent = outage.of_calls(*kind, 300, Duration::ZERO).await;
            row.push(format!("{sent:.3}"));
            assert!(sent < 1.1, "{name} at {}: {sent:.3} requests a call", fault.name());
        }
        println!("| {name} | {} |", row.join(" | "));
    }
}

#[tokio::test(start_paused = true)]
async fn nor_is_one_for_few_calls_or_for_calls_that_come_one_after_the_other() {
    for (name, kind) in KINDS {
        for fault in Fault::ALL {
            let sent = Outage::new(fault, OUTAGE).of_calls(*kind, 200, Duration::ZERO).await;
            assert!(sent < 1.3, "{name} at {}: {sent:.3} requests of each of 200", fault.name());
            let sent = Outage::new(fault, OUTAGE).of_calls(*kind, 300, Duration::from_millis(100)).await;
            assert!(sent < 1.1, "{name} at {}: {sent:.3} requests, one call after the other", fault.name());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn creations_survive_a_restart() {
    for (name, kind) in KINDS.iter().filter(|(_, kind)| kind.is_a_start()) {
        let outage = Outage::new(Fault::Refused, Duration::from_secs(20));
        let results = outage.run(*kind, 300, Duration::ZERO).await;
        let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert!(failed.is_empty(), "{name}: {} failed: {}", failed.len(), failed[0]);
        assert_eq!(outage.executions(), 300, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_call_ends_with_its_own_error_in_its_own_time() {
    let outage = Outage::new(Fault::Refused, Duration::from_secs(300));
    let begun = tokio::time::Instant::now();
    let results = outage.run(Kind::Start, 50, Duration::ZERO).await;
    let lasted = begun.elapsed();
    assert!(lasted >= Duration::from_secs(29) && lasted < Duration::from_secs(35), "{lasted:?}");
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), kestra::ErrorKind::Connect);
        assert_eq!(error.request_sent(), kestra::RequestSent::No);
    }
}
