//! The connections to one host from one runtime.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use http::header::{HeaderValue, InvalidHeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Request, Uri, header};
use tokio::runtime::Handle;

use super::http1::Http1;
use super::http2::Sender;
use super::reaper::reap;
use super::state::{Effects, Limits, State};
use crate::transport::proxy::port;

/// All hosts that were called lately. Few programs call more than one, so they are compared one by one.
pub(super) struct Hosts(RwLock<Vec<Arc<Host>>>);

/// Scheme, host and port, perhaps one address of the host, and the runtime whose sockets these are. The proxy follows from the first two.
pub(super) struct Host {
    scheme: Scheme,
    authority: Authority,
    pub(super) ip: Option<IpAddr>,
    /// Value of the header `Host`.
    header: HeaderValue,
    pub(super) runtime: Handle,
    /// Whether the runtime is gone. Another one may have its id then.
    is_ended: AtomicBool,
    state: Mutex<State<Http1, Sender>>,
}

impl Hosts {
    pub(super) fn new() -> Self {
        Self(RwLock::new(Vec::new()))
    }

    /// Finds the host of a URL, which has to be absolute, or adds it.
    pub(super) fn of(
        &self,
        uri: &Uri,
        ip: Option<IpAddr>,
        runtime: &Handle,
        limits: Limits,
        may_share: bool,
    ) -> Result<Arc<Host>, NoHost> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Err(NoHost) };
        let is_it = |host: &&Arc<Host>| host.is(scheme, authority, ip, runtime);
        if let Some(host) = self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find(is_it) {
            return Ok(Arc::clone(host));
        }
        let mut hosts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Nobody can use a host between this look at it and its end, since that takes this lock.
        hosts.retain(|host| Arc::strong_count(host) > 1 || !host.is_unused());
        if let Some(host) = hosts.iter().find(is_it) {
            return Ok(Arc::clone(host));
        }
        let host = Arc::new(Host {
            scheme: scheme.clone(),
            authority: authority.clone(),
            ip,
            header: header_of(uri).map_err(|_| NoHost)?,
            runtime: runtime.clone(),
            is_ended: AtomicBool::new(false),
            state: Mutex::new(State::new(limits, may_share)),
        });
        hosts.push(Arc::clone(&host));
        Ok(host)
    }
}

/// The URL names no host that a header could carry.
pub(super) struct NoHost;

/// The host, with its port unless that is the scheme's own.
fn header_of(uri: &Uri) -> Result<HeaderValue, InvalidHeaderValue> {
    let host = uri.host().unwrap_or_default();
    let own = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    match port(uri) {
        port if port == own => HeaderValue::from_str(host),
        port => HeaderValue::try_from(format!("{host}:{port}")),
    }
}

impl Host {
    fn is(&self, scheme: &Scheme, authority: &Authority, ip: Option<IpAddr>, runtime: &Handle) -> bool {
        // The URLs of a client share one text, which then needs no reading.
        let is_same =
            std::ptr::eq(self.authority.as_str(), authority.as_str()) || self.authority == *authority;
        let is_ended = self.is_ended.load(Ordering::Relaxed);
        is_same && self.ip == ip && self.scheme == *scheme && self.runtime.id() == runtime.id() && !is_ended
    }

