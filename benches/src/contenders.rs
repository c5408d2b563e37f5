//! The clients that are compared: each sends a call and reads the bytes of its response.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as HyperUtil;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kestra::models::{Configuration, Execution, FlowWithSource, Page};
use kestra::{Auth, Body, Call, Client, Executor as _, Proxy, Tls, Transport};
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;

use crate::operation::{Operation, Prepared, SOURCE};

/// A client and the operation that it sends.
#[derive(Clone, Debug)]
pub struct Contender {
    stack: Stack,
    base: String,
    operation: Operation,
    prepared: Prepared,
}

/// What stands between the caller and the socket.
#[derive(Clone, Debug)]
enum Stack {
    /// hyper-util's client alone, the body collected.
    Raw(Box<HyperUtil<HttpConnector, Full<Bytes>>>),
    /// Our transport alone.
    Transport(Transport),
    /// Our client with all default layers, from the builder to the bytes.
    Client(Client),
    /// Our client, the response decoded.
    Decoded(Client),
    /// reqwest, the response decoded into the same model.
    Reqwest(reqwest::Client),
}

/// An error of any contender.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The names of the stacks, in the order of tables.
pub const NAMES: [&str; 5] = ["raw", "transport", "client", "decoded", "reqwest"];

/// The names of the stacks whose instructions and allocations are limited.
pub const GATED: [&str; 3] = ["raw", "client", "decoded"];

/// Returns a contender for the server at an address.
///
/// # Errors
///
/// Returns an error if the name is unknown or the client can't be built.
pub fn contender(name: &str, operation: Operation, address: SocketAddr) -> Result<Contender, Failure> {
    let base = format!("http://{address}");
    let client = || {
        Client::builder()
            .server(base.as_str())
            .auth(Auth::basic("user@example.com", "Password1"))
            .proxy(Proxy::none())
            .build()
    };
    let stack = match name {
        "raw" => Stack::Raw(Box::new(HyperUtil::builder(TokioExecutor::new()).build_http())),
        "transport" => {
            Stack::Transport(Transport::builder().proxy(Proxy::none()).tls(Tls::default()).build()?)
        }
        "client" => Stack::Client(client()?),
        "decoded" => Stack::Decoded(client()?),
        "reqwest" => Stack::Reqwest(reqwest::Client::builder().no_proxy().build()?),
        other => return Err(format!("`{other}` is none of {NAMES:?}").into()),
    };
    let prepared = Prepared::new(&base, operation)?;
    Ok(Contender { stack, base, operation, prepared })
}

impl Contender {
    /// Returns the same client, and the connections that it has, with another operation.
    ///
    /// # Errors
    ///
    /// Returns an error if the base URL is none.
    pub fn with_operation(&self, operation: Operation) -> Result<Self, Failure> {
        let prepared = Prepared::new(&self.base, operation)?;
        Ok(Self { stack: self.stack.clone(), base: self.base.clone(), operation, prepared })
    }

    /// Sends the call once and returns the size of the response: its bytes, or 0 if it was decoded.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn send(&self) -> Result<usize, Failure> {
        match &self.stack {
            Stack::Raw(client) => {
                let response = client.request(self.prepared.request(Full::new)).await?;
                Ok(response.into_body().collect().await?.to_bytes().len())
            }
            Stack::Transport(transport) => {
                let response = transport.clone().oneshot(self.prepared.request(Body::from)).await?;
                Ok(response.into_body().collect().await?.to_bytes().len())
            }
            Stack::Client(client) => {
                let response = client.execute(call(client, self.operation)).await?;
                Ok(response.body().as_bytes().map_or(0, Bytes::len))
            }
            Stack::Decoded(client) => decode(client, self.operation).await,
            Stack::Reqwest(client) => match self.operation {
                Operation::Configs => self.reqwest::<Configuration>(client).await,
                Operation::GetFlow | Operation::CreateFlow | Operation::Silent => {
                    self.reqwest::<FlowWithSource>(client).await
                }
                Operation::CreateExecution => self.reqwest::<Execution>(client).await,
                Operation::Search => self.reqwest::<Page<Execution>>(client).await,
            },
        }
    }

    async fn reqwest<T: DeserializeOwned>(&self, client: &reqwest::Client) -> Result<usize, Failure> {
        let request = self.prepared.request(reqwest::Body::from).try_into()?;
        drop(client.execute(request).await?.json::<T>().await?);
        Ok(0)
    }
}

fn call(client: &Client, operation: Operation) -> Call {
    let (flows, executions) = (client.flows(), client.executions());
    match operation {
        Operation::Configs => client.misc().get_configuration().into_call(),
        Operation::GetFlow => flows.get_flow("company.team", "hello").allow_deleted(true).into_call(),
        Operation::CreateFlow => flows.create_flow(SOURCE).into_call(),
        Operation::CreateExecution => {
            executions.create_execution("company.team", "hello").input("name", "world").into_call()
        }
        Operation::Search => executions.search_executions().size(25).into_call(),
        Operation::Silent => flows.get_flow("company.team", "silent").into_call(),
    }
}

async fn decode(client: &Client, operation: Operation) -> Result<usize, Failure> {
    let (flows, executions) = (client.flows(), client.executions());
    match operation {
        Operation::Configs => drop(client.misc().get_configuration().await?),
        Operation::GetFlow => drop(flows.get_flow("company.team", "hello").allow_deleted(true).await?),
        Operation::CreateFlow => drop(flows.create_flow(SOURCE).await?),
        Operation::CreateExecution => {
            drop(executions.create_execution("company.team", "hello").input("name", "world").await?);
        }
        Operation::Search => drop(executions.search_executions().size(25).await?),
        Operation::Silent => drop(flows.get_flow("company.team", "silent").await?),
    }
    Ok(0)
}
