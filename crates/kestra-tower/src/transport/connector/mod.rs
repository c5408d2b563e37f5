//! How a connection comes about: name, TCP, proxy and TLS, each within its timeout if one is set, and all within one.

mod layered;
mod secured;
mod socks;
mod steps;
mod stream;
mod tcp;
mod tunnel;

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::PROXY_AUTHORIZATION;
use http::response::Parts;
use http::{Request, Uri};
use kestra_core::internal::{ConnectWait, causes, set_header};
use kestra_core::{Body, BoxError, Error, ErrorKind, Timeouts};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

pub(crate) use layered::ConnectorLayers;
pub use layered::{ConnectRequest, ConnectService, ConnectedStream};
use secured::Secured;
use steps::{Progress, Step};
pub(crate) use stream::{Connection, Stream, Tls};
use tcp::OTHER_FAMILY;
pub(crate) use tcp::Tcp;

use super::proxy::{Endpoint, Host, Kind, Proxy, credentials_refused, is_https, is_refusal, port};
use super::tls::{TlsSetup, handshake_failed};

/// Makes connections for the pool; copies are cheap.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Inner>);

struct Inner {
    tcp: Tcp,
    /// What opens connections instead, if there are layers around it.
    layered: Option<ConnectService>,
    proxy: Proxy,
    tls: TlsSetup,
    timeouts: Timeouts,
}

impl Connector {
    pub(crate) fn new(
        tcp: Tcp,
        layers: &ConnectorLayers,
        proxy: Proxy,
        tls: TlsSetup,
        timeouts: Timeouts,
    ) -> Self {
        let layered = layers.around(tcp);
        Self(Arc::new(Inner { tcp, layered, proxy, tls, timeouts }))
    }

    /// Returns whether `https://` servers are offered HTTP/2.
    pub(crate) fn offers_http2(&self) -> bool {
        self.0.tls.offers_http2()
    }

    /// Opens a connection within the connect timeout, to one address of the target's host if that is given.
    ///
    /// A call that waits less than in full has half the time: another server can take its request, which then ends within the connect
    /// timeout.
    pub(crate) async fn connect(
        &self,
        target: &Uri,
        address: Option<IpAddr>,
        connect_wait: ConnectWait,
    ) -> Result<Connection, Error> {
        let limit = self.0.timeouts.connect_limit();
        let limit = if connect_wait == ConnectWait::Full { limit } else { limit / 2 };
        let mut steps = self.0.timeouts.steps();
        if connect_wait == ConnectWait::OtherFamily {
            steps.tcp = Some(steps.tcp.map_or(OTHER_FAMILY, |tcp| tcp.min(OTHER_FAMILY)));
        }
        let progress = Arc::new(Progress::new(steps));
        let connected = tokio::time::timeout(limit, self.0.connect(target, address, &progress)).await;
        connected.unwrap_or_else(|_| Err(self.0.expired(target, limit, progress.step())))
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
    fn expired(&self, target: &Uri, limit: Duration, step: Step) -> Error {
        let way = self.proxy.of(target).map(|proxy| format!(" through {proxy}")).unwrap_or_default();
        let message =
            format!("no connection to {}{way} within {limit:?}: {} took too long", name(target), step.name());
        Error::new(ErrorKind::Timeout(step.phase()), message)
    }

    async fn connect(
        &self,
        target: &Uri,
        address: Option<IpAddr>,
        progress: &Arc<Progress>,
    ) -> Result<Connection, Error> {
        let stream = match self.proxy.of(target) {
            None => self
                .tcp(target, address, Some(progress))
                .await
                .map_err(|problem| unreachable(problem, ErrorKind::Connect, &name(target)))?,
            Some(proxy) => {
                let stream = progress.run(Step::Proxy, self.through(proxy, target)).await?;
                if proxy.kind.forwards(target) {
                    return Ok(Connection::new(stream, true));
                }
                stream
            }
        };
        if !is_https(target) {
            return Ok(Connection::new(stream, false));
        }
        let secured = handshake(stream, target, &self.tls.configs()?.server);
        Ok(Connection::new(progress.run(Step::Tls, secured).await?, false))
    }

    /// Opens a connection to a proxy, and has it connect us with the server unless it forwards requests.
    async fn through(&self, proxy: &Endpoint, target: &Uri) -> Result<Stream, Error> {
        let stream = self.reach(proxy).await?;
        match proxy.kind {
            kind if kind.forwards(target) => Ok(stream),
            Kind::Http | Kind::Https => tunnel::open(stream, proxy, &name(target)).await,
            Kind::Socks5 | Kind::Socks5h => socks::open(stream, proxy, target).await,
        }
    }

    async fn reach(&self, proxy: &Endpoint) -> Result<Stream, Error> {
        let stream = self
            .tcp(&proxy.uri, None, None)
            .await
            .map_err(|problem| unreachable(problem, ErrorKind::Proxy, &proxy.to_string()))?;
        if proxy.kind != Kind::Https {
            return Ok(stream);
        }
        handshake(stream, &proxy.uri, &self.tls.configs()?.proxy).await.map_err(|problem| {
            let message = format!("{} ({proxy})", problem.reason());
            Error::from_source(ErrorKind::Proxy, problem).with_message(message)
        })
    }

    async fn tcp(
        &self,
        target: &Uri,
        address: Option<IpAddr>,
        progress: Option<&Arc<Progress>>,
    ) -> Result<Stream, BoxError> {
        match &self.layered {
            None => self.tcp.open(target.clone(), address, progress.map(Arc::as_ref)).await,
            Some(service) => service.open(target, address, progress.cloned()).await,
        }
    }
}

/// Returns the error of a server or proxy that can't be reached.
fn unreachable(problem: BoxError, kind: ErrorKind, peer: &str) -> Error {
    let message = format!("{} ({peer})", reason(problem.as_ref()));
    match problem.downcast::<Error>() {
        Ok(ours) if matches!(ours.kind(), ErrorKind::Timeout(_)) => {
            let message = format!("{} ({peer})", ours.own_message().unwrap_or_default());
            ours.with_message(message)
        }
        // A name that can't be resolved. That of a proxy is a fault of the proxy.
        Ok(ours) if ours.kind() == ErrorKind::Dns && kind == ErrorKind::Connect => ours.with_message(message),
        Ok(ours) => Error::from_source(kind, ours).with_message(message),
        Err(problem) => Error::from_source(kind, problem).with_message(message),
    }
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

/// Host and port.
fn name(target: &Uri) -> String {
    format!("{}:{}", target.host().unwrap_or_default(), port(target))
}

kestra_core::debug_fields! {
    Connector, this => {
        proxy: this.0.proxy, tls: this.0.tls, timeouts: this.0.timeouts,
    }
}
