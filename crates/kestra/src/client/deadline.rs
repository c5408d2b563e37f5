//! One deadline for several requests.

use std::time::Duration;

use kestra_core::{CallOptions, OperationInfo};
use tokio::time::Instant;

/// The time at which everything must be done; never where there is no limit, or none that a clock can reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// What the options of a call say, else those of its client, else the operation's default; counted from now.
    pub(crate) fn of(call: &CallOptions, client: &CallOptions, info: Option<&OperationInfo>) -> Self {
        let timeouts = call.get_timeouts().or(client.get_timeouts());
        Self::within(timeouts.limits(info, false).total)
    }

    /// So long from now.
    pub(crate) fn within(limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| Instant::now().checked_add(limit)))
    }

    /// The time that is left; `None` without a limit.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether nothing is left.
    pub(crate) fn is_over(self) -> bool {
        self.left() == Some(Duration::ZERO)
    }

    /// The options with what is left as their limit.
    pub(crate) fn limit(self, options: CallOptions) -> CallOptions {
        match self.left() {
            Some(left) => options.timeout(left),
            None => options,
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
