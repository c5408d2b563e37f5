//! The clients that are compared.

use kestra::layers::ConnectRequest;
use kestra::{CallOptions, Client, ClientBuilder, Retry, Transport};
use tower::layer::layer_fn;
use tower::service_fn;

use super::servers::Servers;

/// A configuration of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Configuration {
    /// No retries.
    Plain,
    Default,
}

impl Configuration {
    pub(crate) const ALL: [Self; 2] = [Self::Plain, Self::Default];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Default => "default",
        }
    }

    /// The options of a call that a balancer in front of the servers would send to this one.
    pub(crate) fn options(self, server: usize) -> CallOptions {
        CallOptions::new().server_index(server)
    }

    /// Builds a client of these servers.
    pub(crate) fn client(self, servers: &Servers) -> Client {
        let builder = over(servers);
        let builder = match self {
            Self::Plain => builder.retry(Retry::none()),
            Self::Default => builder,
        };
        builder.build().unwrap()
    }
}

/// A client whose connections lead to these servers.
fn over(servers: &Servers) -> ClientBuilder {
    let connections = {
        let servers = servers.clone();
        layer_fn(move |_tcp| {
            let servers = servers.clone();
            service_fn(move |request: ConnectRequest| {
                let servers = servers.clone();
                async move { servers.connect(request.host()).await }
            })
        })
    };
    let transport = Transport::builder().no_proxy().connector_layer(connections).build().unwrap();
    let urls = (0..servers.count()).map(|index| format!("http://{}", Servers::host(index)));
    Client::builder().servers(kestra::Servers::new(urls)).transport(transport)
}
