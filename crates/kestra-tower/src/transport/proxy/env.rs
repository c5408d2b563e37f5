//! Proxies as the environment names them.

use std::sync::Arc;

use kestra_core::Error;

use super::endpoint::Endpoint;
use super::{NoProxy, Proxy};

impl Proxy {
    /// The proxies that `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` name, in upper or lower case, and the exceptions of
    /// `NO_PROXY`.
    ///
    /// A variable that is empty is not set. Where `REQUEST_METHOD` is set, a web server runs this program as CGI and
    /// `HTTP_PROXY` may come from a request's header, so only `http_proxy` is read.
    ///
    /// # Errors
    ///
    /// A URL that is none, or whose scheme isn't known: going without a proxy would hide that.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_env_with(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// As [`from_env`](Self::from_env), with another source of variables.
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
    /// As [`from_env`](Self::from_env).
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
}
