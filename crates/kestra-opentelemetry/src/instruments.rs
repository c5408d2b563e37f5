//! The instruments, and what they are called.

use opentelemetry::metrics::{Counter, Histogram, Meter, UpDownCounter};

use crate::attributes::Hosts;

/// The bounds of durations in seconds that the conventions advise.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The bounds of calls, which last longer than requests, as they include retries.
const SECONDS_OF_CALLS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// The bounds of sizes in bytes: 256 B to 64 MiB.
const BYTES: [f64; 10] = [
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// What all copies of a layer share.
pub(crate) struct Instruments {
    pub(crate) hosts: Hosts,
    pub(crate) request_duration: Histogram<f64>,
    pub(crate) request_size: Histogram<u64>,
    pub(crate) response_size: Histogram<u64>,
    pub(crate) active_requests: UpDownCounter<i64>,
    pub(crate) open_connections: UpDownCounter<i64>,
    pub(crate) call_duration: Histogram<f64>,
    pub(crate) attempts: Counter<u64>,
    pub(crate) retries: Counter<u64>,
    pub(crate) budget_exhausted: Counter<u64>,
    pub(crate) hedges: Counter<u64>,
    pub(crate) hedge_budget_exhausted: Counter<u64>,
    pub(crate) unclear_outcomes: Counter<u64>,
    pub(crate) stream_reconnects: Counter<u64>,
    pub(crate) version_probes: Counter<u64>,
    pub(crate) server_ejections: Counter<u64>,
    pub(crate) server_returns: Counter<u64>,
    pub(crate) pool_wait: Histogram<f64>,
}

impl Instruments {
    pub(crate) fn new(meter: &Meter) -> Self {
        let seconds = |name: &'static str, bounds: &[f64], description: &'static str| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_boundaries(bounds.to_vec())
                .with_description(description)
                .build()
        };
        let bytes = |name: &'static str, description: &'static str| {
            meter
                .u64_histogram(name)
                .with_unit("By")
                .with_boundaries(BYTES.to_vec())
                .with_description(description)
                .build()
        };
        let gauge = |name: &'static str, unit: &'static str, description: &'static str| {
            meter.i64_up_down_counter(name).with_unit(unit).with_description(description).build()
        };
        let counter = |name: &'static str, unit: &'static str, description: &'static str| {
            meter.u64_counter(name).with_unit(unit).with_description(description).build()
        };
        Self {
            hosts: Hosts::default(),
            request_duration: seconds(
                "http.client.request.duration",
                &SECONDS,
                "Duration of HTTP client requests.",
            ),
            request_size: bytes("http.client.request.body.size", "Size of HTTP client request bodies."),
            response_size: bytes("http.client.response.body.size", "Size of HTTP client response bodies."),
            active_requests: gauge(
                "http.client.active_requests",
                "{request}",
                "Number of active HTTP requests.",
            ),
            open_connections: gauge(
                "http.client.open_connections",
                "{connection}",
                "Number of outbound HTTP connections that are active or idle.",
            ),
            call_duration: seconds(
                "kestra.client.call.duration",
                &SECONDS_OF_CALLS,
                "Duration of calls, retries included.",
            ),
            attempts: counter("kestra.client.attempts", "{attempt}", "Number of attempts of calls."),
            retries: counter("kestra.client.retries", "{retry}", "Number of retries."),
            budget_exhausted: counter(
                "kestra.client.retry_budget.exhausted",
                "{call}",
                "Number of calls that were not retried, since the retry budget was used up.",
            ),
            hedges: counter(
                "kestra.client.hedges",
                "{hedge}",
                "Number of reads that were sent a second time, since they were slow.",
            ),
            hedge_budget_exhausted: counter(
                "kestra.client.hedge_budget.exhausted",
                "{call}",
                "Number of slow reads that were not sent a second time, since the hedge budget was used up.",
            ),
            unclear_outcomes: counter(
                "kestra.client.unclear_outcomes",
                "{call}",
                "Number of creations of which it stayed unclear whether the server executed them.",
            ),
            stream_reconnects: counter(
                "kestra.client.stream.reconnects",
                "{reconnect}",
                "Number of streams that were opened again.",
            ),
            version_probes: counter(
                "kestra.client.version_probes",
                "{probe}",
                "Number of detections of a server's version.",
            ),
            server_ejections: counter(
                "kestra.client.server.ejections",
                "{ejection}",
                "Number of times that a failing server of a cluster was left out.",
            ),
            server_returns: counter(
                "kestra.client.server.returns",
                "{return}",
                "Number of times that a server of a cluster that was left out worked again.",
            ),
            pool_wait: seconds(
                "kestra.client.pool.wait_duration",
                &SECONDS,
                "Time that requests waited for a connection of the pool.",
            ),
        }
    }
}
