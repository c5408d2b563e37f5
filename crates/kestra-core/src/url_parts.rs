//! URLs as people write them into settings.

use http::uri::{Authority, PathAndQuery};

use crate::redact::is_scheme;

/// The parts of the URL of a server or a proxy, checked one by one so that a message can name what is wrong.
///
/// International host names are written in ASCII (`xn--…`): the tables that turn them would be a large part of a program.
pub struct UrlParts<'a> {
    /// What stands before `://`, as it was written.
    pub scheme: &'a str,
    /// User and password, percent-encoded; the password is empty where there is none.
    pub credentials: Option<(&'a str, &'a str)>,
    /// Host and port, the host in lower case.
    pub authority: Authority,
    /// The path, without slashes at its end.
    pub path: &'a str,
    /// Whether there is a query or a fragment.
    pub has_more: bool,
}

impl<'a> UrlParts<'a> {
    /// Takes a URL apart.
    pub fn of(text: &'a str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("it has no scheme")?;
        if !is_scheme(scheme) {
            return Err("its scheme is invalid");
        }
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let (rest, more) = rest.split_at(end);
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => {
                (Some(credentials.split_once(':').unwrap_or((credentials, ""))), host)
            }
            None => (None, authority),
        };
        if host.is_empty() || host.starts_with(':') {
            return Err("it names no host");
        }
        if !host.is_ascii() {
            return Err("its host is not ASCII; write an international name as xn--…");
        }
        let authority: Authority = host.to_ascii_lowercase().parse().map_err(|_| "its host is invalid")?;
        if authority.host().len() < authority.as_str().len() && authority.port_u16().is_none() {
            return Err("its port is not a number up to 65535");
        }
        if !path.is_ascii() || path.parse::<PathAndQuery>().is_err() && !path.is_empty() {
            return Err("its path has characters that must be percent-encoded");
        }
        Ok(Self {
            scheme,
            credentials,
            authority,
            path: path.trim_end_matches('/'),
            has_more: !more.is_empty(),
        })
    }

    /// Whether the scheme is this one, in any case.
    pub fn has_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

// Without the credentials.
crate::debug_fields! {
    UrlParts<'_>, this => {
        scheme: this.scheme, authority: this.authority, path: this.path,
    }
}
