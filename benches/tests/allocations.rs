//! Allocations of a call, which are stable where times are not: these numbers only go down.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use allocation_counter::measure;
use kestra_bench::contenders::{Contender, contender};
use kestra_bench::server::{self, SILENT};

/// How many allocations our transport takes fewer than hyper-util's client.
const TRANSPORT_BELOW_RAW: u64 = 7;

/// How many bytes a call in flight holds less with all default layers than with hyper-util's client.
const IN_FLIGHT_BELOW_RAW: i64 = 200;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Allocations a request, the first ones left out: they open the connection and fill caches.
fn allocations(contender: &Contender) -> u64 {
    const COUNT: u64 = 64;
    let runtime = runtime();
    let send = |count: u64| {
        runtime.block_on(async {
            for _ in 0..count {
                contender.get("hello").await.unwrap();
            }
        });
    };
    send(16);
    measure(|| send(COUNT)).count_total / COUNT
}

#[test]
fn the_default_stack_allocates_no_more_than_hyper_util() {
    let address = server::spawn().unwrap();
    let raw = allocations(&contender("raw", address).unwrap());
    let transport = allocations(&contender("transport", address).unwrap());
    let client = allocations(&contender("client", address).unwrap());
    println!("allocations a request: raw {raw}, transport {transport}, client {client}");
    assert!(client <= raw, "{client} allocations, raw hyper-util has {raw}");
    assert!(transport + TRANSPORT_BELOW_RAW <= raw, "{transport} allocations, raw hyper-util has {raw}");
}

#[test]
fn a_call_in_flight_holds_less_than_with_hyper_util() {
    let address = server::spawn().unwrap();
    let held = |name: &str| {
        let contender = contender(name, address).unwrap();
        let runtime = runtime();
        runtime.block_on(async { contender.get("hello").await.unwrap() });
        let mut held = None;
        let info = measure(|| {
            runtime.block_on(async {
                let mut call = Box::pin(contender.get(SILENT));
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
