//! Server-sent events: our own bounded decoder, and typed streams over it.

mod decoder;
mod stream;

pub use decoder::{Decoder, Event, SseError};
pub use stream::EventStream;
