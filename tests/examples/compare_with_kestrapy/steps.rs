//! Our client's operations under kestrapy's names, and the requests that each made.

use std::future::IntoFuture;
use std::time::Duration;

use kestra::models::{Execution, StateType};
use kestra::{Auth, Client, Filter, Proxy};
use kestra_testkit::TestServer;

use crate::normal::{Ids, Operation, merged};
use crate::{Failure, PASSWORD, USER, folder};

pub(crate) const NAMESPACE: &str = "company.team";
pub(crate) const BULK: &str = "company.bulk";

/// What was done so far.
pub(crate) struct Steps<'a> {
    pub(crate) client: Client,
    server: &'a TestServer,
    seen: usize,
    ids: Ids,
    done: Vec<Operation>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(server: &'a TestServer) -> Result<Self, Failure> {
        let client = Client::builder()
            .server(server.url())
            .auth(Auth::basic(USER, PASSWORD))
            .proxy(Proxy::none())
            .api_version("2.0.0".parse()?)
            .build()?;
        Ok(Self { client, server, seen: 0, ids: Ids::default(), done: Vec::new() })
    }

    /// Calls an operation; the requests since the last one are its.
    pub(crate) async fn call<T, C>(&mut self, name: &str, call: C) -> Result<T, Failure>
    where
        C: IntoFuture<Output = Result<T, kestra::Error>>,
    {
        let result = call.into_future().await;
        self.end(name);
        result.map_err(|error| format!("{name}: {error}").into())
    }

    /// Ends an operation that was called otherwise.
    pub(crate) fn end(&mut self, name: &str) {
        let requests = self.server.requests();
        let new = requests.get(self.seen..).unwrap_or_default();
        let requests_of = new.iter().map(|request| self.ids.line(request)).collect();
        self.done.push(Operation { name: name.to_owned(), requests: requests_of });
        self.seen = requests.len();
    }

    /// All operations, in order.
    pub(crate) fn operations(self) -> Vec<Operation> {
        merged(self.done)
    }

    /// An execution that waits to be resumed.
    pub(crate) async fn pause(&mut self) -> Result<String, Failure> {
        let call = self.client.executions().create_execution(NAMESPACE, "pausing");
        let id = id(&self.call("executions.create_execution", call).await?)?;
        self.wait_for(&id, StateType::Paused).await?;
        Ok(id)
    }

    /// Reads an execution until it has a state.
    pub(crate) async fn wait_for(&mut self, id: &str, wanted: StateType) -> Result<(), Failure> {
        for _ in 0..600 {
            let call = self.client.executions().get_execution(id);
            let execution = self.call("executions.execution", call).await?;
            if execution.state_type() == Some(&wanted) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("{id} is not {wanted}").into())
    }
}

/// The id of an execution.
pub(crate) fn id(execution: &Execution) -> Result<String, Failure> {
    Ok(execution.id.clone())
}

/// A filter for the namespace of most flows.
pub(crate) fn in_namespace() -> Filter {
    Filter::namespace().equals(NAMESPACE)
}

/// A source that the script sends, too.
pub(crate) fn source(name: &str) -> Result<String, Failure> {
    Ok(std::fs::read_to_string(folder().join(format!("{name}.yaml")))?)
}
