//! A 2.0 server that answers 504 and starts the execution later: still one execution a key, which is found once it is there.
//!
//! `KESTRA_TEST_LATE_CREATIONS` says how many, 100 if not set, and `KESTRA_TEST_LATE_SECONDS` how much later, 3 if not set.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use kestra::{Client, ErrorKind, Resolved};
use kestra_testkit::{Dialect, Fault, Outcome, Server};
use serde_json::json;

use crate::{NAMESPACE, calls, size};

const SMALL: usize = 100;

/// Starts, is told that it is unclear, and asks; gives the key and how long that took.
async fn start(client: Client, number: usize) -> (String, Duration) {
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
    assert!(matches!(resolved, Resolved::None), "{resolved:?} after {took:?}");
    (key, took)
}

/// Asks again, and starts again with the key; gives the id.
async fn find(client: Client, key: String) -> String {
    let executions = client.executions();
    let Resolved::One(found) = executions.resolve(&key).await.unwrap() else { panic!("{key} isn't found") };
    let again = executions.start(NAMESPACE, "job").idempotency_key(&key).await.unwrap();
    assert!(again.was_found() && found.id.as_deref() == Some(again.id()));
    again.id().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_starts_later_is_found_later_and_only_once() {
    let count = size::set("KESTRA_TEST_LATE_CREATIONS", SMALL, 100_000);
    let late = Duration::from_secs(size::set("KESTRA_TEST_LATE_SECONDS", 3, 600));
    let server = Server::builder().dialect(Dialect::V2_0).start().await.unwrap();
    server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({"rows": 1})));
    server.fail(Fault::late(late).on("POST", "/api/v1/{tenant}/executions/{namespace}/{id}").always());
    let client = Client::builder().server(server.url()).build().unwrap();

    let (longest, ids) = size::within(count <= SMALL, async {
        let unclear = calls::make(count, 250, |number| start(client.clone(), number)).await;
        let longest = unclear.iter().map(|(_, took)| *took).max().unwrap();
        tokio::time::sleep(late + Duration::from_secs(1)).await;
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), count);
        let keys: Vec<_> = unclear.into_iter().map(|(key, _)| key).collect();
        (longest, calls::make(count, 250, |number| find(client.clone(), keys[number].clone())).await)
    })
    .await;

    let executions = server.executions_of(NAMESPACE, "job").len();
    println!("{count} keys, {executions} executions {late:?} later, none before ({longest:.1?} at most)");
    assert_eq!((ids.into_iter().collect::<HashSet<_>>().len(), executions), (count, count));
}
