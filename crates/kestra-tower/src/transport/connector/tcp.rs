//! Name and TCP connection.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::{IpAddr, SocketAddr};
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

/// How long IPv6 and IPv4, in the order in which the name resolves to them, have the first try alone.
pub(super) const OTHER_FAMILY: Duration = Duration::from_millis(300);

/// How TCP connections are opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tcp {
    pub(crate) keepalive: Option<Duration>,
    pub(crate) nodelay: bool,
}

impl Tcp {
    /// Resolves the name unless the address is given, and opens a TCP connection to the first of its addresses that accepts one.
    ///
    /// Both are steps of `progress`, if the target is the server.
    pub(super) async fn open(
        self,
        target: Uri,
        address: Option<IpAddr>,
        progress: Option<&Progress>,
    ) -> Result<Stream, BoxError> {
        let host = Host::new(target.host().unwrap_or_default());
        let addresses = match (host.ip, address) {
            // hyper-util reads them by itself.
            (Some(_), _) => Vec::new(),
            (None, Some(address)) => vec![SocketAddr::new(address, port(&target))],
            (None, None) => run(progress, Step::Dns, resolve(host.name, port(&target))).await?,
        };
        self.connect(target, addresses, progress).await
    }

    /// Opens a TCP connection to the first of the addresses that accepts one. Those of the other family are tried beside the
    /// first family once that hasn't accepted within 300 ms.
    async fn connect(
        self,
        target: Uri,
        addresses: Vec<SocketAddr>,
        progress: Option<&Progress>,
    ) -> Result<Stream, BoxError> {
        // hyper-util doesn't tell when it has resolved a name, so it is given the addresses.
        let mut tcp = HttpConnector::new_with_resolver(service_fn(move |_| {
            ready(Ok::<_, Infallible>(addresses.clone().into_iter()))
        }));
        tcp.set_happy_eyeballs_timeout(Some(OTHER_FAMILY));
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::Instant;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// Fills the queue of a listener, so that connects neither succeed nor fail.
    async fn fill(address: SocketAddr) -> Vec<tokio::task::JoinHandle<io::Result<TcpStream>>> {
        let queued = (0..8).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
        let connect = || tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address));
        while connect().await.is_ok() {}
        queued
    }

    #[tokio::test]
    async fn a_black_hole_of_one_family_costs_300_ms() {
        for is_v6_dead in [true, false] {
            let ips = if is_v6_dead {
                [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]
            } else {
                [std::net::IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()]
            };
            // Both have the port of the URL.
            let socket = if is_v6_dead { TcpSocket::new_v6() } else { TcpSocket::new_v4() };
            let Ok(socket) = socket else { return };
            if socket.bind(SocketAddr::new(ips[0], 0)).is_err() {
                // The machine has one family only.
                return;
            }
            let dead = socket.listen(1).unwrap();
            let port = dead.local_addr().unwrap().port();
            let Ok(alive) = TcpListener::bind(SocketAddr::new(ips[1], port)).await else { return };
            let queued = fill(dead.local_addr().unwrap()).await;

            let tcp = Tcp { keepalive: None, nodelay: true };
            let target = Uri::try_from(format!("http://kestra.test:{port}/")).unwrap();
            let addresses = ips.map(|ip| SocketAddr::new(ip, port)).to_vec();
            let begun = Instant::now();
            let connect = tcp.connect(target, addresses, None);
            let connected = tokio::time::timeout(Duration::from_secs(8), connect).await;
            assert!(connected.unwrap().is_ok());
            assert!(begun.elapsed() >= OTHER_FAMILY, "the first family has the first try");
            drop((alive, queued));
        }
    }
}
