//! Server-sent events: our own bounded decoder, and typed streams over it.

mod connections;
mod decoder;
mod follow;
mod stream;

pub use decoder::SseError;
pub use follow::FollowStream;
pub use stream::EventStream;

/// What streams of the crates above are made of.
pub(crate) mod engine {
    pub use super::connections::{Connections, Step};
    pub use super::decoder::{Decoder, Event};
    pub use super::follow::Sink;
}
