//! The part of a URL that a server contributes: scheme, authority and a path prefix.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Uri};

use crate::error::Error;
use crate::head::check_request_line;
use crate::url_parts::UrlParts;

/// Where a server is: what an operation's path is appended to. Copies are cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
    address: Option<IpAddr>,
}

impl BaseUrl {
    /// Reads a server's URL; the problem is a sentence that names it and the fix.
    pub(super) fn parse(text: &str, any_path: bool) -> Result<Self, String> {
        // A password may stand in a mistaken URL, so it is never repeated whole.
        let shown = crate::redact::url(text);
        let url = UrlParts::of(text.trim()).map_err(|problem| {
            format!("server URL `{shown}` is invalid: {problem}: begin it with http:// or https://")
        })?;
        let (scheme, default_port) = if url.has_scheme("http") {
            (Scheme::HTTP, 80)
        } else if url.has_scheme("https") {
            (Scheme::HTTPS, 443)
        } else {
            return Err(format!("server URL `{shown}`: the scheme `{}` is not http or https", url.scheme));
        };
        if url.credentials.is_some() {
            return Err(format!("server URL `{shown}`: it contains credentials: set them with `auth`"));
        }
        if url.has_more {
            return Err(format!("server URL `{shown}`: it has a query or a fragment: remove it"));
        }
        let authority = match url.authority.port_u16() {
            Some(port) if port == default_port => Authority::try_from(url.authority.host())
                .map_err(|problem| format!("server URL `{shown}`: the host is invalid ({problem})"))?,
            _ => url.authority,
        };
        if let Some((path, adds)) = own_path(url.path).filter(|_| !any_path) {
            return Err(format!(
                "server URL `{shown}`: leave out `{path}`, {adds}; if a gateway serves Kestra there, call `Server::any_path()`"
            ));
        }
        let prefix = url.path;
        Ok(Self(Arc::new(Parts { scheme, authority, prefix: prefix.to_owned(), address: None })))
    }

    /// The scheme.
    pub fn scheme(&self) -> &Scheme {
        &self.0.scheme
    }

    /// Host and port, the port left out where it is the scheme's own.
    pub fn authority(&self) -> &Authority {
        &self.0.authority
    }

    /// Returns the same URL at one of the addresses of its host.
    #[must_use]
    pub fn at(&self, address: IpAddr) -> Self {
        let Parts { scheme, authority, prefix, .. } = &*self.0;
        let (scheme, authority, prefix) = (scheme.clone(), authority.clone(), prefix.clone());
        Self(Arc::new(Parts { scheme, authority, prefix, address: Some(address) }))
    }

    /// Returns the address of the host that connections are to be opened to, if it is one of several.
    #[inline]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// Returns the port, which is the scheme's own if the URL names none.
    pub fn port(&self) -> u16 {
        let own = if self.0.scheme == Scheme::HTTPS { 443 } else { 80 };
        self.0.authority.port_u16().unwrap_or(own)
    }

    /// What stands before `/api/v1`, without a slash at its end; usually empty.
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// Returns the absolute URL of a path and query on this server.
    pub fn join(&self, method: &Method, path_and_query: PathAndQuery) -> Result<Uri, Error> {
        check_request_line(method, self.0.prefix.len() + path_and_query.as_str().len())?;
        let parts = || {
            let path_and_query = match self.0.prefix.as_str() {
                "" => path_and_query,
                prefix => PathAndQuery::try_from([prefix, path_and_query.as_str()].concat())?,
            };
            let mut parts = http::uri::Parts::default();
            parts.scheme = Some(self.0.scheme.clone());
            parts.authority = Some(self.0.authority.clone());
            parts.path_and_query = Some(path_and_query);
            Ok::<_, http::Error>(Uri::from_parts(parts)?)
        };
        parts().map_err(|problem| Error::invalid("path", problem))
    }

    /// Whether an absolute URL has this scheme, host and port.
    pub fn is_origin_of(&self, uri: &Uri) -> bool {
        let default_port = |scheme: &Scheme| if *scheme == Scheme::HTTPS { 443 } else { 80 };
        let port = |scheme: &Scheme, authority: &Authority| {
            authority.port_u16().unwrap_or_else(|| default_port(scheme))
        };
        match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) => {
                *scheme == self.0.scheme
                    && authority.host().eq_ignore_ascii_case(self.0.authority.host())
                    && port(scheme, authority) == port(&self.0.scheme, &self.0.authority)
            }
            _ => false,
        }
    }
}

/// Returns the part of a path that belongs to Kestra's own paths, not to a path prefix, such as in a URL from a browser.
fn own_path(path: &str) -> Option<(&str, &'static str)> {
    for (own, after, adds) in [
        ("/api/v1", 1, "operations add it (the tenant is a setting of its own)"),
        ("/ui", usize::MAX, "which is the user interface and not the API"),
    ] {
        for (start, _) in path.match_indices(own) {
            let rest = &path[start + own.len()..];
            if rest.is_empty() || rest.starts_with('/') && rest.matches('/').count() <= after {
                return Some((&path[start..], adds));
            }
        }
    }
    None
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.0.scheme, self.0.authority, self.0.prefix)
    }
}

crate::debug_fields! { BaseUrl, this, f => fmt::Display::fmt(this, f) }
