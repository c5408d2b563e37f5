//! Timeouts: settings and defaults.

use std::time::Duration;

use crate::macros::setters;
use crate::operation::{OperationInfo, Traffic};

/// The timeouts of a client or of one call; what is not set here is taken from the client, then from this table.
///
/// | operation | attempt | total | request body | first byte | idle |
/// |---|---|---|---|---|---|
/// | quick: almost all | 60 s | 2 min | none | none | none |
/// | download | 60 s, to the head | 2 min, to the head | none | none | 60 s |
/// | follow | 60 s, to the head | 2 min, to the head | none | none | 5 min |
/// | follow dependencies | 60 s, to the head | 2 min, to the head | none | none | 10 s |
/// | upload | none | none | 60 s | 60 s | 60 s |
/// | `wait(true)` | none | none | none | none | none |
///
/// A connection has 10 s ([`connect`](Self::connect)). Its steps have timeouts of their own only if set: [`dns`](Self::dns),
/// [`proxy`](Self::proxy), [`tcp`](Self::tcp), [`tls`](Self::tls). A call can't change these five, as connections are shared.
///
/// An attempt may take 60 s because a 2.0 server holds a command for up to 30 s. Waiting between attempts counts to the
/// total only. A call of `wait(true)` takes its timeouts from its own options only, as those of a client are meant for calls
/// with a prompt response; the client's total timeout applies to it, too.
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
    steps: Steps,
    attempt: Setting,
    total: Setting,
    request_body: Setting,
    first_byte: Setting,
    idle: Setting,
}

/// The timeouts of the steps of a connection; `None` for a step that only the timeout of the connection bounds.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Steps {
    pub dns: Option<Duration>,
    pub proxy: Option<Duration>,
    pub tcp: Option<Duration>,
    pub tls: Option<Duration>,
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
    /// For each piece of the request's body, if it is large or a stream.
    pub request_body: Option<Duration>,
    /// From the end of the request to the head of the response.
    pub first_byte: Option<Duration>,
    /// For each piece of a streamed response.
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

        /// Sets the timeout of resolving the server's name. None by default: `connect` bounds it.
        dns(limit: Duration) timeouts => timeouts.steps.dns = Some(limit);

        /// Sets the timeout of reaching the proxy: its name, TCP, TLS and handshake. None by default: `connect` bounds it.
        proxy(limit: Duration) timeouts => timeouts.steps.proxy = Some(limit);

        /// Sets the timeout of the TCP connection to the server, over all its addresses. None by default: `connect` bounds it.
        tcp(limit: Duration) timeouts => timeouts.steps.tcp = Some(limit);

        /// Sets the timeout of the TLS handshake with the server. None by default: `connect` bounds it.
        tls(limit: Duration) timeouts => timeouts.steps.tls = Some(limit);

        /// Sets the timeout of one attempt. Defaults to 60 s.
        attempt(limit: Duration) timeouts => timeouts.attempt = Setting::After(limit);

        /// Removes the timeout of one attempt.
        no_attempt() timeouts => timeouts.attempt = Setting::Off;

        /// Sets the timeout of the whole call, retries and the waits between them included. Defaults to 2 min.
        total(limit: Duration) timeouts => timeouts.total = Setting::After(limit);

        /// Removes the timeout of the whole call.
        no_total() timeouts => timeouts.total = Setting::Off;

        /// Sets how long the server may take no byte of a request's body. Defaults to 60 s for uploads. It applies to uploads
        /// and to bodies that are streams; others are bounded by the attempt.
        request_body(limit: Duration) timeouts => timeouts.request_body = Setting::After(limit);

        /// Removes the limit on how long the server may take no byte of a request's body.
        no_request_body() timeouts => timeouts.request_body = Setting::Off;

        /// Sets how long the server may take from the end of the request to the head of the response. Defaults to 60 s for
        /// uploads, and to none for others, which the timeout of the attempt bounds.
        first_byte(limit: Duration) timeouts => timeouts.first_byte = Setting::After(limit);

        /// Removes the limit on the time from the end of the request to the head of the response.
        no_first_byte() timeouts => timeouts.first_byte = Setting::Off;

        /// Sets how long a streamed response may be silent. Defaults to 60 s for files, 5 min for events, and 10 s for events
        /// of dependencies.
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
            steps: Steps {
                dns: self.steps.dns.or(other.steps.dns),
                proxy: self.steps.proxy.or(other.steps.proxy),
                tcp: self.steps.tcp.or(other.steps.tcp),
                tls: self.steps.tls.or(other.steps.tls),
            },
            attempt: self.attempt.or(other.attempt),
            total: self.total.or(other.total),
            request_body: self.request_body.or(other.request_body),
            first_byte: self.first_byte.or(other.first_byte),
            idle: self.idle.or(other.idle),
        }
    }

    /// Returns the timeouts of a client as they apply to a call that waits for the end of an execution: an attempt takes as
    /// long as the execution, without a byte of the response meanwhile.
    pub(crate) fn for_waiting(self) -> Self {
        Self { connect: self.connect, steps: self.steps, total: self.total, ..Self::default() }
    }

    /// The limit for a connection.
    #[must_use]
    pub fn connect_limit(&self) -> Duration {
        self.connect.or_default(Some(DEFAULT_CONNECT)).unwrap_or(DEFAULT_CONNECT)
    }

    /// The timeouts of the steps of a connection.
    #[doc(hidden)]
    #[must_use]
    pub fn steps(&self) -> Steps {
        self.steps
    }

    /// The limits for one call; `waits` says that the server responds only when an execution has ended.
    #[doc(hidden)]
    #[inline]
    pub fn limits(&self, operation: Option<&OperationInfo>, waits: bool) -> Limits {
        const MINUTE: Option<Duration> = Some(Duration::from_mins(1));
        const TOTAL: Option<Duration> = Some(Duration::from_mins(2));
        let traffic = operation.map_or(Traffic::Quick, |operation| operation.traffic);
        let (attempt, total, upload, idle) = match traffic {
            _ if waits => (None, None, None, None),
            Traffic::Quick => (MINUTE, TOTAL, None, None),
            Traffic::Download => (MINUTE, TOTAL, None, MINUTE),
            Traffic::Follow => (MINUTE, TOTAL, None, Some(Duration::from_mins(5))),
            Traffic::FollowBriefly => (MINUTE, TOTAL, None, Some(Duration::from_secs(10))),
            Traffic::Upload => (None, None, MINUTE, MINUTE),
        };
        Limits {
            attempt: self.attempt.or_default(attempt),
            total: self.total.or_default(total),
            request_body: self.request_body.or_default(upload),
            first_byte: self.first_byte.or_default(upload),
            idle: self.idle.or_default(idle),
        }
    }
}
