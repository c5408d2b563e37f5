//! What stands between clients and servers in production, around embedded servers: nginx and haproxy, and the proxies squid,
//! tinyproxy, dante and microsocks.
//!
//! ```sh
//! .ci/neighbours && cargo test -p kestra-tests --test neighbours -- --ignored
//! ```
//!
//! Each test starts the processes that it needs on loopback ports of its own, and ends them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, which tell what came out"
)]

mod certificates;
#[path = "../folder/mod.rs"]
mod folder;
mod forward_proxies;
mod haproxy;
mod nginx;
mod process;
mod server_restarts;
mod usual_calls;

/// The namespace of everything.
const NAMESPACE: &str = "company.team";
