//! Integers over 64 bits keep every digit, and what is kept in another place on another version reads alike.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use kestra_testkit::{Dialect, Outcome, TestServer};
use serde::Deserialize;
use serde_json::json;
use support::{FLOW, once};

const BIG: u128 = 123_456_789_012_345_678_901;

#[derive(Debug, Deserialize, PartialEq)]
struct Report {
    rows: u128,
    below: i128,
    text: String,
    one: u8,
}

fn report() -> Report {
    Report { rows: BIG, below: -9_223_372_036_854_775_809, text: BIG.to_string(), one: 1 }
}

const REPORT: &str = r#"{"rows": 123456789012345678901, "below":-9223372036854775809, "text": "123456789012345678901", "one": 1}"#;

#[tokio::test]
async fn outputs_and_inputs_have_every_digit() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = once(server.url()).build().unwrap();
        client.flows().create_flow(FLOW).await.unwrap();
        // The testkit has no such integers, so the answers that have them are given.
        let digits = json!({"rows": BIG.to_string(), "below": "-9223372036854775809", "text": BIG.to_string(), "one": 1});
        let outputs = digits.clone();
        server.flow("company.team", "hello").on_run(move |_| Outcome::success(outputs.clone()));
        let state = r#"{"current": "SUCCESS", "histories": [{"state": "CREATED", "date": "2026-01-01T00:00:00Z"}, {"state": "SUCCESS", "date": "9999-12-31T23:59:59Z"}]}"#;
        let execution =
            format!(r#"{{"id": "x", "inputs": {REPORT}, "outputs": {REPORT}, "state": {state}}}"#);
        server.stub("GET", "/api/v1/{tenant}/executions/{executionId}").body("application/json", execution);
        server
            .stub("GET", "/api/v1/{tenant}/outputs/executions/{executionId}")
            .body("application/json", REPORT);
        let finished = client.executions().run("company.team", "hello").await.unwrap();
        assert_eq!(finished.outputs_as::<Report>().unwrap(), report(), "{dialect:?}");
        assert_eq!(Some(finished.outputs()), digits.as_object(), "{dialect:?}");
        assert_eq!(finished.execution.outputs.as_ref(), digits.as_object(), "{dialect:?}");

        let execution = client.executions().get_execution("x").await.unwrap();
        assert_eq!(Some(&execution.inputs), digits.as_object());
    }
}

#[tokio::test]
async fn a_key_has_every_digit() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = once(server.url()).build().unwrap();
        let answer = format!(r#"{{"type": "NUMBER", "value": {BIG}}}"#);
        server
            .stub("GET", "/api/v1/{tenant}/namespaces/{namespace}/kv/{key}")
            .body("application/json", answer);
        assert_eq!(client.kv().value_as::<u128>("company.team", "count").await.unwrap(), BIG);
        let error = client.kv().value_as::<bool>("company.team", "count").await.unwrap_err();
        assert_eq!(error.kind(), kestra::ErrorKind::Decode);
        let detail = client.kv().get_key_value("company.team", "count").await.unwrap();
        assert_eq!(detail.value, Some(json!(BIG.to_string())));
        // It is written as it was read.
        assert_eq!(detail.typed().unwrap().to_text(), BIG.to_string());
        assert_eq!(kestra::models::KvValue::from(BIG), detail.typed().unwrap());
    }
}

#[tokio::test]
async fn outputs_of_a_task_run_are_read_alike() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = once(server.url()).build().unwrap();
        client.flows().create_flow(FLOW).await.unwrap();
        let finished = client.executions().run("company.team", "hello").await.unwrap();
        let run = finished.execution.task_runs().first().unwrap().id.clone();
        let outputs = client.outputs().of_task_run(finished.id(), &run).await.unwrap();
        assert_eq!(outputs.get("value"), Some(&json!("hello")), "{dialect:?}");
        if dialect < Dialect::V2_0 {
            let missing = client.outputs().of_task_run(finished.id(), "nope").await.unwrap_err();
            assert!(missing.is_not_found(), "{missing}");
        }
        assert_eq!(client.misc().ping().await.unwrap(), "pong");
    }
}
