//! One deadline for several requests.

use std::time::Duration;

use kestra_core::{CallOptions, OperationInfo};
use tokio::time::Instant;

/// The time at which everything must be done, or `None` if there is no limit, or one that no clock can reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// Returns the total timeout of these options from now, by default that of the operation.
    pub(crate) fn of(options: &CallOptions, info: Option<&OperationInfo>, waits: bool) -> Self {
        Self::within(options.get_timeouts().limits(info, waits).total)
    }

    /// Returns this duration from now.
    pub(crate) fn within(limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| Instant::now().checked_add(limit)))
    }

    /// Returns the time that is left, or `None` without a limit.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Returns whether no time is left.
    pub(crate) fn is_over(self) -> bool {
        self.left() == Some(Duration::ZERO)
    }

    /// Sets the total timeout of options to the time that is left.
    pub(crate) fn limit(self, options: CallOptions) -> CallOptions {
        match self.left() {
            Some(left) => options.timeout(left),
            None => options,
        }
    }

    /// Returns the result of a future, or `None` if it isn't done in time.
    pub(crate) async fn run<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            Some(deadline) => tokio::time::timeout_at(deadline, work).await.ok(),
            None => Some(work.await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_left_shrinks_to_nothing() {
        let deadline = Deadline::within(Some(Duration::from_secs(2)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(deadline.left(), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(deadline.is_over());
    }

    #[test]
    fn more_than_a_clock_holds_is_no_limit() {
        assert_eq!(Deadline::within(Some(Duration::MAX)).left(), None);
    }
}
