//! A service that runs flows, and its tests on the embedded server.
//!
//! `cargo run -p kestra-examples --example test_your_service` runs it once;
//! `cargo test -p kestra-examples --example test_your_service` runs its tests.
#![allow(clippy::print_stdout)]

use kestra::{BoxError, Client, Finished};
use kestra_testkit::{Outcome, TestServer};
use serde_json::json;

/// The service: it knows a client, and nothing of where Kestra is.
#[derive(Clone, Debug)]
struct Reports {
    client: Client,
}

impl Reports {
    /// Builds the report of a day with the flow `build-report`, and tells how it ended.
    async fn build(&self, day: &str) -> Result<Finished, kestra::Error> {
        self.client
            .executions()
            .run("company.team", "build-report")
            .input("day", day)
            .label("requested-by", "reports")
            .any_end_state()
            .await
    }
}

/// The service on an embedded server, where a script stands for the flow.
async fn on_embedded_server() -> Result<(TestServer, Reports), BoxError> {
    let server = TestServer::start().await?;
    let flow = server.flow("company.team", "build-report").input("day", "STRING");
    flow.on_run(|inputs| match inputs["day"].as_str() {
        Some("2026-02-30") => Outcome::failed("no such day"),
        _ => Outcome::success(json!({"rows": 3})),
    });
    let client = Client::builder().server(server.url()).build()?;
    Ok((server, Reports { client }))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (_server, reports) = on_embedded_server().await?;
    for day in ["2026-01-31", "2026-02-30"] {
        let report = reports.build(day).await?;
        println!("{day}: {}", if report.is_success() { "built" } else { "failed" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_ends_well() -> Result<(), BoxError> {
        main()
    }

    #[tokio::test]
    async fn a_report_is_built() -> Result<(), BoxError> {
        let (server, reports) = on_embedded_server().await?;
        assert!(reports.build("2026-01-31").await?.is_success());
        let executions = server.executions_of("company.team", "build-report");
        assert_eq!(executions.len(), 1);
        assert_eq!(executions[0].label("requested-by"), Some("reports"));
        Ok(())
    }

    #[tokio::test]
    async fn a_failure_is_told() -> Result<(), BoxError> {
        let (_server, reports) = on_embedded_server().await?;
        assert!(reports.build("2026-02-30").await?.is_failed());
        Ok(())
    }

    #[tokio::test]
    async fn a_missing_flow_is_an_error() -> Result<(), BoxError> {
        let server = TestServer::start().await?;
        let reports = Reports { client: Client::builder().server(server.url()).build()? };
        let error = reports.build("2026-01-31").await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        Ok(())
    }
}
