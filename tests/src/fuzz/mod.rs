//! Properties that hold for any bytes: what the fuzz targets of the folder `fuzz` call, and what every change is tested with
//! on the corpora there.
//!
//! A property panics where it doesn't hold. An input that a fuzzer finds becomes a file of its corpus.

#![allow(clippy::panic, reason = "a property panics where it doesn't hold")]

mod content_disposition;
mod continuation;
mod duration;
mod edit;
mod events;
mod filters;
mod json;
pub(crate) use json::through_serde;
mod multipart;
mod no_proxy;
mod path;
pub mod read_back;
mod retry_after;
mod server_url;
mod source;
mod timestamp;

pub use content_disposition::content_disposition;
pub use continuation::continuation;
pub use duration::duration;
pub use edit::edit;
pub use events::events;
pub use filters::{Meant, filters};
pub use json::json;
pub use multipart::multipart;
pub use no_proxy::no_proxy;
pub use path::path;
pub use retry_after::retry_after;
pub use server_url::server_url;
pub use source::{deletes, source};
pub use timestamp::timestamp;

/// A property of any bytes.
pub type Property = fn(&[u8]);

/// Every property, by the name of its fuzz target and of its corpus.
pub const ALL: &[(&str, Property)] = &[
    ("content_disposition", content_disposition),
    ("continuation", continuation),
    ("duration", duration),
    ("edit", edit),
    ("events", events),
    ("filters", filters),
    ("json", json),
    ("multipart", multipart),
    ("no_proxy", no_proxy),
    ("path", path),
    ("retry_after", retry_after),
    ("server_url", server_url),
    ("source", source),
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

/// Runs a future on a runtime of its own, whose time passes only while nothing else is to be done.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    match runtime {
        Ok(runtime) => runtime.block_on(future),
        Err(problem) => panic!("no runtime: {problem}"),
    }
}
