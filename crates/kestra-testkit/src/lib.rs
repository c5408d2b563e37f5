//! An in-process Kestra on a loopback port, for examples, our tests and our users' own tests.
//!
//! It stores flows, really runs the core tasks, and answers in the dialect of a 1.0, 1.3 or 2.0 server, errors included.
//! What it doesn't serve it answers with 501, or with what it was given.
//!
//! ```
//! use std::time::Duration;
//!
//! use kestra_testkit::{Dialect, Fault, Outcome, TestServer};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::builder().dialect(Dialect::V1_3).basic_auth("ada@example.com", "Secret123").start().await?;
//!
//! // Flows that it can run come over the API or from the test.
//! server.deploy(
//!     "id: hello
//! namespace: company.team
//! tasks:
//!   - id: log
//!     type: io.kestra.plugin.core.log.Log
//!     message: Hello",
//! )?;
//! // Of others the test says how they end.
//! let etl = server.flow("company.team", "etl");
//! let etl = etl.on_run(|inputs| match inputs["table"].as_str() {
//!     Some(table) => Outcome::success(json!({"loaded": table})).after(Duration::from_millis(20)),
//!     None => Outcome::failed("which table?"),
//! });
//! // It fails on purpose, and answers for what it doesn't serve.
//! server.fail(Fault::status(503).retry_after(1).on("GET", "/api/v1/{tenant}/flows/search").times(2));
//! server.stub("GET", "/api/v1/{tenant}/apps/search").json(&json!({"results": [], "total": 0}));
//!
//! // ... the code under test talks to server.url() ...
//!
//! assert!(server.requests().is_empty());
//! assert!(etl.executions().is_empty());
//! # Ok(())
//! # }
//! ```

mod app;
mod archive;
mod deploy;
mod dialect;
mod engine;
mod executed;
mod faults;
mod http;
mod pattern;
mod query;
mod requests;
mod routes;
mod scripting;
mod server;
mod socket;
mod store;
mod stubbed_responses;
mod uri;
#[doc(hidden)]
pub mod yaml;

pub use deploy::InvalidFlow;
pub use dialect::Dialect;
pub use engine::script::Outcome;
pub use executed::Executed;
pub use faults::{Cut, FalseEnd, Fault, Shutdown};
pub use requests::RecordedRequest;
pub use scripting::FlowHandle;
pub use server::{TestServer, TestServerBuilder};
pub use stubbed_responses::StubbedResponse;
