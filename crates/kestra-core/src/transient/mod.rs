//! Retries of reads during an outage: growing pauses, and when to give up.
//!
//! The retry layer gives up after a few attempts. A wait or a stream lasts longer, and has to survive a restart of the
//! server. All such loops use [`TransientRetry`].

mod backoff;
mod outage;
mod retry;

pub use backoff::Backoff;
pub use outage::Outages;
pub use retry::TransientRetry;
