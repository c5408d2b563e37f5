//! Timeouts: settings and defaults.

use std::time::Duration;

use crate::macros::setters;
use crate::operation::{OperationInfo, Traffic};

/// The timeouts of a client or of one call; what is not set here is taken from the client, then from this table.
///
/// | operation | connect | attempt | total | idle |
/// |---|---|---|---|---|
/// | quick: almost all | 10 s | 60 s | 2 min | – |
/// | download | 10 s | 60 s, to the head | 2 min, to the head | 60 s a piece |
/// | follow | 10 s | 60 s, to the head | 2 min, to the head | 5 min a piece |
/// | follow dependencies | 10 s | 60 s, to the head | 2 min, to the head | 10 s a piece |
/// | upload | 10 s | none | none | 60 s a piece, each way |
/// | `wait(true)` | 10 s | none | none | none |
///
/// An attempt may take 60 s because a 2.0 server holds a command for up to 30 s. Waiting between attempts counts to the
/// total only. The transport limits connecting, so a call can't change that limit. A call of `wait(true)` takes its attempt
/// and idle timeouts from its own options only, as those of a client are meant for calls with a prompt response; the
/// client's total timeout applies to it, too.
///
/// ```
/// use std::time::Duration;
/// use kestra_core::Timeouts;
///
/// let timeouts = Timeouts::default().connect(Duration::from_secs(5)).total(Duration::from_mins(1)).no_attempt();
/// # let _ = timeouts;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    connect: Setting,
    attempt: Setting,
    total: Setting,
    idle: Setting,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Setting {
    #[default]
    Unset,
    Off,
    After(Duration),
}

impl Setting {
    fn or(self, other: Self) -> Self {
        if self == Self::Unset { other } else { self }
    }

    fn or_default(self, default: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Unset => default,
            Self::Off => None,
            Self::After(limit) => Some(limit),
        }
    }
}

/// The limits that hold for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// For one attempt; to the head of the response if the body is a stream.
    pub attempt: Option<Duration>,
    /// For the whole call with its retries; to the head of the response if the body is a stream.
    pub total: Option<Duration>,
    /// For each piece of a streamed body.
    pub idle: Option<Duration>,
}

/// The default of [`Timeouts::connect`].
const DEFAULT_CONNECT: Duration = Duration::from_secs(10);

impl Timeouts {
    fn inner_mut(&mut self) -> &mut Self {
        self
    }

    setters! {
        /// Sets the timeout of a connection: name resolution, TCP, proxy and TLS together. Defaults to 10 s.
        connect(limit: Duration) timeouts => timeouts.connect = Setting::After(limit);

        /// Sets the timeout of one attempt. Defaults to 60 s.
        attempt(limit: Duration) timeouts => timeouts.attempt = Setting::After(limit);

        /// Removes the timeout of one attempt.
        no_attempt() timeouts => timeouts.attempt = Setting::Off;

        /// Sets the timeout of the whole call, retries and the waits between them included. Defaults to 2 min.
        total(limit: Duration) timeouts => timeouts.total = Setting::After(limit);

        /// Removes the timeout of the whole call.
        no_total() timeouts => timeouts.total = Setting::Off;

        /// Sets how long a stream may be silent. Defaults to 60 s for files, 5 min for events, and 10 s for events of
        /// dependencies.
        idle(limit: Duration) timeouts => timeouts.idle = Setting::After(limit);

        /// Removes the limit on how long streams may be silent.
        no_idle() timeouts => timeouts.idle = Setting::Off;
    }

    /// Returns these timeouts, with those of `other` for each that isn't set.
    #[inline]
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            connect: self.connect.or(other.connect),
            attempt: self.attempt.or(other.attempt),
            total: self.total.or(other.total),
            idle: self.idle.or(other.idle),
        }
    }

    /// Returns the timeouts of a client as they apply to a call that waits for the end of an execution: an attempt takes as
    /// long as the execution, without a byte of the response meanwhile.
    pub(crate) fn for_waiting(self) -> Self {
        Self { attempt: Setting::Unset, idle: Setting::Unset, ..self }
    }

    /// The limit for a connection.
    #[must_use]
    pub fn connect_limit(&self) -> Duration {
        self.connect.or_default(Some(DEFAULT_CONNECT)).unwrap_or(DEFAULT_CONNECT)
    }

    /// The limits for one call; `waits` says that the server responds only when an execution has ended.
    #[doc(hidden)]
    #[inline]
    pub fn limits(&self, operation: Option<&OperationInfo>, waits: bool) -> Limits {
        const MINUTE: Option<Duration> = Some(Duration::from_mins(1));
        const TOTAL: Option<Duration> = Some(Duration::from_mins(2));
        let traffic = operation.map_or(Traffic::Quick, |operation| operation.traffic);
        let (attempt, total, idle) = match traffic {
            _ if waits => (None, None, None),
            Traffic::Quick => (MINUTE, TOTAL, None),
            Traffic::Download => (MINUTE, TOTAL, MINUTE),
            Traffic::Follow => (MINUTE, TOTAL, Some(Duration::from_mins(5))),
            Traffic::FollowBriefly => (MINUTE, TOTAL, Some(Duration::from_secs(10))),
            Traffic::Upload => (None, None, MINUTE),
        };
        Limits {
            attempt: self.attempt.or_default(attempt),
            total: self.total.or_default(total),
            idle: self.idle.or_default(idle),
        }
    }
}
