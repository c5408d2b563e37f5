//! Which requests go through which proxy.

mod endpoint;
mod no_proxy;

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, PROXY_AUTHENTICATE, VIA};
use http::response::Parts;
use http::uri::Scheme;
use http::{StatusCode, Uri};
use kestra_core::{Error, ErrorKind, RequestSent};

pub(crate) use endpoint::{Endpoint, Kind};
use no_proxy::NoProxy;

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

    /// Reads the proxies from `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY`, and the exceptions from `NO_PROXY`, in
    /// upper or lower case.
    ///
    /// An empty variable counts as not set. Where `REQUEST_METHOD` is set, a web server runs this program as CGI and
    /// `HTTP_PROXY` may come from a request's header, so only `http_proxy` is read.
    ///
    /// # Errors
    ///
    /// Returns an error if a value is not a URL, or its scheme isn't known, since requests would bypass the proxy
    /// otherwise.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_env_with(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads the proxies as [`from_env`](Self::from_env) does, from another source of variables.
    ///
    /// ```
    /// use kestra_tower::transport::Proxy;
    ///
    /// let proxy = Proxy::from_env_with(|name| (name == "https_proxy").then(|| "http://proxy:3128".to_owned()))?;
    /// # let _ = proxy;
    /// # Ok::<(), kestra_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`from_env`](Self::from_env).
    pub fn from_env_with(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let set = |name: &'static str| {
            lookup(name).filter(|value| !value.trim().is_empty()).map(|value| (name, value))
        };
        let endpoint = |setting: Option<(&'static str, String)>| {
            setting.map(|(name, value)| Endpoint::parse(name, &value).map(Arc::new)).transpose()
        };
        let is_cgi = lookup("REQUEST_METHOD").is_some();
        let http = if is_cgi { None } else { set("HTTP_PROXY") };
        let all = endpoint(set("ALL_PROXY").or_else(|| set("all_proxy")))?;
        let http = endpoint(http.or_else(|| set("http_proxy")))?;
        let https = endpoint(set("HTTPS_PROXY").or_else(|| set("https_proxy")))?;
        let direct = set("NO_PROXY").or_else(|| set("no_proxy"));
        Ok(Self {
            http: http.or_else(|| all.clone()),
            https: https.or(all),
            direct: direct.map(|(_, list)| NoProxy::parse(&list)).unwrap_or_default(),
            loopback: false,
        })
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
        let endpoint = if is_https(target) { self.https.as_deref()? } else { self.http.as_deref()? };
        let host = Host::new(target.host()?);
        if (!self.loopback && host.is_loopback()) || self.direct.contains(&host, port(target)) {
            return None;
        }
        Some(endpoint)
    }
}

kestra_core::debug_fields! {
    Proxy, this => {
        http: this.http, https: this.https, no_proxy: this.direct, include_loopback: this.loopback,
    }
}

/// Returns whether a proxy requires credentials for forwarding a request, or refuses those that it got.
///
/// The status is 407. tinyproxy up to 1.11 responds to wrong credentials with 401 and a page of its own; the responses that
/// it forwards have a `Via`, and Kestra's own 401 has no body.
pub(crate) fn is_refusal(response: &Parts, proxy: &Endpoint) -> bool {
    let headers = &response.headers;
    match response.status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => true,
        StatusCode::UNAUTHORIZED if headers.contains_key(PROXY_AUTHENTICATE) => true,
        StatusCode::UNAUTHORIZED => {
            let is_page =
                headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            proxy.authorization().is_some() && is_page && !headers.contains_key(VIA)
        }
        _ => false,
    }
}

/// Returns the error of a request that a proxy doesn't forward for lack of credentials.
pub(crate) fn credentials_refused(proxy: &Endpoint, status: StatusCode) -> Error {
    let status = status.as_u16();
    let message = if proxy.authorization().is_some() {
        format!("{status} from {proxy}: it refused the credentials in its URL")
    } else {
        format!("{status} from {proxy}: it requires credentials")
    };
    Error::new(ErrorKind::Proxy, message)
        .with_hint(
            "put the user name and password into the proxy's URL, percent-encoded: HTTP_PROXY=http://user:password@host:3128, or \
             `Proxy::all`",
        )
        .with_transient(false)
        .with_request_sent(RequestSent::No)
}

/// The port of a URL, its scheme's own if it names none.
pub(crate) fn port(target: &Uri) -> u16 {
    target.port_u16().unwrap_or(if is_https(target) { 443 } else { 80 })
}

pub(crate) fn is_https(target: &Uri) -> bool {
    target.scheme() == Some(&Scheme::HTTPS)
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

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
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
