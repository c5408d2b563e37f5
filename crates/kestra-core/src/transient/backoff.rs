//! How long is waited before a connection is opened again, and when it is given up.

use std::time::Duration;

use tokio::time::Instant;

/// Waits that grow with full jitter, from nothing to a limit that doubles.
///
/// What came through resets them; an outage that lasts too long ends with its error. A response to another
/// request ends the outage, but the waits go on growing.
#[derive(Debug)]
pub struct Backoff {
    failures: u32,
    since: Option<Instant>,
    base: Duration,
    cap: Duration,
    outage: Duration,
}

impl Default for Backoff {
    /// Waits of up to 100 ms, 200 ms, 400 ms … 10 s, for an outage of up to 10 minutes.
    fn default() -> Self {
        Self {
            failures: 0,
            since: None,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(10),
            outage: Duration::from_mins(10),
        }
    }
}

impl Backoff {
    /// Sets the longest first wait and the cap.
    pub fn waits(mut self, base: Duration, cap: Duration) -> Self {
        (self.base, self.cap) = (base, cap.max(base));
        self
    }

    /// Sets how long nothing may come through.
    pub fn outage(mut self, limit: Duration) -> Self {
        self.outage = limit;
        self
    }

    /// Says that something came through.
    pub fn reset(&mut self) {
        (self.failures, self.since) = (0, None);
    }

    /// Records a response to another request: this is no outage, but the waits go on growing.
    pub fn responded(&mut self) {
        self.since = None;
    }

    /// How long to wait after a failure; nothing if nothing has come through for too long.
    pub fn next_wait(&mut self) -> Option<Duration> {
        if self.since.get_or_insert_with(Instant::now).elapsed() >= self.outage {
            return None;
        }
        Some(self.grow())
    }

    /// Returns how much longer the outage may last.
    pub(super) fn time_left(&self) -> Duration {
        self.outage.saturating_sub(self.since.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// Waits, longer each time.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.grow()).await;
    }

    fn grow(&mut self) -> Duration {
        self.next_limit().mul_f64(fastrand::f64())
    }

    /// Returns the upper bound of the next pause, and doubles it.
    pub(super) fn next_limit(&mut self) -> Duration {
        let limit = self.base.saturating_mul(1 << self.failures.min(20)).min(self.cap);
        self.failures = self.failures.saturating_add(1);
        limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_ends() {
        let mut backoff = Backoff::default().outage(Duration::from_secs(30));
        let begun = Instant::now();
        while let Some(wait) = backoff.next_wait() {
            tokio::time::sleep(wait).await;
        }
        let lasted = begun.elapsed();
        assert!(lasted >= Duration::from_secs(30) && lasted <= Duration::from_secs(40), "{lasted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_through_resets_it() {
        let mut backoff = Backoff::default().outage(Duration::ZERO);
        backoff.since = Some(Instant::now());
        backoff.reset();
        assert_eq!((backoff.failures, backoff.since), (0, None));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_the_outage_but_not_the_growth_of_the_waits() {
        let mut backoff = Backoff::default().outage(Duration::from_secs(30));
        let begun = Instant::now();
        let mut tries = 0;
        while begun.elapsed() < Duration::from_secs(600) {
            backoff.responded();
            tokio::time::sleep(backoff.next_wait().unwrap()).await;
            tries += 1;
        }
        // Half of the longest wait on average.
        assert!((60..300).contains(&tries), "{tries} tries in 10 minutes");
    }
}
