//! Server-sent events: our own bounded decoder, and typed streams over it.

mod backoff;
mod connections;
mod decoder;
mod follow;
mod reconnects;
mod stream;

pub use backoff::Backoff;
pub use connections::{Connections, Step, is_passing};
pub use decoder::{Decoder, Event, SseError};
pub use follow::{FollowStream, Sink};
pub use reconnects::Reconnects;
pub use stream::EventStream;
