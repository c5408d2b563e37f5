//! Allocations of a call, which are stable where times are not.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use allocation_counter::measure;
use kestra_bench::contenders::{Contender, GATED, contender};
use kestra_bench::operation::Operation;
use kestra_bench::server;

/// How many allocations our transport takes fewer than hyper-util's client.
const TRANSPORT_BELOW_RAW: u64 = 7;

/// How many bytes a call in flight holds less with all default layers than with hyper-util's client.
const IN_FLIGHT_BELOW_RAW: i64 = 200;

/// The table that `.ci/instructions` reads, too.
const LIMITS: &str = include_str!("../limits");

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Returns the allocations of a call, the first ones left out: they open the connection and fill caches.
fn allocations(contender: &Contender) -> u64 {
    const COUNT: u64 = 64;
    let runtime = runtime();
    let send = |count: u64| {
        runtime.block_on(async {
            for _ in 0..count {
                contender.send().await.unwrap();
            }
        });
    };
    send(16);
    measure(|| send(COUNT)).count_total / COUNT
}

#[test]
fn calls_allocate_as_often_as_the_table_says() {
    let address = server::spawn().unwrap();
    let mut rows = LIMITS.lines().filter(|line| !line.starts_with('#'));
    let mut others = Vec::new();
    for operation in Operation::ALL {
        for name in GATED {
            let count = allocations(&contender(name, operation, address).unwrap());
            let row = rows.next().unwrap_or_default();
            let counted = format!("{} {name} {count} ", operation.name());
            if !row.starts_with(&counted) {
                others.push(format!("{counted}instead of: {row}"));
            }
        }
    }
    assert!(others.is_empty() && rows.next().is_none(), "benches/limits differs:\n{}", others.join("\n"));
}

#[test]
fn the_transport_allocates_less_than_hyper_util() {
    let address = server::spawn().unwrap();
    let of = |name: &str| allocations(&contender(name, Operation::GetFlow, address).unwrap());
    let (raw, transport) = (of("raw"), of("transport"));
    println!("allocations a request: raw {raw}, transport {transport}");
    assert!(transport + TRANSPORT_BELOW_RAW <= raw, "{transport} allocations, raw hyper-util has {raw}");
}

#[test]
fn a_call_in_flight_holds_less_than_with_hyper_util() {
    let address = server::spawn().unwrap();
    let held = |name: &str| {
        let ended = contender(name, Operation::GetFlow, address).unwrap();
        let pending = ended.with_operation(Operation::Silent).unwrap();
        let runtime = runtime();
        runtime.block_on(async { ended.send().await.unwrap() });
        let mut held = None;
        let info = measure(|| {
            runtime.block_on(async {
                let mut call = Box::pin(pending.send());
                let waited = tokio::time::timeout(std::time::Duration::from_millis(200), &mut call).await;
                held = Some((call, waited.is_ok()));
            });
        });
        drop(held);
        info.bytes_current
    };
    let (raw, client) = (held("raw"), held("client"));
    println!("heap bytes of a call in flight: raw {raw}, client {client}");
    assert!(client + IN_FLIGHT_BELOW_RAW <= raw, "{client} bytes, raw hyper-util holds {raw}");
}
