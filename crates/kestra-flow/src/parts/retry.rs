//! Retries by the server.

use std::time::Duration;

use super::part;
use crate::Map;

part! {
    /// How a server retries a task or a flow that fails.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use kestra_flow::{Retry, Task};
    ///
    /// let fetch = Task::new("fetch", "io.kestra.plugin.core.http.Request")
    ///     .set("uri", "https://example.com")
    ///     .retry(Retry::constant(Duration::from_secs(30)).max_attempts(5));
    /// ```
    #[derive(Debug)]
    Retry
}

impl Retry {
    /// Creates a retry policy with a constant interval. (`constant`)
    #[must_use]
    pub fn constant(interval: Duration) -> Self {
        Self(Map::new().with("type", "constant").with("interval", interval))
    }

    /// Creates a retry policy with an interval that grows up to `max_interval`. (`exponential`)
    ///
    /// `set("delayFactor", 2.0)` sets the factor by which the interval grows.
    #[must_use]
    pub fn exponential(interval: Duration, max_interval: Duration) -> Self {
        Self(
            Map::new()
                .with("type", "exponential")
                .with("interval", interval)
                .with("maxInterval", max_interval),
        )
    }

    /// Creates a retry policy with a random interval between two bounds. (`random`)
    #[must_use]
    pub fn random(min_interval: Duration, max_interval: Duration) -> Self {
        Self(
            Map::new()
                .with("type", "random")
                .with("minInterval", min_interval)
                .with("maxInterval", max_interval),
        )
    }

    /// Sets the maximum number of attempts, the first included. No limit by default. (`maxAttempts`)
    #[must_use]
    pub fn max_attempts(self, attempts: u32) -> Self {
        self.set("maxAttempts", attempts)
    }

    /// Sets the maximum duration of all attempts together. No limit by default. (`maxDuration`)
    #[must_use]
    pub fn max_duration(self, duration: Duration) -> Self {
        self.set("maxDuration", duration)
    }
}
