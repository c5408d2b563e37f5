//! Flows whose runs are scripted.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::time::Duration;

use kestra_testkit::{Dialect, Outcome, TestServer};
use raw::{ask, create_flow};
use serde_json::json;

const RUN: &str = "/api/v1/main/executions/company.team/etl?wait=true";

#[tokio::test]
async fn a_script_decides_how_an_execution_ends() {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        let flow = server.flow("company.team", "etl");
        let flow = flow.on_run(|_| Outcome::success(json!({"rows": 3})).after(Duration::from_millis(5)));
        let ended = ask(server.address(), "POST", RUN).await.expect("an answer").json();
        assert_eq!(ended["state"]["current"], "SUCCESS");
        let executions = flow.executions();
        assert_eq!(executions.len(), 1);
        assert_eq!((executions[0].state.as_str(), &executions[0].outputs["rows"]), ("SUCCESS", &json!(3)));

        let _ = server.flow("company.team", "etl").on_run(|_| Outcome::failed("no"));
        let ended = ask(server.address(), "POST", RUN).await.expect("an answer").json();
        assert_eq!(ended["state"]["current"], "FAILED");
        assert_eq!(server.executions_of("company.team", "etl").len(), 2);
    }
}

#[tokio::test]
async fn a_scripted_flow_may_have_tasks_that_nobody_has() {
    let server = TestServer::start().await.expect("a server");
    let source =
        "id: etl\nnamespace: company.team\ntasks:\n  - id: copy\n    type: io.kestra.plugin.core.nope.Copy\n";
    assert_eq!(create_flow(server.address(), source).await.status, 422);
    let _ = server.flow("company.team", "etl").on_run(|_| Outcome::success(json!({})));
    let created = create_flow(server.address(), source).await;
    assert_eq!((created.status, created.json()["revision"].clone()), (200, 1.into()));
    let ended = ask(server.address(), "POST", RUN).await.expect("an answer").json();
    assert_eq!(ended["state"]["current"], "SUCCESS");
}
