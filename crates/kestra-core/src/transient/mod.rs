//! Repeating what only reads while a server is away: pauses that grow, and when to give up.
//!
//! Retries of the stack end after a few attempts. A wait or a stream lasts longer than that, and has to outlast a restart of the
//! server. All such loops are a [`TransientRetry`].

mod backoff;
mod outage;
mod retry;

pub use backoff::Backoff;
pub use outage::Outages;
pub use retry::TransientRetry;
