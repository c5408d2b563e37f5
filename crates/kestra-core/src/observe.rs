//! What a client tells about itself that a layer of its stack can't see.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::operation::OperationInfo;
use crate::retry::RetryEvent;
use crate::version::Version;

/// Something that a client did or noticed, passed to an [`Observer`].
///
/// Match with `..` and a wildcard arm: events and fields are added.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ClientEvent<'a> {
    /// A call ended, or was dropped. A builder of several calls, such as `run`, emits one of these for each of its calls.
    CallEnded {
        /// The operation; `None` for a request that no builder made.
        operation: Option<&'static OperationInfo>,
        /// The outcome.
        outcome: CallOutcome<'a>,
        /// The number of attempts. 0 in a stack without a retry layer, and for a call that no attempt was made of.
        attempts: u32,
        /// The time since the call was sent.
        duration: Duration,
    },
    /// A call is about to be retried.
    Retry(&'a RetryEvent<'a>),
    /// A call is not retried, since the retry budget is used up.
    RetryBudgetExhausted {
        /// The operation; `None` for a request that no builder made.
        operation: Option<&'static OperationInfo>,
    },
    /// A read was slower than usual, so a [hedge](https://docs.rs/kestra/latest/kestra/layers/hedge/index.html) sent a second request.
    HedgeSent {
        /// The operation.
        operation: &'static OperationInfo,
        /// The time since the first request was sent.
        waited: Duration,
    },
    /// A call of which two requests were sent has its result, or was dropped.
    HedgeEnded {
        /// The operation.
        operation: &'static OperationInfo,
        /// Which request the result is from.
        winner: HedgeWinner,
    },
    /// A read was slower than usual, but no second request was sent, since the budget for these is used up.
    HedgeBudgetExhausted {
        /// The operation.
        operation: &'static OperationInfo,
    },
    /// A creation ended in an error of kind [`UnclearOutcome`](crate::ErrorKind::UnclearOutcome): the server may have executed
    /// it, and the client could not find out.
    UnclearOutcome(&'a Error),
    /// A stream of events is about to be opened again.
    StreamReconnect {
        /// The operation.
        operation: &'static OperationInfo,
        /// The error that ended the last connection.
        cause: &'a Error,
        /// The pause before the next connection.
        wait: Duration,
    },
    /// The version of a server was detected, or its detection failed. Calls that share a detection emit one event.
    VersionProbe {
        /// The version, or the error.
        result: Result<Version, &'a Error>,
        /// The time that the detection took.
        duration: Duration,
    },
    /// A member of a cluster failed too often and is left out.
    ServerEjected {
        /// The server.
        server: ServerAddress<'a>,
        /// The time for which no call goes to it. Then one call probes it.
        duration: Duration,
    },
    /// A member of a cluster that was left out works again.
    ServerReturned {
        /// The server.
        server: ServerAddress<'a>,
    },
    /// A call got a connection of the pool.
    PoolWait {
        /// The server.
        server: ServerAddress<'a>,
        /// The time that the call waited for it. 0 if it was idle.
        waited: Duration,
    },
    /// A connection was opened or closed, or changed its owner.
    Connection {
        /// The server.
        server: ServerAddress<'a>,
        /// The change.
        change: ConnectionChange,
    },
}

/// The outcome of a call in a [`ClientEvent`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum CallOutcome<'a> {
    /// The server responded with a success.
    Success,
    /// The call failed.
    Failed(&'a Error),
    /// The future of the call was dropped before it ended.
    Cancelled,
}

/// The request that gave a hedged call its result, in a [`ClientEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HedgeWinner {
    /// The first request: the second one did not help.
    First,
    /// The second request.
    Second,
    /// Neither: both failed, or the second one did not respond soon enough after the first had failed.
    Neither,
    /// The future of the call was dropped before.
    Cancelled,
}

/// The host and port of a server in a [`ClientEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ServerAddress<'a> {
    /// The host: a name, or an address, without brackets.
    pub host: &'a str,
    /// The port.
    pub port: u16,
}

impl<'a> ServerAddress<'a> {
    /// Creates the address of a server.
    #[must_use]
    pub fn new(host: &'a str, port: u16) -> Self {
        Self { host: host.trim_start_matches('[').trim_end_matches(']'), port }
    }
}

/// A change of a connection in a [`ClientEvent`].
///
/// A connection of HTTP/2 serves many calls at once: it is opened and closed, and nothing in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionChange {
    /// The connection was opened for a call.
    Opened,
    /// A call took the connection, which was idle.
    Reused,
    /// The call gave the connection back.
    Idle,
    /// The connection was closed.
    Closed {
        /// Whether the connection was idle before.
        was_idle: bool,
    },
}

/// A function that is called with each [`ClientEvent`].
///
/// It is called on the threads of the calls, before they continue, so it must not block. Without an observer, no event is made.
///
/// ```
/// use kestra_core::{ClientEvent, Observer};
///
/// let observer = Observer::new(|event| {
///     if let ClientEvent::RetryBudgetExhausted { operation, .. } = event {
///         println!("no more retries of {:?}", operation.map(|operation| operation.name));
///     }
/// });
/// # let _ = observer;
/// ```
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&ClientEvent<'_>) + Send + Sync>);

impl Observer {
    /// Creates an observer that calls `observe`.
    pub fn new<F>(observe: F) -> Self
    where
        F: Fn(&ClientEvent<'_>) + Send + Sync + 'static,
    {
        Self(Arc::new(observe))
    }

    /// Returns an observer that calls this one and then `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(move |event| {
            self.tell(event);
            other.tell(event);
        })
    }
}

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl Observer {
    /// Calls the observer.
    ///
    /// A panic ends here: it would otherwise end a call halfway, or the process, as connections report from their `Drop`.
    pub fn tell(&self, event: &ClientEvent<'_>) {
        let _ = panic::catch_unwind(AssertUnwindSafe(|| (self.0)(event)));
    }
}

crate::debug_fields! { Observer, _ => {} }
