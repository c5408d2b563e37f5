//! What the metrics of a call cost: allocations, which are stable where times are not.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use allocation_counter::measure;
use kestra::{Client, ClientBuilder};
use kestra_testkit::TestServer;
use support::Recorded;
use tower::layer::util::Identity;

const CALLS: u64 = 32;

/// Returns the allocations of a call, the first ones left out: they open the connection and fill caches.
fn allocations(set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = std::thread::spawn(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        (runtime.block_on(TestServer::start()).unwrap(), runtime)
    });
    let (server, _server_runtime) = server.join().unwrap();
    let client = set(Client::builder().server(server.url())).build().unwrap();
    let send = |count: u64| {
        runtime.block_on(async {
            for _ in 0..count {
                client.flows().search_flows().await.unwrap();
            }
        });
    };
    send(8);
    measure(|| send(CALLS)).count_total / CALLS
}

#[test]
fn a_call_allocates_nothing_more_with_metrics_than_with_any_layer() {
    let recorded = Recorded::new();
    let with_layer = allocations(|builder| builder.attempt_layer(Identity::new()));
    let with_metrics = allocations(|builder| {
        builder.observe(recorded.layer.observer()).attempt_layer(recorded.layer.clone())
    });
    let recorded = recorded.only("kestra.client.call.duration");
    assert_eq!(recorded.count, CALLS + 8);
    assert!(
        with_metrics <= with_layer + 2,
        "{with_metrics} with metrics, {with_layer} with a layer that does nothing"
    );
    println!("{with_metrics} allocations with metrics, {with_layer} with a layer that does nothing");
}

#[test]
fn an_observer_alone_costs_nothing() {
    let without = allocations(|builder| builder);
    let recorded = Recorded::new();
    let with = allocations(|builder| builder.observe(recorded.layer.observer()));
    assert!(with <= without + 1, "{with} with an observer, {without} without");
    println!("{with} allocations with an observer, {without} without");
}
