//! The clients that are compared: each sends a small GET and reads the answer's bytes.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client as Raw;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kestra::{Auth, Body, Client, Executor as _, Proxy, Tls, Transport};
use tower::ServiceExt as _;

/// What stands between the caller and the socket.
#[derive(Clone, Debug)]
pub enum Contender {
    /// hyper-util's client alone, the body collected.
    Raw(Box<Raw<HttpConnector, Empty<Bytes>>>, String),
    /// Our transport alone.
    Transport(Transport, String),
    /// Our client with all default layers, from the builder to the bytes.
    Client(Client),
    /// Our client, the answer decoded.
    Decoded(Client),
    /// reqwest, the answer decoded.
    Reqwest(reqwest::Client, String),
}

/// An error of any contender.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The names, in the order of [`all`].
pub const NAMES: [&str; 5] = ["raw", "transport", "client", "decoded", "reqwest"];

/// One of the contenders for the server at an address.
///
/// # Errors
///
/// The name is unknown, or the client can't be built.
pub fn contender(name: &str, address: SocketAddr) -> Result<Contender, Failure> {
    let base = format!("http://{address}");
    let client = || {
        Client::builder()
            .server(base.as_str())
            .auth(Auth::basic("user@example.com", "Password1"))
            .proxy(Proxy::none())
            .build()
    };
    Ok(match name {
        "raw" => Contender::Raw(Box::new(Raw::builder(TokioExecutor::new()).build_http()), base),
        "transport" => {
            Contender::Transport(Transport::builder().proxy(Proxy::none()).tls(Tls::default()).build()?, base)
        }
        "client" => Contender::Client(client()?),
        "decoded" => Contender::Decoded(client()?),
        "reqwest" => Contender::Reqwest(reqwest::Client::builder().no_proxy().build()?, base),
        other => return Err(format!("`{other}` is none of {NAMES:?}").into()),
    })
}

/// All contenders.
///
/// # Errors
///
/// One of the clients can't be built.
pub fn all(address: SocketAddr) -> Result<Vec<(&'static str, Contender)>, Failure> {
    NAMES.into_iter().map(|name| Ok((name, contender(name, address)?))).collect()
}

impl Contender {
    /// Sends one request for a flow and gives how many bytes its answer has.
    ///
    /// # Errors
    ///
    /// The request fails.
    pub async fn get(&self, id: &str) -> Result<usize, Failure> {
        match self {
            Self::Raw(client, base) => {
                let uri = format!("{base}/api/v1/main/flows/company.team/{id}");
                let response = client.request(Request::get(uri).body(Empty::new())?).await?;
                Ok(response.into_body().collect().await?.to_bytes().len())
            }
            Self::Transport(transport, base) => {
                let uri = format!("{base}/api/v1/main/flows/company.team/{id}");
                let response = transport.clone().oneshot(Request::get(uri).body(Body::empty())?).await?;
                Ok(response.into_body().collect().await?.to_bytes().len())
            }
            Self::Client(client) => {
                let call = client.flows().get_flow("company.team", id).into_call();
                let response = client.execute(call).await?;
                Ok(response.body().as_bytes().map_or(0, Bytes::len))
            }
            Self::Decoded(client) => {
                let flow = client.flows().get_flow("company.team", id).await?;
                Ok(flow.source.map_or(0, |source| source.len()))
            }
            Self::Reqwest(client, base) => {
                let uri = format!("{base}/api/v1/main/flows/company.team/{id}");
                let flow: kestra::models::FlowWithSource = client.get(uri).send().await?.json().await?;
                Ok(flow.source.map_or(0, |source| source.len()))
            }
        }
    }
}
