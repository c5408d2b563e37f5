//! The clients that are compared.

use kestra::layers::{AdaptiveConcurrencyLayer, ConnectRequest, HedgeLayer};
use kestra::{CallOptions, Client, Retry, Transport};
use tower::layer::layer_fn;
use tower::service_fn;

use super::servers::Servers;

/// A configuration of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Configuration {
    /// No retries.
    Plain,
    Default,
    Hedging,
    Adaptive,
    Cluster,
    /// The last three together.
    All,
    /// A cluster whose retry budget is used up.
    NoTokens,
}

impl Configuration {
    pub(crate) const ALL: [Self; 6] =
        [Self::Plain, Self::Default, Self::Hedging, Self::Adaptive, Self::Cluster, Self::All];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Default => "default",
            Self::Hedging => "hedging",
            Self::Adaptive => "adaptive limit",
            Self::Cluster => "cluster",
            Self::All => "all",
            Self::NoTokens => "cluster without tokens",
        }
    }

    pub(crate) fn has_cluster(self) -> bool {
        matches!(self, Self::Cluster | Self::All | Self::NoTokens)
    }

    /// The options of a call: without a cluster, those of a balancer in front of the servers that sends the call to this one.
    pub(crate) fn options(self, server: usize) -> CallOptions {
        let options = CallOptions::new();
        if self.has_cluster() { options } else { options.server_index(server) }
    }

    /// Builds a client of these servers.
    pub(crate) fn client(self, servers: &Servers) -> Client {
        let builder = Client::builder().transport(transport(servers));
        let urls = (0..servers.count()).map(|index| format!("http://{}", Servers::host(index)));
        let builder = match self.has_cluster() {
            true => builder.servers(kestra::Servers::cluster(urls).round_robin()),
            false => builder.servers(kestra::Servers::new(urls)),
        };
        let (hedge, limit) = (HedgeLayer::new(), AdaptiveConcurrencyLayer::new());
        let builder = match self {
            Self::Plain => builder.retry(Retry::none()),
            Self::Default | Self::Cluster => builder,
            Self::NoTokens => builder.retry(Retry::standard().budget(0)),
            Self::Hedging => builder.hedge(hedge),
            Self::Adaptive => builder.attempt_layer(limit),
            Self::All => builder.hedge(hedge).attempt_layer(limit),
        };
        builder.build().unwrap()
    }
}

/// A transport whose connections lead to these servers.
fn transport(servers: &Servers) -> Transport {
    let servers = servers.clone();
    let connections = layer_fn(move |_tcp| {
        let servers = servers.clone();
        service_fn(move |request: ConnectRequest| {
            let servers = servers.clone();
            async move { servers.connect(request.host()).await }
        })
    });
    Transport::builder().no_proxy().connector_layer(connections).build().unwrap()
}
