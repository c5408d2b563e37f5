//! Responses that come from the proxy instead of the server.

use http::StatusCode;
use http::header::{CONTENT_TYPE, PROXY_AUTHENTICATE, VIA};
use http::response::Parts;
use kestra_core::{Error, ErrorKind, RequestSent};

use super::Endpoint;

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
