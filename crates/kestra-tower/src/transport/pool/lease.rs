//! Connections in the hands of a call.

use std::sync::Arc;

use tokio::time::Instant;

use super::host::Host;
use super::http1::Http1;
#[cfg(feature = "http2")]
use super::{http2::Sender, state::SharedHandle};

/// A connection of HTTP/1.1 that serves one call. Dropping it closes it.
pub(crate) struct Lease {
    pub(super) connection: Http1,
    pub(super) host: Arc<Host>,
    /// Whether another call may have it afterwards.
    pub(super) is_kept: bool,
}

impl Lease {
    /// Gives the connection back, if request and response are through and the peer leaves it open; closes it otherwise.
    pub(super) fn end(mut self) {
        if self.is_kept && (self.connection.is_clean() || self.connection.is_open()) {
            self.connection.set_idle(true);
            self.host.with(|state, effects| state.put(self.connection, Instant::now(), effects));
        }
    }

    /// Closes the idle connections to the same host: they are as old as this one, which seems dead.
    pub(super) fn discard_idle(&self) {
        discard_idle(&self.host);
    }
}

/// Closes the idle connections to a host.
pub(super) fn discard_idle(host: &Arc<Host>) {
    let count = host.with(|state, effects| {
        state.discard_idle(effects);
        effects.closed.len()
    });
    if count > 0 {
        tracing::debug!(target: "kestra::pool", count, "closing idle connections");
    }
}

/// The shared connection of HTTP/2 in the hands of a call.
#[cfg(feature = "http2")]
pub(crate) struct SharedLease {
    pub(super) lent: SharedHandle<Sender>,
    pub(super) host: Arc<Host>,
}

#[cfg(feature = "http2")]
impl Drop for SharedLease {
    fn drop(&mut self) {
        self.host.with(|state, _| state.release(&self.lent, Instant::now()));
    }
}
