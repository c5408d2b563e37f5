//! Which requests go through which proxy.

mod endpoint;
mod env;
mod no_proxy;
mod refusal;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;
use kestra_core::Error;

pub(crate) use endpoint::{Endpoint, Kind};
use no_proxy::NoProxy;
pub(crate) use refusal::{credentials_refused, is_refusal};

/// The proxies of a transport and the hosts that are reached without them.
///
/// A proxy's URL begins with `http://`, `https://`, `socks5://` (names are resolved here) or `socks5h://` (the proxy
/// resolves them); without a scheme it is `http://`. Ports default to 80, 443 and 1080. It may carry a user name and a
/// password, percent-encoded. Requests to `http://` servers are forwarded by an HTTP proxy, those to `https://` servers
/// go through a tunnel.
///
/// `localhost`, names below it and loopback addresses are reached directly unless
/// [`include_loopback`](Self::include_loopback) says otherwise.
///
/// ```
/// use kestra_tower::transport::Proxy;
///
/// let proxy = Proxy::all("http://user:p%40ss@proxy.example.com:3128")?.no_proxy("10.0.0.0/8, .internal, [::1]:8080");
/// let split = Proxy::http("http://plain:3128")?.and(Proxy::https("socks5h://secure")?);
/// # let _ = (proxy, split);
/// # Ok::<(), kestra_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Proxy {
    http: Option<Arc<Endpoint>>,
    https: Option<Arc<Endpoint>>,
    direct: NoProxy,
    loopback: bool,
}

impl Proxy {
    /// No proxy, whatever the environment says.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One proxy for everything.
    ///
    /// # Errors
    ///
    /// A URL that is none, or whose scheme isn't known.
    pub fn all(url: &str) -> Result<Self, Error> {
        let endpoint = Some(Arc::new(Endpoint::parse("proxy", url)?));
        Ok(Self { http: endpoint.clone(), https: endpoint, ..Self::default() })
    }

    /// A proxy for servers whose URL begins with `http://`.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn http(url: &str) -> Result<Self, Error> {
        Ok(Self { http: Some(Arc::new(Endpoint::parse("proxy", url)?)), ..Self::default() })
    }

    /// A proxy for servers whose URL begins with `https://`.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn https(url: &str) -> Result<Self, Error> {
        Ok(Self { https: Some(Arc::new(Endpoint::parse("proxy", url)?)), ..Self::default() })
    }

    /// Takes from another setting what this one leaves open; lists of exceptions unite.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.http = self.http.or(other.http);
        self.https = self.https.or(other.https);
        self.direct.extend(other.direct);
        self.loopback |= other.loopback;
        self
    }

    /// Adds hosts that are reached directly, as `NO_PROXY` lists them: separated by commas or blanks; `*` is every host,
    /// `example.com`, `.example.com` and `*.example.com` a name and all names below it, `10.0.0.0/8` a network;
    /// a port may follow any of them but a network.
    #[must_use]
    pub fn no_proxy(mut self, list: &str) -> Self {
        self.direct.extend(NoProxy::parse(list));
        self
    }

    /// Reaches loopback addresses through the proxy as well.
    #[must_use]
    pub fn include_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Returns the proxy of requests to `http://` servers, if there is one.
    pub(crate) fn of_plain(&self) -> Option<&Endpoint> {
        self.http.as_deref()
    }

    /// Returns the proxy that forwards requests to this server, if there is one.
    pub(crate) fn forwarding(&self, target: &Uri) -> Option<&Endpoint> {
        let is_plain = self.http.is_some() && target.scheme() == Some(&Scheme::HTTP);
        let proxy = if is_plain { self.of(target) } else { None };
        proxy.filter(|proxy| matches!(proxy.kind, Kind::Http | Kind::Https))
    }

    /// Returns whether requests to a server at this URL go through a proxy.
    #[must_use]
    pub fn is_used_for(&self, server: &Uri) -> bool {
        self.of(server).is_some()
    }

    /// The proxy for a server, if there is one.
    pub(crate) fn of(&self, target: &Uri) -> Option<&Endpoint> {
        let endpoint = match target.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => self.https.as_deref(),
            _ => self.http.as_deref(),
        }?;
        let host = Host::new(target.host()?);
        if (!self.loopback && host.is_loopback()) || self.direct.contains(&host, port(target)) {
            return None;
        }
        Some(endpoint)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("http", &self.http)
            .field("https", &self.https)
            .field("no_proxy", &self.direct)
            .field("include_loopback", &self.loopback)
            .finish()
    }
}

/// The port of a URL, its scheme's own if it names none.
pub(crate) fn port(target: &Uri) -> u16 {
    let secure = target.scheme().is_some_and(|scheme| *scheme == Scheme::HTTPS);
    target.port_u16().unwrap_or(if secure { 443 } else { 80 })
}

/// The host of a URL as rules compare it: without brackets and without the dot at its end.
pub(crate) struct Host<'a> {
    pub(crate) name: &'a str,
    pub(crate) ip: Option<IpAddr>,
}

impl<'a> Host<'a> {
    pub(crate) fn new(host: &'a str) -> Self {
        let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = name.strip_suffix('.').unwrap_or(name);
        Self { name, ip: name.parse::<IpAddr>().ok().map(|ip| ip.to_canonical()) }
    }

    fn is_loopback(&self) -> bool {
        match self.ip {
            Some(ip) => ip.is_loopback(),
            None => is_below(self.name, "localhost"),
        }
    }
}

/// Whether a name is another or one below it.
fn is_below(name: &str, other: &str) -> bool {
    let Some(at) = name.len().checked_sub(other.len()) else { return false };
    name.is_char_boundary(at)
        && name[at..].eq_ignore_ascii_case(other)
        && (at == 0 || name[..at].ends_with('.'))
}

#[cfg(test)]
mod tests;
