//! Recorded exchanges with real servers: what was asked, what was answered, and our own code put to both.

mod compare;
mod exceptions;
mod exchange;
mod filters;
mod form;
mod obstacle;
mod orders;
mod rebuilt;
mod request;
mod route;
mod values;

use kestra_core::internal::json::{self, Read};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use crate::fuzz::through_serde;

pub use compare::differences;
pub use exceptions::Exceptions;
pub use exchange::{Body, Exchange, Part, Request, Response, load};
pub use form::{BuiltPart, parse as parts};
pub use obstacle::Obstacle;
pub use orders::Orders;
pub use rebuilt::{Rebuilt, Unmade, parts_of, rebuild, request_of};
pub use request::Recorded;
pub use route::{Match, find};

/// What is done with the type of an operation's response.
pub(crate) trait Typed {
    /// What comes of it.
    type Output;

    /// Does it.
    fn with<T: Read + Serialize>(self) -> Self::Output;
}

/// Reads JSON as the client reads a response and encodes it again. An error if it is read otherwise
/// through serde.
struct ReadAgain<'a>(&'a [u8]);

impl Typed for ReadAgain<'_> {
    type Output = serde_json::Result<Value>;

    fn with<T: Read + Serialize>(self) -> Self::Output {
        let by_serde = serde_json::to_value(through_serde::<T>(self.0)?)?;
        match serde_json::to_value(json::from_slice::<T>(self.0)?)? {
            read if read == by_serde => Ok(read),
            read => {
                Err(serde_json::Error::custom(format!("read as {read}, and through serde as {by_serde}")))
            }
        }
    }
}

/// Decodes JSON as a type and encodes it again.
pub(crate) fn round_trip<T: DeserializeOwned + Serialize>(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_slice::<T>(json)?)
}

/// Decodes the JSON of an operation's answer and encodes it again; `None` for an operation whose answer is no JSON.
pub fn decode_and_encode(operation: &str, json: &[u8]) -> Option<serde_json::Result<Value>> {
    crate::generated::answers::with_type(operation, ReadAgain(json))
}
