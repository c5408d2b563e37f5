//! Server-sent events: our own bounded decoder, and typed streams over it.

mod connections;
mod decoder;
mod follow;
mod reconnects;
mod stream;

pub use connections::{Connections, Step};
pub use decoder::{Decoder, Event, SseError};
pub use follow::{FollowStream, Sink};
pub use reconnects::Reconnects;
pub use stream::EventStream;
