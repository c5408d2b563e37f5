//! The addresses of the names of servers, each of which may be a member.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kestra_core::internal::{BaseUrl, MAX_MEMBERS};
use kestra_core::{CallOptions, Servers};
use tokio::time::{Instant, timeout};

use super::{Cluster, Place, State};

/// How long addresses are used before the name is resolved again.
const TTL: Duration = Duration::from_secs(30);

/// How soon a name is resolved again after a member could not be reached.
const LEAST: Duration = Duration::from_secs(1);

/// How long a call waits for the names while there are addresses.
const RESOLUTION_WAIT: Duration = Duration::from_secs(2);

/// One address of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) ip: IpAddr,
}

/// The resolution of names, which one call at a time does for all.
#[derive(Debug, Default)]
pub(super) struct Resolution {
    lock: tokio::sync::Mutex<()>,
    done: Mutex<Option<Instant>>,
    is_urgent: AtomicBool,
}

impl Resolution {
    /// Has names resolved soon, since a member could not be reached.
    pub(super) fn hurry(&self) {
        self.is_urgent.store(true, Ordering::Relaxed);
    }

    fn done(&self) -> Option<Instant> {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_due(&self, now: Instant) -> bool {
        let limit = if self.is_urgent.load(Ordering::Relaxed) { LEAST } else { TTL };
        self.done().is_none_or(|done| now.saturating_duration_since(done) >= limit)
    }
}

impl Cluster {
    /// Returns whether names are to be resolved before the next attempt.
    pub(in crate::server) fn is_resolution_due(&self) -> bool {
        self.resolution.as_ref().is_some_and(|resolution| resolution.is_due(Instant::now()))
    }

    /// Resolves the names of the servers, unless another call is at it and there are addresses to go on with.
    pub(in crate::server) async fn resolve(&self, servers: &Servers) {
        self.resolve_by(servers, async |host: String, port: u16| {
            let found = tokio::net::lookup_host((host.as_str(), port)).await.ok()?;
            Some(found.collect())
        })
        .await;
    }

    pub(super) async fn resolve_by(
        &self,
        servers: &Servers,
        look_up: impl AsyncFn(String, u16) -> Option<Vec<SocketAddr>>,
    ) {
        let Some(resolution) = &self.resolution else { return };
        let is_first = resolution.done().is_none();
        let _guard = match resolution.lock.try_lock() {
            Ok(guard) => guard,
            Err(_) if !is_first => return,
            Err(_) => resolution.lock.lock().await,
        };
        if !resolution.is_due(Instant::now()) {
            return;
        }
        resolution.is_urgent.store(false, Ordering::Relaxed);
        let resolving = async {
            for server in 0..servers.count() {
                // What is wrong with a URL comes out with the call.
                let Ok(base) = servers.resolve_member(server, None, &CallOptions::new()) else { continue };
                let Some(host) = name_of(&base) else { continue };
                let found = look_up(host.clone(), base.port()).await.unwrap_or_default();
                if !found.is_empty() {
                    self.lock().set_addresses(server, &host, &found);
                }
            }
        };
        if is_first {
            resolving.await;
        } else {
            let _ = timeout(RESOLUTION_WAIT, resolving).await;
        }
        *resolution.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Returns the host if it is a name.
fn name_of(base: &BaseUrl) -> Option<String> {
    let host = base.authority().host();
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    (!is_address).then(|| host.to_owned())
}

impl State {
    /// Makes these the members of a server: those that are known keep their place and what is known of them.
    fn set_addresses(&mut self, server: usize, host: &str, found: &[SocketAddr]) {
        let mut wanted: Vec<Place> = Vec::new();
        for address in found {
            let address = Some(Address { host: host.to_owned(), ip: address.ip() });
            let place = Place { server, address };
            if !wanted.contains(&place) {
                wanted.push(place);
            }
        }
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for (index, place) in self.members.iter().enumerate().filter(|(_, place)| place.server == server) {
            if wanted.contains(place) { kept.push(index) } else { gone.push(index) }
        }
        for index in kept {
            self.health.set_present(index, true);
        }
        wanted.retain(|place| !self.members.contains(place));
        let mut free = gone.iter();
        for place in wanted {
            match free.next() {
                Some(index) => {
                    self.health.set_present(*index, false);
                    self.health.set_present(*index, true);
                    if let Some(old) = self.members.get_mut(*index) {
                        *old = place;
                    }
                }
                // More would have no bit.
                None if self.members.len() >= MAX_MEMBERS => break,
                None => {
                    self.health.set_present(self.members.len(), true);
                    self.members.push(place);
                }
            }
        }
        for index in free {
            self.health.set_present(*index, false);
        }
    }
}

#[cfg(test)]
mod tests;
