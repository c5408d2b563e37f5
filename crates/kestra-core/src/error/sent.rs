use std::sync::atomic::{AtomicU8, Ordering};

/// Whether a server may have seen a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RequestSent {
    /// Not a byte was written.
    No,
    /// Some or all of it was written, and no response was read.
    Maybe,
    /// A response was read.
    Yes,
}

/// The most that is known of a call over all its attempts; the transport raises it.
#[derive(Debug, Default)]
pub struct Sent(AtomicU8);

const MAYBE: u8 = 1;
const YES: u8 = 2;
const TRACKED: u8 = 4;

impl Sent {
    /// Says that at least this much is so.
    #[inline]
    pub fn raise(&self, sent: RequestSent) {
        let bits = match sent {
            RequestSent::No => return,
            RequestSent::Maybe => MAYBE,
            RequestSent::Yes => YES,
        };
        self.0.fetch_or(bits, Ordering::Relaxed);
    }

    /// Restores the value `before` the attempt, since the server provably did nothing with the attempt's request.
    pub fn withdraw(&self, before: RequestSent) {
        let kept = match before {
            RequestSent::No => 0,
            RequestSent::Maybe => MAYBE,
            RequestSent::Yes => MAYBE | YES,
        };
        self.0.fetch_and(kept | TRACKED, Ordering::Relaxed);
    }

    /// Records that the sender raises this before a byte is written, so that `No` means that nothing was sent.
    pub fn track(&self) {
        self.0.fetch_or(TRACKED, Ordering::Relaxed);
    }

    /// Returns whether the sender keeps track, or has raised this.
    #[must_use]
    pub fn is_tracked(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// The most that was said.
    #[inline]
    #[must_use]
    pub fn get(&self) -> RequestSent {
        match self.0.load(Ordering::Relaxed) {
            bits if bits & YES != 0 => RequestSent::Yes,
            bits if bits & MAYBE != 0 => RequestSent::Maybe,
            _ => RequestSent::No,
        }
    }

    /// As [`get`](Self::get), but `Maybe` in place of `No` where nobody keeps [track](Self::track).
    #[inline]
    #[must_use]
    pub fn known(&self) -> RequestSent {
        match self.get() {
            RequestSent::No if self.0.load(Ordering::Relaxed) & TRACKED == 0 => RequestSent::Maybe,
            sent => sent,
        }
    }
}