    /// Runs `act` on the bookkeeping, and then whatever it wants done without the lock.
    pub(super) fn with<R>(
        self: &Arc<Self>,
        act: impl FnOnce(&mut State<Http1, Sender>, &mut Effects<Http1, Sender>) -> R,
    ) -> R {
        let mut effects = Effects::default();
        let result = act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner), &mut effects);
        for waker in effects.wakes {
            waker.wake();
        }
        for connection in effects.closed {
            connection.close();
        }
        if let Some(first) = effects.starts_reaper {
            // If its runtime is gone, the task is dropped at once, which ends the host.
            drop(self.runtime.spawn(reap(Arc::downgrade(self), first)));
        }
        result
    }

    fn is_unused(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Closes what is idle, as the runtime is gone.
    pub(super) fn end(self: &Arc<Self>) {
        self.is_ended.store(true, Ordering::Relaxed);
        self.with(|state, effects| state.runtime_ended(effects));
    }

    /// Host and port.
    pub(super) fn address(&self) -> (&str, u16) {
        let own = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        (self.authority.host(), self.authority.port_u16().unwrap_or(own))
    }

    /// The URL that is connected to.
    pub(super) fn target(&self) -> Uri {
        self.absolute(PathAndQuery::from_static("/"))
    }

    fn absolute(&self, path: PathAndQuery) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        // All three are there, so it is one.
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// Says which host a request of HTTP/1.1 is for.
    pub(super) fn name(&self, headers: &mut HeaderMap) {
        headers.entry(header::HOST).or_insert_with(|| self.header.clone());
    }

    /// Shortens the URL of a request to path and query, as a server reads it.
    pub(super) fn shorten<B>(&self, request: &mut Request<B>) {
        if request.uri().authority().is_some() {
            let path = std::mem::take(request.uri_mut()).into_parts().path_and_query;
            *request.uri_mut() = path.map(Uri::from).unwrap_or_default();
        }
    }

    /// Completes the URL of a request that was shortened.
    #[cfg(feature = "http2")]
    pub(super) fn complete<B>(&self, request: &mut Request<B>) {
        if request.uri().authority().is_none() {
            let path = std::mem::take(request.uri_mut()).into_parts().path_and_query;
            *request.uri_mut() = self.absolute(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        }
    }
}

kestra_core::debug_fields! { Host, this => { scheme: this.scheme } }

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { idle: None, max_idle: 9 };

    fn host(hosts: &Hosts, uri: &'static str) -> Arc<Host> {
        let host = hosts.of(&Uri::from_static(uri), None, &Handle::current(), LIMITS, false);
        host.unwrap_or_else(|NoHost| panic!("{uri}"))
    }

    #[tokio::test]
    async fn scheme_host_and_port_tell_hosts_apart() {
        let hosts = Hosts::new();
        let one = host(&hosts, "http://kestra.test/a");
        assert!(Arc::ptr_eq(&one, &host(&hosts, "http://KESTRA.test/b")));
        for other in ["https://kestra.test/", "http://kestra.test:8080/", "http://other.test/"] {
            assert!(!Arc::ptr_eq(&one, &host(&hosts, other)), "{other}");
        }
    }

    #[tokio::test]
    async fn addresses_of_one_name_are_hosts_of_their_own() {
        let hosts = Hosts::new();
        let at = |ip: Option<&str>| {
            let ip = ip.map(|ip| ip.parse().unwrap());
            let host =
                hosts.of(&Uri::from_static("http://kestra.test/"), ip, &Handle::current(), LIMITS, false);
            host.unwrap_or_else(|NoHost| panic!("{ip:?}"))
        };
        let first = at(Some("10.0.0.1"));
        assert!(Arc::ptr_eq(&first, &at(Some("10.0.0.1"))));
        assert_eq!(first.header, "kestra.test");
        for other in [None, Some("10.0.0.2")] {
            assert!(!Arc::ptr_eq(&first, &at(other)));
        }
    }

    #[tokio::test]
    async fn the_port_is_named_unless_it_is_the_usual_one() {
        for (uri, header) in [
            ("http://kestra.test/", "kestra.test"),
            ("http://kestra.test:80/", "kestra.test"),
            ("https://kestra.test:443/", "kestra.test"),
            ("https://kestra.test:80/", "kestra.test:80"),
            ("http://[::1]:8080/", "[::1]:8080"),
        ] {
            assert_eq!(host(&Hosts::new(), uri).header, header, "{uri}");
        }
    }

    #[tokio::test]
    async fn hosts_that_nobody_uses_are_forgotten_and_ended_ones_replaced() {
        let hosts = Hosts::new();
        let used = host(&hosts, "http://used.test/");
        host(&hosts, "http://one.test/");
        host(&hosts, "http://two.test/");
        assert_eq!(hosts.0.read().unwrap().len(), 2);
        used.end();
        assert!(!Arc::ptr_eq(&used, &host(&hosts, "http://used.test/")));
    }
}
