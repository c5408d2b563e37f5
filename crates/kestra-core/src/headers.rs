//! Setting a header in code that is compiled once: an insertion is generic in `http`, 3 kB, and compiled wherever it is
//! called.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Sets a header, in place of all that have its name.
#[doc(hidden)]
#[inline(never)]
pub fn set_header(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.insert(name, value);
}
