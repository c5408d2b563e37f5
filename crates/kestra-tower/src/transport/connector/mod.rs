//! How a connection comes about: name, TCP, proxy and TLS, all within one limit in time.

mod stream;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use kestra_core::{Body, BoxError, Error, ErrorKind, TimeoutPhase};
use tower_service::Service;

pub(crate) use stream::Connection;
use stream::Stream;

use super::error::ConnectFailure;

/// Makes connections for the pool; copies are cheap.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Inner>);

struct Inner {
    tcp: HttpConnector,
    limit: Duration,
}

type Connecting = Pin<Box<dyn Future<Output = Result<Connection, ConnectFailure>> + Send>>;

impl Connector {
    pub(crate) fn new(limit: Duration, keepalive: Option<Duration>, nodelay: bool) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_keepalive(keepalive);
        tcp.set_nodelay(nodelay);
        Self(Arc::new(Inner { tcp, limit }))
    }

    /// Adds to a request what its way needs.
    pub(crate) fn prepare(&self, _request: &mut Request<Body>) {}
}

impl Inner {
    async fn connect(&self, target: &Uri) -> Result<Connection, Error> {
        let stream = self
            .tcp(target)
            .await
            .map_err(|source| Error::with_source(ErrorKind::Connect, source).message(name(target)))?;
        Ok(Connection::new(stream, false))
    }

    async fn tcp(&self, target: &Uri) -> Result<Stream, BoxError> {
        let io = self.tcp.clone().call(target.clone()).await?;
        Ok(Stream::Tcp(io.into_inner()))
    }
}

/// Host and port, as messages show them.
fn name(target: &Uri) -> String {
    target.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default()
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = ConnectFailure;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Connecting {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let limit = inner.limit;
            let connected = tokio::time::timeout(limit, inner.connect(&target)).await;
            connected
                .unwrap_or_else(|_| {
                    let message = format!("no connection to {} within {limit:?}", name(&target));
                    Err(Error::new(ErrorKind::Timeout(TimeoutPhase::Connect), message))
                })
                .map_err(ConnectFailure::new)
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("limit", &self.0.limit).finish_non_exhaustive()
    }
}
