//! Layers around what opens connections.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use kestra_core::BoxError;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt as _, service_fn};
use tower_layer::Layer;

use super::steps::Progress;
use super::stream::Stream;
use super::tcp::Tcp;
use crate::transport::proxy::port;

/// The request for a connection that a connector layer gets: the host and port of a server, or of the proxy in front of it.
#[derive(Clone)]
pub struct ConnectRequest {
    target: Uri,
    address: Option<IpAddr>,
    /// What the steps are recorded in, if the target is the server.
    progress: Option<Arc<Progress>>,
}

impl ConnectRequest {
    /// Returns the host: a name, or an address. An IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.target.host().unwrap_or_default()
    }

    /// Returns the address to connect to, if the host is a name of several addresses of which each is a member of a
    /// [cluster](kestra_core::ServerCluster::resolve_all).
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        port(&self.target)
    }
}

// The URL of a proxy may have credentials.
kestra_core::debug_fields! { ConnectRequest, this, f => write!(f, "ConnectRequest({}:{})", this.host(), this.port()) }

/// The connection that a connector layer returns. TLS and the protocols of proxies run on it.
///
/// A layer can return any other stream of bytes by [`new`](Self::new), also one that it puts around this one.
pub struct ConnectedStream(Stream);

impl ConnectedStream {
    /// Creates a connection of a stream of bytes, such as one end of a `tokio::io::duplex`.
    pub fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self(Stream::Other(Box::new(stream)))
    }
}

impl AsyncRead for ConnectedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ConnectedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

kestra_core::debug_fields! { ConnectedStream, _ => {} }

/// The service that a connector layer is put around: it resolves the name and opens a TCP connection.
#[derive(Clone)]
pub struct ConnectService(BoxCloneSyncService<ConnectRequest, ConnectedStream, BoxError>);

impl ConnectService {
    pub(super) fn tcp(tcp: Tcp) -> Self {
        let service = service_fn(move |request: ConnectRequest| async move {
            let stream = tcp.open(request.target, request.address, request.progress.as_deref()).await?;
            Ok::<_, BoxError>(ConnectedStream(stream))
        });
        Self(BoxCloneSyncService::new(service))
    }

    pub(super) async fn open(
        &self,
        target: &Uri,
        address: Option<IpAddr>,
        progress: Option<Arc<Progress>>,
    ) -> Result<Stream, BoxError> {
        Ok(self.0.clone().oneshot(ConnectRequest { target: target.clone(), address, progress }).await?.0)
    }
}

impl Service<ConnectRequest> for ConnectService {
    type Response = ConnectedStream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<ConnectedStream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: ConnectRequest) -> Self::Future {
        self.0.call(request)
    }
}

kestra_core::debug_fields! { ConnectService, _ => {} }

/// Connector layers, the first added outermost.
#[derive(Clone, Default)]
pub(crate) struct ConnectorLayers(Vec<Arc<dyn Fn(ConnectService) -> ConnectService + Send + Sync>>);

impl ConnectorLayers {
    pub(crate) fn push<L>(&mut self, layer: L)
    where
        L: Layer<ConnectService> + Send + Sync + 'static,
        L::Service: Service<ConnectRequest, Response = ConnectedStream, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.0.push(Arc::new(move |inner| {
            ConnectService(BoxCloneSyncService::new(layer.layer(inner).map_err(Into::into)))
        }));
    }

    /// Puts the layers around what opens TCP connections, if there are any.
    pub(super) fn around(&self, tcp: Tcp) -> Option<ConnectService> {
        if self.0.is_empty() {
            return None;
        }
        let inner = ConnectService::tcp(tcp);
        Some(self.0.iter().rev().fold(inner, |inner, layer| layer(inner)))
    }
}

kestra_core::debug_fields! { ConnectorLayers, this, f => write!(f, "{} layers", this.0.len()) }
