//! What the examples share: a server to talk to, a wait for the end of an execution, and a proxy.
//!
//! Every example runs with no Kestra at hand: it then starts an embedded one within its own process. With `KESTRA_URL`, and
//! `KESTRA_USERNAME` and `KESTRA_PASSWORD` or `KESTRA_API_TOKEN`, it talks to a real server, in a namespace of its own, and
//! deletes what it made.

mod proxy;
mod server;

use std::time::Duration;

use kestra::models::Execution;
use kestra::{Client, Error};

pub use proxy::Proxy;
pub use server::Server;

/// The namespace of all flows that the examples make.
pub const NAMESPACE: &str = "sdk.examples";

/// Reads an execution again and again until it is as wanted.
///
/// # Errors
///
/// As the call that reads it; it is no error if an execution takes long.
pub async fn wait_until(
    client: &Client,
    id: &str,
    wanted: impl Fn(&kestra::models::State) -> bool,
) -> Result<Execution, Error> {
    loop {
        let execution = client.executions().get_execution(id).await?;
        if execution.state.as_ref().is_some_and(&wanted) {
            return Ok(execution);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
