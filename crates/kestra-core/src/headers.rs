//! Setting a header in code that is compiled once: an insertion is generic in `http`, 3 kB, and compiled wherever it is
//! called.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::operation::ACCEPT_JSON;

/// Sets a header, in place of all that have its name.
#[doc(hidden)]
#[inline(never)]
pub fn set_header(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.insert(name, value);
}

/// Returns a text as a header value. The compiler checks the usual ones, so that no call has to.
pub(crate) fn static_value(text: &'static str) -> HeaderValue {
    const ACCEPTED: HeaderValue = HeaderValue::from_static(ACCEPT_JSON);
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    const YAML: HeaderValue = HeaderValue::from_static("application/x-yaml");
    match text {
        ACCEPT_JSON => ACCEPTED,
        "application/json" => JSON,
        "application/x-yaml" => YAML,
        other => HeaderValue::from_static(other),
    }
}
