//! The live suite: what people do with a server all day, on a real one if `KESTRA_URL` is set, else on embedded servers of
//! 1.0, 1.3 and 2.0.
//!
//! ```sh
//! KESTRA_URL=http://localhost:8080 KESTRA_USERNAME=.. KESTRA_PASSWORD=.. cargo test -p kestra-tests --test live
//! ```
//!
//! Several URLs, separated by commas, are the servers of one cluster, and calls go to them in turn.
//!
//! Every test makes a namespace of its own and leaves nothing behind, whether it succeeds or not; flows need nothing but core
//! tasks. What has to break connections or to stop the server is tested elsewhere, on embedded servers only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

#[path = "../folder/mod.rs"]
mod folder;
mod server;

mod errors;
mod executions;
mod flows;
mod kv;
mod logs;
mod metrics;
mod namespace_files;
mod namespaces;
mod triggers;
mod versions;
