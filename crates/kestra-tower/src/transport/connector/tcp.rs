//! Name and TCP connection.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use kestra_core::{BoxError, Error, ErrorKind};
use tokio::net::TcpStream;
use tower::service_fn;
use tower_service::Service as _;

use super::steps::{Progress, Step};
use super::stream::Stream;
use crate::transport::proxy::{Host, port};

/// How TCP connections are opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tcp {
    pub(crate) keepalive: Option<Duration>,
    pub(crate) nodelay: bool,
}

impl Tcp {
    /// Resolves the name, and opens a TCP connection to the first of its addresses that accepts one.
    ///
    /// Both are steps of `progress`, if the target is the server.
    pub(super) async fn open(self, target: Uri, progress: Option<&Progress>) -> Result<Stream, BoxError> {
        let host = Host::new(target.host().unwrap_or_default());
        let addresses = match host.ip {
            // hyper-util reads them by itself.
            Some(_) => Vec::new(),
            None => run(progress, Step::Dns, resolve(host.name, port(&target))).await?,
        };
        // hyper-util doesn't tell when it has resolved a name, so it is given the addresses.
        let mut tcp = HttpConnector::new_with_resolver(service_fn(move |_| {
            ready(Ok::<_, Infallible>(addresses.clone().into_iter()))
        }));
        tcp.set_keepalive(self.keepalive);
        tcp.set_nodelay(self.nodelay);
        // What isn't http goes over TCP as well.
        tcp.enforce_http(false);
        let stream =
            run(progress, Step::Tcp, async { tcp.call(target).await.map_err(BoxError::from) }).await?;
        let stream = stream.into_inner();
        bound_unsent(&stream);
        Ok(Stream::Tcp(stream))
    }
}

async fn run<T>(
    progress: Option<&Progress>,
    step: Step,
    work: impl Future<Output = Result<T, BoxError>>,
) -> Result<T, BoxError> {
    match progress {
        Some(progress) => progress.run(step, work).await,
        None => work.await,
    }
}

/// Resolves a name without blocking the runtime. Its error is of kind [`ErrorKind::Dns`].
pub(super) async fn resolve(name: &str, port: u16) -> Result<Vec<SocketAddr>, BoxError> {
    let failed = |problem: io::Error| Error::from_source(ErrorKind::Dns, problem);
    let found: Vec<_> = tokio::net::lookup_host((name, port)).await.map_err(failed)?.collect();
    if found.is_empty() {
        return Err(failed(io::Error::other("the name has no address")).into());
    }
    Ok(found)
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
