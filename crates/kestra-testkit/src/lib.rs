//! An in-process Kestra on a loopback port, for examples, our tests and our users' own tests.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! let server = kestra_testkit::Server::start().await?;
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! # Ok(())
//! # }
//! ```
//!
//! It stores flows, really runs the core tasks, and answers in the dialect of a 1.0, 1.3 or 2.0 server, errors included.
//! What it doesn't serve it answers with 501.

mod app;
mod canned;
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

pub use canned::CannedAnswer;
pub use dialect::Dialect;
pub use engine::script::Outcome;
pub use executed::Executed;
pub use faults::{Cut, Fault};
pub use requests::RecordedRequest;
pub use scripting::FlowHandle;
pub use server::{Server, ServerBuilder};
