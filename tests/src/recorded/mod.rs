//! Recorded exchanges with real servers: what was asked, what was answered, and our own code put to both.

mod compare;
mod exceptions;
mod exchange;
mod filters;
mod form;
mod obstacle;
mod rebuilt;
mod request;
mod route;
mod values;

use kestra_core::internal::json::Read;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use compare::differences;
pub use exceptions::Exceptions;
pub use exchange::{Body, Exchange, Part, Request, Response, load};
pub use form::{BuiltPart, parse as parts};
pub use obstacle::Obstacle;
pub use rebuilt::{Rebuilt, Unmade, parts_of, rebuild, request_of};
pub use request::Recorded;
pub use route::{Match, find};

/// Reads JSON as the client reads an answer and encodes it again.
pub(crate) fn read_again<T: Read + Serialize>(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::to_value(kestra_core::internal::json::from_slice::<T>(json)?)
}

/// Decodes JSON as a type and encodes it again.
pub(crate) fn round_trip<T: DeserializeOwned + Serialize>(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_slice::<T>(json)?)
}

/// Decodes the JSON of an operation's answer and encodes it again; `None` for an operation whose answer is no JSON.
pub fn decode_and_encode(operation: &str, json: &[u8]) -> Option<serde_json::Result<Value>> {
    crate::generated::answers::round_trip(operation, json)
}
