use std::sync::atomic::{AtomicU8, Ordering};

/// Whether a server may have seen a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RequestSent {
    /// Not a byte was written.
    No,
    /// Some or all of it was written, and no answer was read.
    Maybe,
    /// It was answered.
    Yes,
}

/// The most that is known of a call over all its attempts; the transport raises it.
#[derive(Debug, Default)]
pub struct Sent(AtomicU8);

impl Sent {
    /// Says that at least this much is so.
    pub fn raise(&self, sent: RequestSent) {
        self.0.fetch_max(sent as u8, Ordering::Relaxed);
    }

    /// The most that was said.
    #[must_use]
    pub fn get(&self) -> RequestSent {
        match self.0.load(Ordering::Relaxed) {
            0 => RequestSent::No,
            1 => RequestSent::Maybe,
            _ => RequestSent::Yes,
        }
    }
}
