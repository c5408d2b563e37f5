//! Creations with keys, through a proxy that cuts: one execution a key.
//!
//! `KESTRA_TEST_CREATIONS` says how many, 200 if not set.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use kestra::{Client, Error, ErrorKind};
use kestra_testkit::{Dialect, Outcome, TestServer};
use serde_json::json;

use crate::proxy::CuttingProxy;
use crate::{NAMESPACE, calls, size};

const SMALL: usize = 200;

/// The server is at hand and takes what reaches it at once, so what isn't found so long afterwards was lost.
const LOST_AFTER: Duration = Duration::from_secs(1);

/// Creates or starts with a key until it is known what became of it; gives the id, and how often the outcome was unclear.
async fn start(client: Client, number: usize) -> (String, usize) {
    let executions = client.executions();
    let call = format!("call-{number}");
    // One of three callers has no key of its own: it is given one, and uses it again once it was told.
    let mut key = (!number.is_multiple_of(3)).then(|| format!("key-{number}"));
    let mut unclear = 0;
    loop {
        let result = match &key {
            Some(key) if number % 3 == 1 => {
                let creation = executions.create_execution(NAMESPACE, "job").label("call", &call);
                let execution = creation.idempotency_key(key).look_up_for(LOST_AFTER).await;
                execution.map(|execution| execution.id)
            }
            Some(key) => {
                let start = executions.start(NAMESPACE, "job").label("call", &call);
                let started = start.idempotency_key(key).look_up_for(LOST_AFTER).await;
                started.map(|started| started.id().to_owned())
            }
            None => {
                let start = executions.start(NAMESPACE, "job").label("call", &call);
                start.look_up_for(LOST_AFTER).await.map(|started| started.id().to_owned())
            }
        };
        match result {
            Ok(id) => return (id, unclear),
            Err(error) if error.kind() == ErrorKind::UnclearOutcome => {
                unclear += 1;
                key = Some(error.idempotency_key().unwrap().to_owned());
            }
            // Its look-up failed, or it was not sent: nothing was started.
            Err(error) => assert!(may_be_repeated(&error), "{error:#}"),
        }
    }
}

fn may_be_repeated(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Connect | ErrorKind::Timeout(_))
}

async fn load(dialect: Dialect) {
    let count = size::set("KESTRA_TEST_CREATIONS", SMALL, 100_000);
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({"rows": 1})));
    let proxy = CuttingProxy::start(server.address(), size::seed()).await;
    let client = Client::builder().server(proxy.url()).build().unwrap();

    let begun = Instant::now();
    let started = size::within(count <= SMALL, async {
        let started = calls::make(count, 250, |number| start(client.clone(), number)).await;
        proxy.settle().await;
        started
    })
    .await;

    let ids: HashSet<_> = started.iter().map(|(id, _)| id.as_str()).collect();
    let executions = server.executions_of(NAMESPACE, "job");
    let unclear: usize = started.iter().map(|(_, unclear)| unclear).sum();
    println!(
        "{dialect:?}: {count} keys, {} executions, {unclear} times unclear, {:.1?}; {}",
        executions.len(),
        begun.elapsed(),
        proxy.fates(),
    );
    assert_eq!((ids.len(), executions.len()), (count, count));
    assert!(executions.iter().all(|execution| ids.contains(execution.id.as_str())));
    let keys: HashSet<_> = executions.iter().filter_map(|run| run.label("system.correlationId")).collect();
    assert_eq!(keys.len(), count);
    assert!(unclear > 0, "nothing was lost: the load shows nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_execution_a_key_on_1_0() {
    load(Dialect::V1_0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_execution_a_key_on_1_3() {
    load(Dialect::V1_3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_execution_a_key_on_2_0() {
    load(Dialect::V2_0).await;
}
