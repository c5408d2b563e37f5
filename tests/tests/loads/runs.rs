//! Runs while the server is stopped and started twice: each gets its end state.
//!
//! `KESTRA_TEST_RUNS` says how many, 20 if not set.

use std::time::{Duration, Instant};

use kestra::models::StateType;
use kestra::{Client, ErrorKind, Finished};
use kestra_testkit::{Dialect, Outcome, TestServer};
use serde_json::json;

use crate::{NAMESPACE, calls, size};

const SMALL: usize = 20;

/// How run number so and so ends.
fn outcome(number: i64) -> (Outcome, StateType) {
    let outputs = json!({"number": number});
    match number % 5 {
        0 => (Outcome::failed("on purpose"), StateType::Failed),
        1 => (Outcome::warning(outputs), StateType::Warning),
        2 => (Outcome::killed(), StateType::Killed),
        3 => (Outcome::retried(Outcome::success(outputs)), StateType::Success),
        _ => (Outcome::success(outputs), StateType::Success),
    }
}

async fn run(client: Client, number: i64) {
    let run = client.executions().run(NAMESPACE, "job").input("number", number).unchecked();
    let finished = match run.await {
        Ok(finished) => finished,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ExecutionFailed, "{error:#}");
            Finished::of(&error).unwrap().clone()
        }
    };
    let (_, state) = outcome(number);
    assert_eq!(finished.state(), Some(&state));
    if matches!(state, StateType::Success | StateType::Warning) {
        assert_eq!(finished.outputs()["number"], number);
    }
}

async fn load(dialect: Dialect) {
    let count = size::set("KESTRA_TEST_RUNS", SMALL, 10_000);
    let mut server = TestServer::builder().dialect(dialect).start().await.unwrap();
    server.flow(NAMESPACE, "job").on_run(|inputs| {
        let number = inputs["number"].to_string().trim_matches('"').parse().unwrap();
        outcome(number).0.after(Duration::from_millis(900))
    });
    let client = Client::builder().server(server.url()).build().unwrap();

    let begun = Instant::now();
    size::within(count <= SMALL, async {
        let runs = tokio::spawn(calls::make(count, count, move |number| {
            run(client.clone(), i64::try_from(number).unwrap())
        }));
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            server.stop().await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            server.restart().await.unwrap();
        }
        runs.await.unwrap();
    })
    .await;
    println!("{dialect:?}: {count} right ends, {:.1?}", begun.elapsed());
    // A retry makes another execution.
    let retried = (0..count).filter(|number| number % 5 == 3).count();
    assert_eq!(server.executions_of(NAMESPACE, "job").len(), count + retried);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_runs_end_right_on_1_0() {
    load(Dialect::V1_0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_runs_end_right_on_1_3() {
    load(Dialect::V1_3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_runs_end_right_on_2_0() {
    load(Dialect::V2_0).await;
}
