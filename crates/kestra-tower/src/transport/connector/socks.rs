//! A way through a SOCKS proxy.

use std::fmt;
use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use kestra_core::{BoxError, Error, ErrorKind};
use tower_service::Service;

use super::stream::Stream;
use super::tcp;
use crate::transport::proxy::{Endpoint, Host, Kind, port};

/// Asks a proxy to connect us with `target`.
pub(super) async fn open(stream: Stream, proxy: &Endpoint, target: &Uri) -> Result<Stream, Error> {
    let port = port(target);
    let name = Host::new(target.host().unwrap_or_default());
    // The port is always said: 443 would be taken for a URL without one, whatever its scheme.
    let address = match (name.ip, proxy.kind) {
        (None, Kind::Socks5) => shown(resolve(name.name, port).await?),
        (None, _) => name.name.to_owned(),
        (Some(ip), _) => shown(ip),
    };
    let told = Uri::try_from(format!("http://{address}:{port}"))
        .map_err(|problem| Error::from_source(ErrorKind::Connect, problem))?;
    let mut socks = SocksV5::new(proxy.uri.clone(), Connected(Some(TokioIo::new(stream))));
    if let Some((user, password)) = proxy.credentials() {
        socks = socks.with_auth(user.to_owned(), password.to_owned());
    }
    let stream = socks.call(told).await.map_err(|problem| {
        let problem = problem.to_string();
        let message = format!("{proxy} can't connect to {}:{port}: {problem}", name.name);
        let error = Error::new(ErrorKind::Proxy, message);
        // The type of hyper-util's error is private, so its message has to do.
        if problem.contains("authentication") || problem.contains("credentials") {
            return error.with_transient(false);
        }
        error
    })?;
    Ok(stream.into_inner())
}

/// Looks a name up without holding up the runtime, and takes an IPv4 address if there is one: few proxies reach others.
async fn resolve(name: &str, port: u16) -> Result<IpAddr, Error> {
    let failed = |problem: BoxError| {
        let message = format!("can't resolve {name}: use socks5h:// to have the proxy resolve it");
        Error::from_source(ErrorKind::Dns, problem).with_message(message)
    };
    let addresses = tcp::resolve(name, port).await.map_err(failed)?;
    let address = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    address.map(SocketAddr::ip).ok_or_else(|| failed("the name has no address".into()))
}

fn shown(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// A connection that is there already, in the form that hyper-util's handshake wants.
struct Connected(Option<TokioIo<Stream>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<Stream>;
    type Error = Gone;
    type Future = Ready<Result<TokioIo<Stream>, Gone>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or(Gone))
    }
}

/// The connection was taken before, which can't be.
#[derive(Debug)]
struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is in use")
    }
}
