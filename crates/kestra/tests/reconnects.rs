//! What is told when a stream is opened again: each time at DEBUG, and once at WARN for each cause that isn't usual.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use kestra::{Client, Retry, Timeouts};
use kestra_testkit::{Cut, Fault, Outcome, TestServer};
use support::{Trace, Traces};
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;

const FOLLOW: &str = "/api/v1/{tenant}/executions/{id}/follow";

#[tokio::test]
async fn reconnects_are_told_and_each_cause_is_warned_of_once() {
    let traces = Traces::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    let server = TestServer::start().await.unwrap();
    server.flow("company.team", "gate").on_run(|_| Outcome::paused());
    // Two connections are refused, two give the stub alone, and the rest fall silent.
    server.fail(Fault::status(503).on_path(FOLLOW).times(2));
    server.fail(Fault::cut(Cut::WithinBody).on_path(FOLLOW).times(2));
    let timeouts = Timeouts::default().idle(Duration::from_millis(150));
    let client =
        Client::builder().server(server.url()).retry(Retry::none()).timeouts(timeouts).build().unwrap();

    let execution = client.executions().create_execution("company.team", "gate").await.unwrap();
    let id = execution.id;
    let mut states = client.executions().follow_execution(&id).stream();
    let follow = async {
        while let Some(state) = states.next().await {
            state.unwrap();
        }
    };
    let end = async {
        let enough = async {
            while traces.of("kestra::stream").iter().filter(|trace| trace.level == Level::DEBUG).count() < 5 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), enough).await.unwrap();
        client.executions().resume_execution(&id).await.unwrap();
    };
    tokio::join!(follow, end);

    let told = traces.of("kestra::stream");
    let field = |trace: &Trace, name: &str| trace.fields.get(name).cloned().unwrap_or_default();
    assert!(told.iter().all(|trace| field(trace, "operation") == "follow_execution"), "{told:?}");
    let (debug, warn): (Vec<_>, Vec<_>) = told.iter().partition(|trace| trace.level == Level::DEBUG);
    let attempts: Vec<_> = debug.iter().map(|trace| field(trace, "attempt")).collect();
    let counted: Vec<_> = (2..debug.len() + 2).map(|attempt| attempt.to_string()).collect();
    assert!(attempts.len() > 4 && attempts == counted, "{attempts:?}");
    assert!(debug.iter().all(|trace| field(trace, "wait_ms").parse::<u64>().is_ok()));
    let reasons: Vec<_> = debug.iter().map(|trace| field(trace, "reason")).collect();
    for (number, part) in [(0, "503"), (1, "503"), (2, "cut"), (3, "cut"), (4, "no data")] {
        assert!(reasons[number].contains(part), "{number}: {reasons:?}");
    }
    assert!(warn.iter().all(|trace| trace.level == Level::WARN));
    let warned: Vec<_> = warn.iter().map(|trace| field(trace, "reason")).collect();
    let causes: BTreeSet<_> = warned.iter().collect();
    assert_eq!((warned.len(), causes.len()), (2, 2), "{warned:?}");
    assert!(warned[0].contains("503") && !warned.iter().any(|reason| reason.contains("no data")));
    assert!(!traces.all().contains(&id), "an execution is named where only the route is");
}
