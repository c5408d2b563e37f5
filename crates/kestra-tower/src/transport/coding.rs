//! Which compression is asked for, and what is made of the one that comes.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, RANGE};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body::Body as _;
use hyper::body::Incoming;
use kestra_core::{Answer, Body, Error, ErrorKind, ErrorResponse, OperationInfo, set_header};

use super::received::Received;

/// What was agreed on with the server about the body of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// The caller asks for what it can read, or nobody knows what the body is for: it is handed on as it comes.
    Untouched,
    /// The body is wanted as it is, since bytes are counted, or pieces have to come as soon as they are sent.
    Identity,
    /// The body may be compressed.
    Gzip,
}

impl Coding {
    /// Asks for the compression that fits a request.
    pub(crate) fn ask(request: &mut Request<Body>, operation: Option<&OperationInfo>) -> Self {
        if request.headers().contains_key(ACCEPT_ENCODING) {
            return Self::Untouched;
        }
        let is_partial = *request.method() == Method::HEAD || request.headers().contains_key(RANGE);
        let coding = match operation {
            None => Self::Untouched,
            Some(operation) if cfg!(feature = "gzip") && !is_partial && is_text(operation) => Self::Gzip,
            Some(_) => Self::Identity,
        };
        let wanted = if coding == Self::Gzip { "gzip" } else { "identity" };
        set_header(request.headers_mut(), ACCEPT_ENCODING, HeaderValue::from_static(wanted));
        coding
    }

    /// The body of a response as the caller is to see it.
    pub(crate) fn open(self, mut parts: Parts, body: Incoming) -> Result<(Parts, Received), Error> {
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
                // This client was built without it.
                Err(_) if is_success => {}
                Err(_) => return Ok((parts, Received::unreadable())),
            }
        } else if !is_success {
            // The status says more than an error about the body would.
            return Ok((parts, Received::unreadable()));
        }
        let error = self.refusal(&parts.headers);
        Err(error.in_response(ErrorResponse::new(parts, Bytes::new())))
    }

    fn refusal(self, headers: &HeaderMap) -> Error {
        let named: Vec<_> = headers.get_all(CONTENT_ENCODING).iter().collect();
        let named: Vec<_> = named.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        // A hostile header may have any length.
        let named: String = named.join(", ").chars().take(60).collect();
        let wanted = match self {
            Self::Gzip => "gzip or nothing was asked for",
            _ => "no compression was asked for",
        };
        let message = format!("the body is compressed with `{named}`, although {wanted}");
        Error::new(ErrorKind::Decode, message).with_hint(
            "a proxy in front of the server compresses what it shouldn't: have it respect Accept-Encoding, or switch its \
             compression off for Kestra",
        )
    }
}

/// What a response says of its body.
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

/// Whether an operation answers JSON, text or a text to download, which are worth to be compressed.
///
/// A file to download may be anything, also where its operation accepts JSON first.
fn is_text(operation: &OperationInfo) -> bool {
    match operation.answer {
        Answer::Download => operation.accept.starts_with("text/"),
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
