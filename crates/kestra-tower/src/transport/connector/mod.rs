//! How a connection comes about: name, TCP, proxy and TLS, all within one timeout.

mod layered;
mod secured;
mod socks;
mod stream;
mod tunnel;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::PROXY_AUTHORIZATION;
use http::response::Parts;
use http::{Request, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use kestra_core::internal::{causes, set_header};
use kestra_core::{Body, BoxError, Error, ErrorKind, TimeoutPhase};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

pub(crate) use layered::ConnectorLayers;
pub use layered::{ConnectRequest, ConnectService, ConnectedStream};
use secured::Secured;
pub(crate) use stream::{Connection, Stream, Tls};

use super::proxy::{Endpoint, Host, Kind, Proxy, credentials_refused, is_https, is_refusal, port};
use super::tls::{TlsSetup, handshake_failed};

/// Makes connections for the pool; copies are cheap.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Inner>);

struct Inner {
    tcp: HttpConnector,
    /// What opens connections instead, if there are layers around it.
    layered: Option<ConnectService>,
    proxy: Proxy,
    tls: TlsSetup,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(
        mut tcp: HttpConnector,
        layers: &ConnectorLayers,
        proxy: Proxy,
        tls: TlsSetup,
        limit: Duration,
    ) -> Self {
        // What isn't http goes over TCP as well.
        tcp.enforce_http(false);
        let layered = layers.around(&tcp);
        Self(Arc::new(Inner { tcp, layered, proxy, tls, limit }))
    }

    /// Returns whether `https://` servers are offered HTTP/2.
    pub(crate) fn offers_http2(&self) -> bool {
        self.0.tls.offers_http2()
    }

    /// Opens a connection within the connect timeout.
    pub(crate) async fn connect(&self, target: &Uri) -> Result<Connection, Error> {
        let connected = tokio::time::timeout(self.0.limit, self.0.connect(target)).await;
        connected.unwrap_or_else(|_| Err(self.0.expired(target)))
    }

    /// Adds the credentials of a proxy that forwards the request, and returns whether there is one.
    pub(crate) fn prepare(&self, request: &mut Request<Body>) -> bool {
        let Some(proxy) = self.0.proxy.forwarding(request.uri()) else { return false };
        if let Some(value) = proxy.authorization() {
            let value = value.clone();
            set_header(request.headers_mut(), PROXY_AUTHORIZATION, value);
        }
        true
    }

    /// Returns the error of a request that the proxy didn't forward for lack of credentials, if the response shows that.
    pub(crate) fn refusal(&self, response: &Parts) -> Option<Error> {
        let proxy = self.0.proxy.of_plain()?;
        is_refusal(response, proxy).then(|| credentials_refused(proxy, response.status))
    }
}

impl Inner {
    fn expired(&self, target: &Uri) -> Error {
        let way = self.proxy.of(target).map(|proxy| format!(" through {proxy}")).unwrap_or_default();
        let message = format!("no connection to {}{way} within {:?}", name(target), self.limit);
        Error::new(ErrorKind::Timeout(TimeoutPhase::Connect), message)
    }

    async fn connect(&self, target: &Uri) -> Result<Connection, Error> {
        let Some(proxy) = self.proxy.of(target) else {
            let stream = self.tcp(target).await.map_err(|problem| {
                let message = format!("{} ({})", reason(problem.as_ref()), name(target));
                Error::from_source(ErrorKind::Connect, problem).with_message(message)
            })?;
            return Ok(Connection::new(self.secure(stream, target).await?, false));
        };
        let mut stream = self.reach(proxy).await?;
        match proxy.kind {
            Kind::Http | Kind::Https if !is_https(target) => return Ok(Connection::new(stream, true)),
            Kind::Http | Kind::Https => stream = tunnel::open(stream, proxy, &name(target)).await?,
            Kind::Socks5 | Kind::Socks5h => stream = socks::open(stream, proxy, target).await?,
        }
        Ok(Connection::new(self.secure(stream, target).await?, false))
    }

    async fn reach(&self, proxy: &Endpoint) -> Result<Stream, Error> {
        let stream = self.tcp(&proxy.uri).await.map_err(|problem| {
            let message = format!("{} ({proxy})", reason(problem.as_ref()));
            Error::from_source(ErrorKind::Proxy, problem).with_message(message)
        })?;
        if proxy.kind != Kind::Https {
            return Ok(stream);
        }
        handshake(stream, &proxy.uri, &self.tls.configs()?.proxy).await.map_err(|problem| {
            let message = format!("{} ({proxy})", problem.reason());
            Error::from_source(ErrorKind::Proxy, problem).with_message(message)
        })
    }

    async fn secure(&self, stream: Stream, target: &Uri) -> Result<Stream, Error> {
        if !is_https(target) {
            return Ok(stream);
        }
        handshake(stream, target, &self.tls.configs()?.server).await
    }

    async fn tcp(&self, target: &Uri) -> Result<Stream, BoxError> {
        match &self.layered {
            None => open_tcp(self.tcp.clone(), target.clone()).await,
            Some(service) => service.open(target).await,
        }
    }
}

/// Resolves the name, and opens a TCP connection.
async fn open_tcp(mut tcp: HttpConnector, target: Uri) -> Result<Stream, BoxError> {
    let stream = tcp.call(target).await?.into_inner();
    bound_unsent(&stream);
    Ok(Stream::Tcp(stream))
}

/// Speaks TLS on a stream to the host of `target`.
async fn handshake(stream: Stream, target: &Uri, config: &Arc<ClientConfig>) -> Result<Stream, Error> {
    let host = Host::new(target.host().unwrap_or_default()).name;
    let name = ServerName::try_from(host.to_owned()).map_err(|problem| {
        Error::from_source(ErrorKind::Tls, problem).with_message(format!("{host} is not a valid server name"))
    })?;
    // The types of the handshake and of the stream are hidden: all that holds one would be compiled with it.
    type Handshake = Pin<Box<dyn Future<Output = io::Result<Box<dyn Tls>>> + Send>>;
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
    let owned = Box::from(host);
    let handshake: Handshake =
        Box::pin(async move { Ok(Box::new(Secured::new(connecting.await?, owned)) as Box<dyn Tls>) });
    handshake.await.map(Stream::Tls).map_err(|problem| handshake_failed(host, problem))
}

/// Returns why there is no connection, such as `connection refused`.
fn reason(problem: &(dyn std::error::Error + 'static)) -> String {
    let cause = causes(problem).last().unwrap_or(problem);
    // The system's own words differ from one to the next.
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(
            kind @ (io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::TimedOut),
        ) => kind.to_string(),
        _ => cause.to_string(),
    }
}

/// How many unsent bytes the socket may hold.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_LIMIT: u32 = 128 * 1024;

/// Limits the unsent bytes in the socket's buffer.
///
/// Without a limit the system buffers megabytes. On a slow network they take so long to send that the socket accepts nothing
/// meanwhile, and the upload seems to have stalled. Bytes in flight aren't limited, so throughput stays the same.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn bound_unsent(stream: &TcpStream) {
    if let Err(problem) = socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_LIMIT) {
        tracing::debug!(target: "kestra::pool", %problem, "the socket's buffer could not be limited");
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bound_unsent(_: &TcpStream) {}

/// Host and port.
fn name(target: &Uri) -> String {
    format!("{}:{}", target.host().unwrap_or_default(), port(target))
}

kestra_core::debug_fields! {
    Connector, this => {
        proxy: this.0.proxy, tls: this.0.tls, limit: this.0.limit,
    }
}
