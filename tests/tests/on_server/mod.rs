//! What tests of several calls share: servers, clients, flows and folders.

#![allow(dead_code, unused_imports, reason = "no test needs all of it")]

#[path = "../folder/mod.rs"]
mod folder;

use kestra::Client;
use kestra_testkit::{Dialect, TestServer};
pub(crate) use kestra_tests::eventually;

pub(crate) use self::folder::Folder;

/// The namespace of everything.
pub(crate) const NAMESPACE: &str = "company.team";

pub(crate) async fn server(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
    (server, client)
}

/// The source of a flow with one task.
pub(crate) fn flow(id: &str, message: &str) -> String {
    format!(
        "id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: {message}\n"
    )
}

/// The source of a flow that fails.
pub(crate) fn failing(id: &str) -> String {
    format!(
        "id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - id: stop\n    type: io.kestra.plugin.core.execution.Fail\n"
    )
}

/// How many requests went to a path that ends so.
pub(crate) fn asked(server: &TestServer, end: &str) -> usize {
    server.requests().iter().filter(|request| request.path.ends_with(end)).count()
}

/// Waits until an execution has ended.
pub(crate) async fn ended(client: &Client, id: &str) {
    eventually(&format!("the end of {id}"), async || {
        client.executions().get_execution(id).await.unwrap().is_over().then_some(())
    })
    .await;
}
