//! A 2.0 server that answers 504 and starts the execution later: still one execution a key, which is found once it is there.
//!
//! `KESTRA_TEST_LATE_CREATIONS` says how many, 100 if not set, and `KESTRA_TEST_LATE_SECONDS` how much later, 10 if not
//! set. Those that were asked for in time are told that there is none yet.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use kestra::{Client, ErrorKind, Resolved};
use kestra_testkit::{Dialect, Fault, Outcome, TestServer};
use serde_json::json;

use crate::{NAMESPACE, calls, size};

const SMALL: usize = 100;

/// What came of a start that is unclear.
struct Unclear {
    key: String,
    /// From before the start to the answer that there is none; nothing if that was too late to be sure of it.
    asked_after: Option<Duration>,
}

/// Starts, is told that it is unclear, and asks.
async fn start(client: Client, number: usize, late: Duration) -> Unclear {
    let begun = Instant::now();
    let executions = client.executions();
    let mut start = executions.start(NAMESPACE, "job").look_up_for(Duration::from_millis(200));
    if number.is_multiple_of(2) {
        start = start.idempotency_key(format!("key-{number}"));
    }
    let error = start.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status().map(|status| status.as_u16())),
        (ErrorKind::UnclearOutcome, None)
    );
    let key = error.idempotency_key().unwrap().to_owned();
    let resolved = executions.resolve(&key).await.unwrap();
    let took = begun.elapsed();
    // The server can't have started it sooner than this after it was asked to.
    let in_time = took < late;
    assert!(!in_time || matches!(resolved, Resolved::None), "{resolved:?} after {took:?}");
    Unclear { key, asked_after: in_time.then_some(took) }
}

/// Asks again, and starts again with the key; gives the id.
async fn find(client: Client, key: String) -> String {
    let executions = client.executions();
    let Resolved::One(found) = executions.resolve(&key).await.unwrap() else { panic!("{key} isn't found") };
    let again = executions.start(NAMESPACE, "job").idempotency_key(&key).await.unwrap();
    assert!(again.was_found() && found.id == again.id());
    again.id().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_starts_later_is_found_later_and_only_once() {
    let count = size::set("KESTRA_TEST_LATE_CREATIONS", SMALL, 100_000);
    let late = Duration::from_secs(size::set("KESTRA_TEST_LATE_SECONDS", 10, 600));
    let server = TestServer::builder().dialect(Dialect::V2_0).start().await.unwrap();
    server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({"rows": 1})));
    server.fail(Fault::late(late).on("POST", "/api/v1/{tenant}/executions/{namespace}/{id}").always());
    let client = Client::builder().server(server.url()).build().unwrap();

    let (in_time, longest, ids) = size::within(count <= SMALL, async {
        let unclear = calls::make(count, 250, |number| start(client.clone(), number, late)).await;
        let in_time: Vec<Duration> = unclear.iter().filter_map(|start| start.asked_after).collect();
        let longest = in_time.iter().max().copied().expect("one that was asked for before it started");
        while server.executions_of(NAMESPACE, "job").len() < count {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let keys: Vec<_> = unclear.into_iter().map(|start| start.key).collect();
        (
            in_time.len(),
            longest,
            calls::make(count, 250, |number| find(client.clone(), keys[number].clone())).await,
        )
    })
    .await;

    let executions = server.executions_of(NAMESPACE, "job").len();
    println!(
        "{count} keys, {executions} executions {late:?} later, none of {in_time} before ({longest:.1?} at most)"
    );
    assert_eq!((ids.into_iter().collect::<HashSet<_>>().len(), executions), (count, count));
}
