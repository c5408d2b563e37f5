//! Creations without keys, through a proxy that cuts: none is repeated that may have arrived, none is lost without an error.
//!
//! `KESTRA_TEST_CREATIONS` says how many, 200 if not set.

use std::collections::HashMap;
use std::time::Instant;

use kestra::{Client, Error, RequestSent, Retry};
use kestra_testkit::{Dialect, Outcome, TestServer};
use serde_json::json;

use crate::proxy::CuttingProxy;
use crate::{NAMESPACE, calls, size};

const SMALL: usize = 200;

/// Creates an execution that is labelled with the number of the call; gives the number and the id.
async fn create(clients: [Client; 2], number: usize) -> (String, Result<String, Error>) {
    // The second client tries nothing twice, so that it also tells what wasn't sent at all.
    let executions = clients[number % 2].executions();
    let call = format!("call-{number}");
    let id = if number.is_multiple_of(3) {
        let start = executions.start(NAMESPACE, "job").no_key().label("call", &call);
        start.await.map(|started| started.id().to_owned())
    } else {
        let creation = executions.create_execution(NAMESPACE, "job").label("call", &call);
        creation.await.map(|execution| execution.id)
    };
    (call, id)
}

async fn load(dialect: Dialect) {
    let count = size::set("KESTRA_TEST_CREATIONS", SMALL, 100_000);
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({"rows": 1})));
    let proxy = CuttingProxy::start(server.address(), size::seed()).await;
    let build = |retry| Client::builder().server(proxy.url()).retry(retry).build().unwrap();
    let clients = [build(Retry::standard()), build(Retry::standard().max_attempts(1))];

    let begun = Instant::now();
    let results = size::within(count <= SMALL, async {
        let results = calls::make(count, 250, |number| create(clients.clone(), number)).await;
        proxy.settle().await;
        results
    })
    .await;

    let executions = server.executions_of(NAMESPACE, "job");
    let mut by_call: HashMap<&str, Vec<&str>> = HashMap::new();
    for execution in &executions {
        by_call.entry(execution.label("call").unwrap()).or_default().push(&execution.id);
    }
    let mut counts = Counts::default();
    for (call, result) in &results {
        let made = by_call.remove(call.as_str()).unwrap_or_default();
        counts.add(call, result, &made);
    }
    println!(
        "{dialect:?}: {count} calls, {} executions, {counts:?}, {:.1?}; {}",
        executions.len(),
        begun.elapsed(),
        proxy.fates(),
    );
    assert!(by_call.is_empty(), "nobody asked for {by_call:?}");
    assert!(executions.len() <= count);
    assert_eq!(executions.len() + counts.lost + counts.not_sent, count);
    assert!(counts.lost > 0 && counts.not_told > 0, "nothing was lost: the load shows nothing");
}

#[derive(Debug, Default)]
struct Counts {
    told: usize,
    /// There is an execution, and the error says that there may be.
    not_told: usize,
    /// There is none, and the error says that there may be.
    lost: usize,
    /// There is none, and the error says that there is none.
    not_sent: usize,
}

impl Counts {
    fn add(&mut self, call: &str, result: &Result<String, Error>, made: &[&str]) {
        let sent = result.as_ref().err().map(Error::request_sent);
        *match (result, sent, made) {
            (Ok(id), _, [made]) if id == made => &mut self.told,
            (Err(_), Some(RequestSent::No), []) => &mut self.not_sent,
            (Err(_), Some(RequestSent::Maybe | RequestSent::Yes), [_]) => &mut self.not_told,
            (Err(_), Some(RequestSent::Maybe), []) => &mut self.lost,
            _ => panic!("{call} gave {result:?} ({sent:?}), and {made:?} was made"),
        } += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_was_an_error_on_1_0() {
    load(Dialect::V1_0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_was_an_error_on_1_3() {
    load(Dialect::V1_3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_was_an_error_on_2_0() {
    load(Dialect::V2_0).await;
}
