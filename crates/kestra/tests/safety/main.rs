//! What servers do silently: the harm without our guard, and the refusal or handling with it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod by_query;
mod editions;
mod files;
mod ignored;
mod import;
mod inputs;
mod keys;
mod look_back;
mod repeats;
mod secrets;
mod sources;
mod unsupported;

use std::time::Duration;

use kestra::models::State;
use kestra::{Client, Error};
use kestra_testkit::{Dialect, Server};

pub(crate) const NAMESPACE: &str = "company.team";

/// A server of a version and a client that tries once.
pub(crate) async fn serve(dialect: Dialect) -> (Server, Client) {
    let server = Server::builder().dialect(dialect).start().await.unwrap();
    let client = support::once(server.url()).build().unwrap();
    (server, client)
}

/// A flow that does nothing.
pub(crate) fn flow(id: &str) -> String {
    support::FLOW.replace("id: hello", &format!("id: {id}"))
}

/// Executes a flow that is there, to its end.
pub(crate) async fn run(client: &Client, flow: &str) -> Result<String, Error> {
    let id = client.executions().create_execution(NAMESPACE, flow).await?.id.unwrap();
    loop {
        let state = client.executions().get_execution(&id).await?.state;
        if state.as_ref().is_some_and(State::is_terminal) {
            return Ok(id);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many executions there are.
pub(crate) async fn executions(client: &Client) -> Result<Option<i64>, Error> {
    Ok(client.executions().search_executions().await?.total)
}
