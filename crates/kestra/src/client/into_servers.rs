//! What a client takes for its servers.

use kestra_core::{ServerCluster, Servers};

/// What [`ClientBuilder::servers`](crate::ClientBuilder::servers) takes: an array or a `Vec` of servers or URLs, [`Servers`], or a [`ServerCluster`].
pub trait IntoServers {
    /// Returns the servers.
    fn into_servers(self) -> Servers;
}

impl IntoServers for Servers {
    fn into_servers(self) -> Servers {
        self
    }
}

impl IntoServers for ServerCluster {
    fn into_servers(self) -> Servers {
        self.into()
    }
}

impl<S: Into<kestra_core::Server>, const N: usize> IntoServers for [S; N] {
    fn into_servers(self) -> Servers {
        Servers::new(self)
    }
}

impl<S: Into<kestra_core::Server>> IntoServers for Vec<S> {
    fn into_servers(self) -> Servers {
        Servers::new(self)
    }
}
