//! Responses of a proxy itself that stand where those of the server are expected.

use http::StatusCode;
use http::header::{CONTENT_TYPE, PROXY_AUTHENTICATE, VIA};
use http::response::Parts;
use kestra_core::{Error, ErrorKind, RequestSent};

use super::Endpoint;

/// Whether a proxy that was to forward a request asks for credentials instead, or refuses those that it was sent.
///
/// That is 407. tinyproxy up to 1.11 answers 401 with a page of its own to wrong credentials; what it forwards has a `Via`,
/// and Kestra's own 401 has no body.
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

/// The error of a request that a proxy doesn't pass on for want of credentials.
pub(crate) fn credentials_refused(proxy: &Endpoint, status: StatusCode) -> Error {
    let status = status.as_u16();
    let message = if proxy.authorization().is_some() {
        format!("{status} of {proxy}: it doesn't accept the credentials in its URL")
    } else {
        format!("{status} of {proxy}: it wants credentials")
    };
    Error::new(ErrorKind::Proxy, message)
        .with_hint(
            "put user name and password into the proxy's URL, percent-encoded: HTTP_PROXY=http://user:password@host:3128, or \
             `Proxy::all`",
        )
        .permanent()
        .sent(RequestSent::No)
}
