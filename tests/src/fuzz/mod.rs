//! Properties that hold for any bytes: what the fuzz targets of the folder `fuzz` call, and what every change is tested with
//! on the corpora there.
//!
//! A property panics where it doesn't hold. An input that a fuzzer finds becomes a file of its corpus.

mod body;
mod json;
mod text;
mod wire;

pub use body::{content_disposition, multipart};
pub use json::json;
pub use text::{continuation, duration, no_proxy, server_url, timestamp};
pub use wire::{events, filters, retry_after};

/// A property of any bytes.
pub type Property = fn(&[u8]);

/// Every property, by the name of its fuzz target and of its corpus.
pub const ALL: &[(&str, Property)] = &[
    ("content_disposition", content_disposition),
    ("continuation", continuation),
    ("duration", duration),
    ("events", events),
    ("filters", filters),
    ("json", json),
    ("multipart", multipart),
    ("no_proxy", no_proxy),
    ("retry_after", retry_after),
    ("server_url", server_url),
    ("timestamp", timestamp),
];

/// Cuts an input into fields at each byte 0xFF, which no UTF-8 has.
fn fields(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|byte| *byte == 0xff)
}

/// A field as text; what isn't UTF-8 is replaced.
fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}
