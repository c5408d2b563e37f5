//! What a search of executions finds.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use kestra_testkit::{Dialect, Outcome, TestServer};
use raw::ask;
use serde_json::Value;

#[tokio::test]
async fn kinds_are_found_by_their_names_only() {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        server.flow("company.team", "job").on_run(|_| Outcome::success(Value::Null));
        let address = server.address();
        for query in ["", "?kind=TEST"] {
            let path = format!("/api/v1/main/executions/company.team/job{query}");
            assert_eq!(ask(address, "POST", &path).await.expect("an answer").status, 200);
        }
        let kinds = async |filter: &str| {
            let path = format!("/api/v1/main/executions/search?{filter}");
            let found = ask(address, "GET", &path).await.expect("an answer").json();
            found["results"].as_array().unwrap().iter().map(|row| row["kind"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(kinds("").await, [Value::Null]);
        assert_eq!(kinds("filters[kind][EQUALS]=TEST").await, ["TEST"]);
        // One of the usual kind has no kind, so that no name finds it.
        assert_eq!(kinds("filters[kind][IN]=NORMAL,TEST").await, ["TEST"]);
    }
}
