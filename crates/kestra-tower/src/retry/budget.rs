//! Tokens that all calls of a client share, so that retries can't multiply the load on a server that is down.

use std::sync::atomic::{AtomicU32, Ordering};

use http::StatusCode;

/// What a budget holds where neither layer nor call names a number.
const DEFAULT_TOKENS: u32 = 400;

#[derive(Debug)]
pub(super) struct Budget<T = AtomicU32> {
    capacity: u32,
    tokens: T,
}

/// An atomic counter: that of the standard library, or that of loom in tests.
pub(super) trait Shared {
    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool;
}

impl Shared for AtomicU32 {
    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

impl Budget {
    pub(super) fn new(tokens: Option<u32>) -> Self {
        let capacity = tokens.unwrap_or(DEFAULT_TOKENS);
        Self { capacity, tokens: AtomicU32::new(capacity) }
    }

    /// Returns the cost of a retry in tokens: less for a server that is reachable and only limits the rate.
    pub(super) fn cost(status: Option<StatusCode>) -> u32 {
        match status {
            Some(StatusCode::TOO_MANY_REQUESTS) => 5,
            _ => 14,
        }
    }
}

impl<T: Shared> Budget<T> {
    /// Takes tokens, all or none.
    pub(super) fn take(&self, cost: u32) -> bool {
        self.tokens.update(|tokens| tokens.checked_sub(cost))
    }

    /// Gives tokens back. A full budget is only read, so that calls that go well don't contend for it.
    pub(super) fn give(&self, tokens: u32) {
        let give = |held: u32| (held < self.capacity).then(|| held.saturating_add(tokens).min(self.capacity));
        self.tokens.update(give);
    }
}

#[cfg(test)]
mod interleavings;
