//! Idempotency keys: labels by which an execution is found again.

use std::time::Duration;

use crate::error::Error;

/// The label that a key travels as, and that an execution shares with those that come out of it.
pub const CORRELATION_LABEL: &str = "system.correlationId";

/// Longer ones don't fit well into the lines of requests.
const LONGEST: usize = 512;

/// The idempotency key of a creation, and for how long an execution with it is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdempotencyKey {
    text: Option<String>,
    look_back: Option<Duration>,
    look_up_for: Option<Duration>,
}

impl IdempotencyKey {
    /// Sets the key.
    pub fn set_text(&mut self, key: String) {
        self.text = Some(key);
    }

    /// Sets how far back an execution with the key is looked up.
    pub fn set_look_back(&mut self, range: Duration) {
        self.look_back = Some(range);
    }

    /// Sets how long an execution is looked up after a failure that leaves it unclear whether there is one.
    pub fn set_look_up_for(&mut self, time: Duration) {
        self.look_up_for = Some(time);
    }

    /// Returns the key, or `None` if only the durations are set.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns how far back an execution with the key is looked up.
    pub fn look_back(&self) -> Option<Duration> {
        self.look_back
    }

    /// Returns how long an execution is looked up after an unclear failure.
    pub fn look_up_for(&self) -> Option<Duration> {
        self.look_up_for
    }

    /// Checks that servers keep a key as it is. They trim space, and would then find another key.
    pub fn check(key: &str) -> Result<(), Error> {
        let problem = if key.is_empty() {
            "it is empty: set one".to_owned()
        } else if key.trim() != key {
            "it begins or ends with space: trim it".to_owned()
        } else if key.len() > LONGEST {
            format!("it has more than {LONGEST} bytes: shorten it")
        } else {
            return Ok(());
        };
        Err(Error::invalid("idempotency_key", problem))
    }
}

#[cfg(test)]
mod tests {
    use super::IdempotencyKey;

    #[test]
    fn a_key_that_the_server_would_change_is_refused() {
        let check = IdempotencyKey::check;
        assert!(check("").is_err() && check(" a").is_err() && check(&"a".repeat(513)).is_err());
        assert!(check("order-17").is_ok());
    }
}
