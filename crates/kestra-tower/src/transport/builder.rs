//! What can be chosen.

use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1::Builder;
use kestra_core::{BoxError, Error, Observer, Timeouts};
use tower_layer::Layer;
use tower_service::Service;

use super::connector::{ConnectRequest, ConnectService, ConnectedStream, Connector, ConnectorLayers, Tcp};
use super::pool::{Limits, Pool};
use super::proxy::Proxy;
use super::service::{Inner, Transport};
use super::tls::{Tls, TlsSetup};

/// Builds a [`Transport`]; nothing here needs a runtime.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct TransportBuilder {
    proxy: Option<Proxy>,
    tls: Option<Tls>,
    http2: bool,
    timeouts: Timeouts,
    pool_idle_timeout: Option<Duration>,
    pool_max_idle_per_host: usize,
    tcp_keepalive: Option<Duration>,
    tcp_nodelay: bool,
    max_body_size: usize,
    max_response_headers: Option<usize>,
    ignores_invalid_headers: bool,
    observer: Option<Observer>,
    connector_layers: ConnectorLayers,
}

impl TransportBuilder {
    pub(crate) fn new() -> Self {
        Self {
            proxy: None,
            tls: None,
            http2: false,
            timeouts: Timeouts::default(),
            pool_idle_timeout: Some(Duration::from_secs(30)),
            pool_max_idle_per_host: usize::MAX,
            tcp_keepalive: Some(Duration::from_secs(30)),
            tcp_nodelay: true,
            max_body_size: 64 * 1024 * 1024,
            max_response_headers: None,
            ignores_invalid_headers: false,
            observer: None,
            connector_layers: ConnectorLayers::default(),
        }
    }

    /// Sets the proxies; without this, those of the environment are used, as [`Proxy::from_env`] reads them.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Uses no proxy, whatever the environment says; short for `proxy(Proxy::none())`.
    pub fn no_proxy(self) -> Self {
        self.proxy(Proxy::none())
    }

    /// Sets whom TLS connections trust. What is wrong with it is an error of [`build`](Self::build); without it, the
    /// system's CA certificates are looked for when the first `https://` server is called.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Speaks HTTP/2 with servers that offer it over TLS; Kestra itself speaks HTTP/1.1 only.
    #[cfg(feature = "http2")]
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Sets the timeouts. The transport reads those of connecting and its steps, and those of bodies and of the first byte where
    /// a call sets none.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts.or(self.timeouts);
        self
    }

    /// Sets the limit for a connection: name, TCP, proxy and TLS together; 10 s by default.
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.timeouts(Timeouts::default().connect(limit))
    }

    /// Sets how long an idle connection is kept; 30 s by default, below the 60 s of common load balancers. `None` keeps it
    /// for as long as the server does.
    pub fn pool_idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.pool_idle_timeout = limit.into();
        self
    }

    /// Sets how many idle connections are kept to one host; 0 keeps none.
    pub fn pool_max_idle_per_host(mut self, count: usize) -> Self {
        self.pool_max_idle_per_host = count;
        self
    }

    /// Sets after which silence TCP asks whether the other end is alive; 30 s by default, `None` never asks.
    pub fn tcp_keepalive(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.tcp_keepalive = interval.into();
        self
    }

    /// Sets whether small writes leave at once; they do by default.
    pub fn tcp_nodelay(mut self, nodelay: bool) -> Self {
        self.tcp_nodelay = nodelay;
        self
    }

    /// Sets how many bytes a body may have that is read whole; 64 MiB by default. Streams and downloads have no limit.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// Sets how many headers a response may have. Defaults to 100. Setting any limit costs an allocation for each response.
    /// A response with more headers is an error of kind [`Decode`](kestra_core::ErrorKind::Decode).
    pub fn max_response_headers(mut self, count: usize) -> Self {
        self.max_response_headers = Some(count);
        self
    }

    /// Skips header lines of a response that aren't valid HTTP, as some proxies add them. Without this, such a line is an error
    /// of the kind [`Decode`](kestra_core::ErrorKind::Decode). Lines that are folded or have a space before the colon are read.
    pub fn ignore_invalid_headers(mut self) -> Self {
        self.ignores_invalid_headers = true;
        self
    }

    /// Sets the observer of the connections and of the waits for them. None by default.
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Adds a layer around what opens connections; the first added is the outermost.
    ///
    /// The layer sees the host and port of each connection: those of the server, or of the proxy in front of it. It can delay or
    /// refuse a connection, wrap it, or return another stream of bytes in its place, such as a `tokio::io::duplex` in a test. The
    /// protocols of proxies and TLS run on what it returns. The connect timeout covers it.
    ///
    /// ```
    /// use kestra_tower::transport::{ConnectRequest, Transport};
    /// use tower::util::MapRequestLayer;
    ///
    /// let log = MapRequestLayer::new(|request: ConnectRequest| {
    ///     println!("connecting to {}:{}", request.host(), request.port());
    ///     request
    /// });
    /// let transport = Transport::builder().connector_layer(log).build()?;
    /// # let _ = transport;
    /// # Ok::<(), kestra_core::Error>(())
    /// ```
    pub fn connector_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<ConnectService> + Send + Sync + 'static,
        L::Service: Service<ConnectRequest, Response = ConnectedStream, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.connector_layers.push(layer);
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// A proxy of the environment whose URL is none; CA or client certificates that can't be read.
    pub fn build(self) -> Result<Transport, Error> {
        let proxy = self.proxy.map_or_else(Proxy::from_env, Ok)?;
        let tls = match self.tls {
            Some(tls) => TlsSetup::explicit(tls, self.http2)?,
            None => TlsSetup::deferred(self.http2),
        };
        let tcp = Tcp { keepalive: self.tcp_keepalive, nodelay: self.tcp_nodelay };
        let connector = Connector::new(tcp, &self.connector_layers, proxy, tls, self.timeouts);
        let mut http1 = Builder::new();
        http1
            .ignore_invalid_headers_in_responses(self.ignores_invalid_headers)
            .allow_obsolete_multiline_headers_in_responses(self.ignores_invalid_headers)
            .allow_spaces_after_header_name_in_responses(self.ignores_invalid_headers);
        if let Some(count) = self.max_response_headers {
            http1.max_headers(count);
        }
        let limits = Limits { idle: self.pool_idle_timeout, max_idle: self.pool_max_idle_per_host };
        Ok(Transport::new(Inner {
            pool: Arc::new(Pool::new(connector, http1, limits, self.observer)),
            timeouts: self.timeouts,
            max_body_size: self.max_body_size,
        }))
    }
}
