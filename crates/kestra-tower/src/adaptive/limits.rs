//! The limits of several servers.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Request;
use http::uri::Authority;
use kestra_core::CallContext;

use super::limit::Limit;
use crate::connect_to::address_of;

/// How many servers without a request in flight are remembered: more than a cluster has, and a bound for URLs without end.
const MOST_IDLE: usize = 100;

/// A limit for each server. Requests without a host share one.
pub(super) struct Limits {
    initial: usize,
    bounds: RangeInclusive<usize>,
    servers: Mutex<Servers>,
}

#[derive(Default)]
struct Servers {
    list: Vec<Server>,
    /// How many requests there were.
    count: u64,
}

/// A server: a host with its port, or one address of it.
struct Server {
    authority: Option<Authority>,
    address: Option<IpAddr>,
    limit: Arc<Limit>,
    /// The number of the last request.
    last: u64,
}

impl Limits {
    pub(super) fn new(initial: usize, bounds: &RangeInclusive<usize>) -> Self {
        Self { initial, bounds: bounds.clone(), servers: Mutex::default() }
    }

    /// Returns the limit of a request's server. A new server takes the place of the one that was used least recently, of those
    /// without a request in flight, if there are too many.
    pub(super) fn of<B>(&self, request: &Request<B>) -> Arc<Limit> {
        let (authority, address) = (request.uri().authority(), address_of(request, CallContext::of(request)));
        let mut servers = self.servers();
        servers.count += 1;
        let last = servers.count;
        let is_same_server =
            |known: &&mut Server| known.authority.as_ref() == authority && known.address == address;
        if let Some(server) = servers.list.iter_mut().find(is_same_server) {
            server.last = last;
            return Arc::clone(&server.limit);
        }
        servers.make_room();
        let limit = Arc::new(Limit::new(self.initial, &self.bounds));
        let authority = authority.cloned();
        servers.list.push(Server { authority, address, limit: Arc::clone(&limit), last });
        limit
    }

    pub(super) fn sum(&self) -> usize {
        match self.servers().list.as_slice() {
            [] => Limit::new(self.initial, &self.bounds).current(),
            servers => servers.iter().map(|server| server.limit.current()).sum(),
        }
    }

    fn servers(&self) -> MutexGuard<'_, Servers> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Servers {
    fn make_room(&mut self) {
        let idle = self.list.iter().enumerate().filter(|(_, server)| Arc::strong_count(&server.limit) == 1);
        if idle.clone().count() >= MOST_IDLE
            && let Some((place, _)) = idle.min_by_key(|(_, server)| server.last)
        {
            self.list.swap_remove(place);
        }
    }
}

kestra_core::debug_fields! { Limits, this => { initial: this.initial, bounds: this.bounds, now: this.sum() } }
