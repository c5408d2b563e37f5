use std::fmt;

/// The stage of a call in which it went wrong; `Display` says it in a few words that name nothing of the call.
///
/// | kind | the request | usual cause |
/// |---|---|---|
/// | `Build` | not sent | an argument that no server could read |
/// | `Server` | not sent | the server list: index, variable, URL |
/// | `Unsupported` | not sent | this server's version lacks the operation or parameter |
/// | `Refused` | not sent | it would silently do harm; the message names the override |
/// | `Auth` | not sent | the source of credentials failed |
/// | `Dns` | not sent | the host's name |
/// | `Connect` | not sent | address, port, a server that is down |
/// | `Proxy` | not sent | the proxy refused or can't be reached |
/// | `Tls` | not sent | certificate, trust roots |
/// | `Timeout` | see `request_sent()` | the phase says which limit |
/// | `Transport` | see `request_sent()` | the connection broke |
/// | `Status` | sent | the server, or a proxy, responded with an error |
/// | `Decode` | sent | the response can't be decoded |
/// | `Incomplete` | sent | the server did a part of it, and said success; `failures()` names the rest |
/// | `File` | see `request_sent()` | a path, its rights, or a full disk |
/// | `Service` | see `request_sent()` | a layer or service of yours |
/// | `ExecutionFailed` | sent | the execution ended as FAILED, KILLED or CANCELLED, or never was in the state that was waited for |
/// | `UnclearOutcome` | may be sent | the response to a creation was lost, and nothing was found by its key in time |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request can't be built from what was given.
    Build,
    /// No server could be selected, or its URL is invalid.
    Server,
    /// The server's version lacks the operation or a parameter that was set.
    Unsupported,
    /// The call would silently do harm on this server.
    Refused,
    /// Credentials can't be had.
    Auth,
    /// The name of the server can't be resolved.
    Dns,
    /// No TCP connection to the server.
    Connect,
    /// The proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// A timeout.
    Timeout(TimeoutPhase),
    /// The connection broke.
    Transport,
    /// The response's status is an error.
    Status,
    /// The response can't be read.
    Decode,
    /// The server did only a part of it, under a status of success; [`failures`](crate::Error::failures) names the rest.
    Incomplete,
    /// A local file, or whatever a download is written to, can't be read or written.
    File,
    /// A layer or service that isn't ours.
    Service,
    /// An execution ended in failure.
    ExecutionFailed,
    /// Whether an execution was started can't be told, or one was that can't be read;
    /// [`idempotency_key`](crate::Error::idempotency_key) is what to look it up by.
    UnclearOutcome,
}

impl ErrorKind {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Build => "invalid argument",
            Self::Server => "invalid server",
            Self::Unsupported => "unsupported",
            Self::Refused => "refused",
            Self::Auth => "credentials unavailable",
            Self::Dns => "can't resolve the host",
            Self::Connect => "can't connect",
            Self::Proxy => "proxy error",
            Self::Tls => "TLS error",
            Self::Timeout(_) => "timed out",
            Self::Transport => "connection error",
            Self::Status => "the server responded with an error",
            Self::Decode => "invalid response",
            Self::Incomplete => "partial failure",
            Self::File => "file error",
            Self::Service => "service error",
            Self::ExecutionFailed => "the execution failed",
            Self::UnclearOutcome => "the outcome is unclear",
        }
    }
}

impl ErrorKind {
    /// Returns the value of the attribute `error.type` in spans and metrics, such as `connect`. `_OTHER` for the error of a layer
    /// that isn't ours.
    #[must_use]
    pub const fn error_type(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Server => "server",
            Self::Unsupported => "unsupported",
            Self::Refused => "refused",
            Self::Auth => "auth",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Timeout(_) => "timeout",
            Self::Transport => "transport",
            Self::Status => "status",
            Self::Decode => "decode",
            Self::Incomplete => "incomplete",
            Self::File => "file",
            Self::Service => "_OTHER",
            Self::ExecutionFailed => "execution_failed",
            Self::UnclearOutcome => "unclear_outcome",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(phase) => write!(f, "{} ({phase})", self.text()),
            _ => f.write_str(self.text()),
        }
    }
}

/// What a call was doing when a timeout was reached.
///
/// A connection that isn't open within [`Timeouts::connect`](crate::Timeouts::connect) has the phase of the step that it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// Resolving the name of the server.
    Dns,
    /// Opening a TCP connection to the server.
    Connect,
    /// Reaching the proxy: its name, TCP, TLS and handshake.
    Proxy,
    /// The TLS handshake with the server.
    Tls,
    /// Sending the body of the request.
    RequestBody,
    /// Waiting for the head of the response after the request was sent.
    FirstByte,
    /// One attempt.
    Attempt,
    /// The whole call with its retries.
    Total,
    /// Waiting for the next piece of a streamed response.
    Idle,
    /// The detection of the server's version.
    VersionProbe,
}

impl TimeoutPhase {
    /// The name of the limit in `Timeouts` and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::RequestBody => "request body",
            Self::FirstByte => "first byte",
            Self::Attempt => "attempt",
            Self::Total => "total",
            Self::Idle => "idle",
            Self::VersionProbe => "version probe",
        }
    }
}

impl fmt::Display for TimeoutPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
