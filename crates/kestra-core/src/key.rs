//! Keys: what an execution is marked with, so that it can be found again.

use std::time::Duration;

use crate::error::Error;

/// The label that a key travels as, and that an execution shares with those that come out of it.
pub const CORRELATION_LABEL: &str = "system.correlationId";

/// Longer ones don't fit well into the lines of requests.
const LONGEST: usize = 512;

/// What a creation is looked up by, for a client that makes it safe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key; `None` if only the settings below were made so far.
    pub text: Option<String>,
    /// How far back an execution with the key is looked for; 8 days if not set.
    pub look_back: Option<Duration>,
    /// For how long it is looked for after a failure that leaves it unclear whether there is one; 15 s if not set.
    pub look_up_for: Option<Duration>,
}

impl IdempotencyKey {
    /// Whether servers would keep a key as it is: they cut space off at its ends, and would then find another.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) for one that is empty, begins or ends with space, or has over 512 bytes.
    pub fn check(key: &str) -> Result<(), Error> {
        let problem = if key.is_empty() {
            "it is empty".to_owned()
        } else if key.trim() != key {
            "it begins or ends with space".to_owned()
        } else if key.len() > LONGEST {
            format!("it has more than {LONGEST} bytes")
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
