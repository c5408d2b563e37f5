//! Negotiates compression: `Accept-Encoding` of requests, `Content-Encoding` of responses.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, Entry, RANGE};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body::Body as _;
use kestra_core::{Body, Error, ErrorKind, ErrorResponse, OperationInfo, ResponseKind};

use super::pool::PooledBody;
use super::received::Received;

/// The content coding that was requested for the body of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// The caller has set `Accept-Encoding`, or the operation isn't known: the body is passed on as it comes.
    Untouched,
    /// The body must not be compressed, as bytes are counted, or pieces have to arrive as soon as they are sent.
    Identity,
    /// The body may be compressed.
    Gzip,
}

impl Coding {
    /// Sets the `Accept-Encoding` that fits a request, and returns the coding.
    pub(crate) fn ask(request: &mut Request<Body>, operation: Option<&OperationInfo>) -> Self {
        // A request has so few headers that comparing all takes less than a look-up.
        let is_partial =
            *request.method() == Method::HEAD || request.headers().keys().any(|name| *name == RANGE);
        let Entry::Vacant(header) = request.headers_mut().entry(ACCEPT_ENCODING) else {
            return Self::Untouched;
        };
        let coding = match operation {
            None => Self::Untouched,
            Some(operation) if cfg!(feature = "gzip") && !is_partial && is_text(operation) => Self::Gzip,
            Some(_) => Self::Identity,
        };
        header.insert(HeaderValue::from_static(if coding == Self::Gzip { "gzip" } else { "identity" }));
        coding
    }

    /// Returns the body of a response, decompressed if need be.
    pub(crate) fn open(self, mut parts: Parts, body: PooledBody) -> Result<(Parts, Received), Error> {
        if self == Self::Untouched || body.is_end_stream() {
            return Ok((parts, Received::plain(body)));
        }
        let is_gzip = match Applied::of(&parts.headers) {
            Applied::Nothing => return Ok((parts, Received::plain(body))),
            Applied::Gzip => true,
            Applied::Other => false,
        };
        let is_success = parts.status.is_success();
        if is_gzip && (self == Self::Gzip || !is_success) {
            match Received::gzip(&mut parts.headers, body) {
                Ok(received) => return Ok((parts, received)),
                // The feature `gzip` is off.
                Err(_) if is_success => {}
                Err(_) => return Ok((parts, Received::unreadable())),
            }
        } else if !is_success {
            // The status is more informative than an error about the body.
            return Ok((parts, Received::unreadable()));
        }
        let error = self.refusal(&parts.headers);
        Err(error.with_response(ErrorResponse::new(parts, Bytes::new())))
    }

    fn refusal(self, headers: &HeaderMap) -> Error {
        let named: Vec<_> = headers.get_all(CONTENT_ENCODING).iter().collect();
        let named: Vec<_> = named.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        // A hostile header may have any length.
        let named: String = named.join(", ").chars().take(60).collect();
        let wanted = match self {
            Self::Gzip => "the request accepts gzip only",
            _ => "the request accepts no compression",
        };
        let message = format!("the body is compressed with `{named}`, although {wanted}");
        Error::new(ErrorKind::Decode, message).with_hint(
            "a proxy in front of the server ignores Accept-Encoding: have the proxy respect it, or turn its \
             compression off for Kestra",
        )
    }
}

/// The `Content-Encoding` of a response.
#[derive(Debug, PartialEq, Eq)]
enum Applied {
    Nothing,
    Gzip,
    Other,
}

impl Applied {
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(CONTENT_ENCODING).iter();
        let names =
            values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let mut applied = Self::Nothing;
        for name in names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity")) {
            let is_gzip = name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip");
            applied = if is_gzip && applied == Self::Nothing { Self::Gzip } else { Self::Other };
        }
        applied
    }
}

/// Returns whether an operation responds with JSON, text or a download of text, which are worth compressing.
///
/// A download may be any file, even if its operation lists JSON first.
fn is_text(operation: &OperationInfo) -> bool {
    match operation.response {
        ResponseKind::Download => operation.accept.starts_with("text/"),
        answer => answer.is_buffered(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_response_is_read_as_the_standard_says() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_str(value).unwrap());
            }
            Applied::of(&headers)
        };
        for nothing in [&[][..], &[""], &["identity"], &["Identity", ""]] {
            assert_eq!(of(nothing), Applied::Nothing, "{nothing:?}");
        }
        for gzip in [&["gzip"][..], &["GZip"], &["x-gzip"], &["identity, gzip"]] {
            assert_eq!(of(gzip), Applied::Gzip, "{gzip:?}");
        }
        for other in [&["br"][..], &["gzip, br"], &["gzip", "gzip"], &["deflate"], &["zstd,"], &["gzip;q=1"]]
        {
            assert_eq!(of(other), Applied::Other, "{other:?}");
        }
    }
}
