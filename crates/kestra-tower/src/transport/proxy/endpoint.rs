//! One proxy: what its URL says.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use kestra_core::Error;
use kestra_core::internal::UrlParts;
use percent_encoding::percent_decode_str;

use super::is_https;

/// A proxy that can be reached.
pub(crate) struct Endpoint {
    pub(crate) kind: Kind,
    /// Scheme, host and port: what is connected to.
    pub(crate) uri: Uri,
    credentials: Option<(String, String)>,
    authorization: Option<HeaderValue>,
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Http,
    Https,
    /// SOCKS 5; names are resolved here.
    Socks5,
    /// SOCKS 5; the proxy resolves names.
    Socks5h,
}

impl Kind {
    fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// Returns whether such a proxy forwards requests for `target`, instead of connecting us with it.
    pub(crate) fn forwards(self, target: &Uri) -> bool {
        matches!(self, Self::Http | Self::Https) && !is_https(target)
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }
}

impl Endpoint {
    /// Reads a URL; `field` says in an error where it was set.
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self, Error> {
        let text = text.trim();
        // A password may stand in a mistaken URL, so it is never repeated whole.
        let shown = kestra_core::internal::redact::url(text);
        let fail = |problem: &str| Error::invalid(field, format_args!("`{shown}` {problem}"));
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = UrlParts::of(&with_scheme).map_err(|problem| {
            fail(&format!("is not a proxy URL: {problem}: write it like http://host:3128"))
        })?;
        let (kind, default_port) = [Kind::Http, Kind::Https, Kind::Socks5, Kind::Socks5h]
            .into_iter()
            .find(|kind| url.has_scheme(kind.scheme()))
            .map(|kind| (kind, kind.default_port()))
            .ok_or_else(|| fail("has a scheme other than http, https, socks5 and socks5h"))?;
        let port = url.authority.port_u16().unwrap_or(default_port);
        // What is connected to; the scheme only has to be one.
        let uri = Uri::try_from(format!("http://{}:{port}", url.authority.host()))
            .map_err(|problem| fail(&format!("has an invalid host ({problem})")))?;
        let mut endpoint = Self { kind, uri, credentials: None, authorization: None };
        if let Some((user, password)) = url.credentials {
            let decode = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
            let credentials = decode(user).ok().zip(decode(password).ok());
            let (user, password) = credentials.ok_or_else(|| fail("has credentials that aren't UTF-8"))?;
            endpoint.set_credentials(user, password).map_err(fail)?;
        }
        Ok(endpoint)
    }

    fn set_credentials(&mut self, user: String, password: String) -> Result<(), &'static str> {
        match self.kind {
            Kind::Http | Kind::Https => {
                if user.contains(':') {
                    return Err("has a user name with a colon, which basic auth doesn't allow");
                }
                let encoded = STANDARD.encode(format!("{user}:{password}"));
                let mut value = HeaderValue::try_from(format!("Basic {encoded}"))
                    .map_err(|_| "has credentials that a header can't contain")?;
                value.set_sensitive(true);
                self.authorization = Some(value);
            }
            Kind::Socks5 | Kind::Socks5h => {
                if user.len() > 255 || password.len() > 255 {
                    return Err("has credentials of more than 255 bytes, which SOCKS doesn't allow");
                }
                self.credentials = Some((user, password));
            }
        }
        Ok(())
    }

    /// Value of `Proxy-Authorization`, for HTTP proxies with credentials.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// User name and password, for SOCKS proxies with credentials.
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials.as_ref().map(|(user, password)| (user.as_str(), password.as_str()))
    }
}

/// Without credentials, so that messages can show it.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        write!(f, "{}://{authority}", self.kind.scheme())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credentials = self.authorization.is_some() || self.credentials.is_some();
        f.debug_struct("Endpoint")
            .field("url", &format_args!("{self}"))
            .field("credentials", &credentials)
            .finish()
    }
}
