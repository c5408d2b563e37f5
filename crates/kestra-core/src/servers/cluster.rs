//! Several servers of one cluster.

use std::sync::Arc;
use std::time::Duration;

use super::{Server, Servers, resolve_defaults};

/// The largest number of members of a cluster.
pub const MAX_MEMBERS: usize = 64;

/// Several servers of one cluster: one Kestra behind several addresses. Created by [`Servers::cluster`].
///
/// Each attempt of a call goes to a member that works. The retry policy decides whether there is another attempt, as with
/// one server; it then goes to a member that has not failed the call, without a pause. The members share credentials, tenant
/// and server variables; their URLs may have different path prefixes. A call that names a server index goes to that member
/// only.
///
/// A member that fails is left out for a growing time and comes back by one call that probes it. At most half of the members
/// are left out at once, rounded up, and never the last one. Copies of a client share what it knows of the members.
///
/// ```
/// use std::time::Duration;
/// use kestra_core::Servers;
///
/// let servers = Servers::cluster(["https://kestra-1.example.com", "https://kestra-2.example.com"])
///     .least_pending()
///     .eject_after(5)
///     .eject_for(Duration::from_secs(2), Duration::from_secs(30));
/// # let _ = servers;
/// ```
#[derive(Clone)]
#[must_use = "pass it to a client or a layer"]
pub struct ServerCluster {
    servers: Servers,
    settings: ClusterSettings,
}

/// How a member of a cluster is selected, and when one is left out.
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// The order in which members are preferred.
    pub policy: Policy,
    /// The number of failures in a row after which a member is left out; at least 1.
    pub eject_after: u32,
    /// How long a member is left out the first time.
    pub eject_first: Duration,
    /// The longest time for which a member is left out.
    pub eject_cap: Duration,
    /// Whether each address of a server's name is a member.
    pub resolve_all: bool,
}

/// The order in which members of a cluster are preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The first of the list.
    Failover,
    /// One after the other.
    RoundRobin,
    /// The one of two random members that has fewer requests in flight.
    LeastPending,
}

impl ServerCluster {
    pub(super) fn new<S: Into<Server>>(servers: impl IntoIterator<Item = S>) -> Self {
        let settings = ClusterSettings {
            policy: Policy::Failover,
            eject_after: 3,
            eject_first: Duration::from_secs(5),
            eject_cap: Duration::from_mins(1),
            resolve_all: false,
        };
        let servers =
            Servers { general: resolve_defaults(servers), operations: Arc::default(), cluster: None };
        Self { servers, settings }
    }

    /// Prefers the first member, and uses the others, in their order, while it is left out. The default.
    pub fn failover(mut self) -> Self {
        self.settings.policy = Policy::Failover;
        self
    }

    /// Uses the members in turn.
    pub fn round_robin(mut self) -> Self {
        self.settings.policy = Policy::RoundRobin;
        self
    }

    /// Uses the one of two random members that has fewer requests of this client in flight.
    pub fn least_pending(mut self) -> Self {
        self.settings.policy = Policy::LeastPending;
        self
    }

    /// Sets the number of failures in a row after which a member is left out. At least 1. Defaults to 3.
    ///
    /// Failures are broken connections, timeouts, and statuses from 500 on. A member to which no connection can be
    /// opened is left out at once. One that closes a connection without a response is left out at once for non-idempotent calls.
    pub fn eject_after(mut self, failures: u32) -> Self {
        self.settings.eject_after = failures.max(1);
        self
    }

    /// Sets how long a member is left out the first time, and the longest time. The time doubles whenever the member fails
    /// again. Default to 5 s and 1 min.
    pub fn eject_for(mut self, first: Duration, cap: Duration) -> Self {
        self.settings.eject_first = first;
        self.settings.eject_cap = cap.max(first);
        self
    }

    /// Makes each address of a server's name a member, such as each A and AAAA record. Defaults to `false`.
    ///
    /// Names are resolved again every 30 s, and after a member could not be reached, once a second at most. TLS and the header
    /// `Host` use the name. A proxy resolves names by itself, so there the name is one member.
    ///
    /// ```
    /// use kestra_core::Servers;
    ///
    /// let servers = Servers::cluster(["https://kestra.example.com"]).resolve_all(true);
    /// # let _ = servers;
    /// ```
    pub fn resolve_all(mut self, resolve_all: bool) -> Self {
        self.settings.resolve_all = resolve_all;
        self
    }

    /// Sets servers for one operation, named by its Go key, as [`Servers::operation`] does. They are no cluster: a call of the
    /// operation goes to the server at its index, else to the first.
    #[must_use]
    pub fn operation<S: Into<Server>>(
        self,
        operation: impl Into<String>,
        servers: impl IntoIterator<Item = S>,
    ) -> Servers {
        Servers::from(self).operation(operation, servers)
    }
}

impl From<ServerCluster> for Servers {
    fn from(cluster: ServerCluster) -> Self {
        Self { cluster: Some(Arc::new(cluster.settings)), ..cluster.servers }
    }
}

crate::debug_fields! { ServerCluster, this => { members: this.servers.general, settings: this.settings } }
