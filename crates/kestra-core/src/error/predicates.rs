//! Predicates of an error that hold on every version of the server.

use std::io;

use http::StatusCode;

use super::{Error, ErrorKind, ErrorResponse, RequestSent, causes, is_transient_status};
use crate::operation::Replay;

impl Error {
    /// Returns whether the resource is missing: a 404, a 410 for a key that has expired, or the response of servers before
    /// 2.0 for a trigger that they don't know.
    ///
    /// False for a 404 whose body is no JSON, such as the page of a proxy or load balancer that finds no backend: it says
    /// nothing about the resource.
    ///
    /// # Troubleshooting
    ///
    /// Usual causes: the namespace or id is misspelt; the tenant is another one; the server's URL lacks its context path. An
    /// execution that was only just created may not be found on 2.0 until the executor took it.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.is_missing || self.is_404_with(|response| response.json_object().is_some())
    }

    /// Returns whether Kestra itself says that the resource is missing: the client decides by it, so the JSON of an
    /// API gateway doesn't count either.
    #[doc(hidden)]
    pub fn is_missing(&self) -> bool {
        self.0.is_missing || self.is_404_with(ErrorResponse::is_kestra_error)
    }

    fn is_404_with(&self, body: fn(&ErrorResponse) -> bool) -> bool {
        matches!(self.call_status(), Some(StatusCode::NOT_FOUND | StatusCode::GONE))
            && self.response().is_some_and(body)
    }

    /// Returns whether a proxy, a load balancer or another web server responded with a 404 of its own, which says nothing
    /// about the resource: the request most likely didn't reach Kestra.
    #[doc(hidden)]
    pub fn is_gateway_not_found(&self) -> bool {
        matches!(self.status(), Some(StatusCode::NOT_FOUND | StatusCode::GONE))
            && !self.0.is_missing
            && !self.response().is_some_and(ErrorResponse::is_kestra_error)
    }

    /// Whether the state of the thing doesn't allow the action.
    ///
    /// Servers respond with 409; 1.x responds with 422 or 400 to some actions: pausing a paused execution, restarting one
    /// with no task run to restart, unqueuing one that isn't queued, changing a backfill that doesn't exist. Bulk actions
    /// respond with 400 on any version.
    ///
    /// # Troubleshooting
    ///
    /// Read the thing again: somebody else, or the flow itself, was faster. A disabled or invalid flow can't be executed.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        match self.call_status() {
            Some(StatusCode::CONFLICT) => true,
            Some(StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST) => {
                self.server_says(&[
                    "Illegal state",
                    "Conflict",
                    "already paused",
                    "is not paused",
                    "is not running",
                    "not terminated",
                    "No backfill",
                    "already exists",
                    // Of one execution.
                    "Only QUEUED execution",
                    "Only non terminated execution",
                    "be terminated",
                    "is not suspended",
                    // Of several.
                    "not in state ",
                    "in a terminated state",
                    "already finished",
                ]) || (self.server_says(&["No task found to restart"]) && !self.names_a_task_run())
            }
            _ => false,
        }
    }

    /// Whether something with this id is there already (422 on 1.x, 409 on 2.0).
    ///
    /// # Troubleshooting
    ///
    /// To create or update a flow, whichever is needed, use `flows().deploy(yaml)`.
    #[must_use]
    pub fn already_exists(&self) -> bool {
        matches!(self.call_status(), Some(StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT))
            && self.server_says(&["already exists", "already exist"])
    }

    /// Whether the credentials are missing, wrong or of a kind that the server doesn't know (401).
    ///
    /// # Troubleshooting
    ///
    /// Open source has basic auth with one user and no tokens. On 1.0 a webhook may want credentials too. Don't repeat the
    /// call with the same credentials: every failure is costly for the server.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(StatusCode::UNAUTHORIZED)
    }

    /// Whether the caller may not do this (403).
    ///
    /// # Troubleshooting
    ///
    /// 2.0 has permissions by action: a token that worked on 1.3 may need a new role. An empty 403 means that a cookie or an
    /// `Origin` header was sent.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// Whether the server found the request invalid (400 or 422) for a reason that isn't a conflict.
    ///
    /// # Troubleshooting
    ///
    /// [`api_message`](Self::api_message) names the fault, [`invalid_inputs`](Self::invalid_inputs) the inputs.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        matches!(self.call_status(), Some(StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST))
            && !self.is_conflict()
    }

    /// Returns whether a timeout was reached, ours or that of a layer below.
    ///
    /// # Troubleshooting
    ///
    /// [`kind`](Self::kind) has the phase. Whether the request was seen says [`request_sent`](Self::request_sent).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind(), ErrorKind::Timeout(_))
            || matches!(self.status(), Some(StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT))
    }

    /// Whether no connection came about, so that the request was never sent.
    ///
    /// # Troubleshooting
    ///
    /// Check name, port and network; the API's port is 8080 by default, 8081 is for management.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        use super::TimeoutPhase::{Connect, Dns, Proxy, Tls};
        matches!(
            self.kind(),
            ErrorKind::Dns
                | ErrorKind::Connect
                | ErrorKind::Proxy
                | ErrorKind::Tls
                | ErrorKind::Timeout(Dns | Connect | Proxy | Tls)
        )
    }

    /// Returns whether the error is transient: the same request may succeed later without a change.
    ///
    /// True for a failed or broken connection, a failed proxy, every timeout, a call that was shed, the statuses of
    /// [`is_transient_status`](crate::retry::is_transient_status) (408, 425, 429, 502, 503 and 504), and for a 400, 404, 409, 410
    /// or 422 within whose body the connection ended. Retries, streams that reconnect and waits all use it. It does not tell
    /// whether the request may be repeated: see [`is_retryable`](Self::is_retryable).
    ///
    /// # Troubleshooting
    ///
    /// The server, or a proxy in front of it, is restarting or overloaded. A server that shuts down may also respond with
    /// 500. Calls retry a 500 only if they know that the resource exists, since Kestra also responds with 500 to many
    /// mistakes.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        if let Some(transient) = self.0.transient {
            return transient;
        }
        match self.kind() {
            ErrorKind::Dns
            | ErrorKind::Connect
            | ErrorKind::Proxy
            | ErrorKind::Transport
            | ErrorKind::Timeout(_) => true,
            ErrorKind::Status => self.status().is_some_and(is_transient_status),
            // A transport other than ours has its own errors, with `io::Error`s among their causes.
            ErrorKind::Service => self.io_cause().is_some_and(is_connection_fault),
            _ => false,
        }
    }

    /// Whether the same call may succeed later without a change, and repeating it can't start anything twice.
    ///
    /// # Troubleshooting
    ///
    /// It is false for a non-idempotent call that the server may have received: look for its effect before you repeat it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let is_idempotent =
            self.operation().is_some_and(|operation| operation.replay != Replay::NonIdempotent);
        self.is_transient()
            && (is_idempotent
                || self.request_sent() == RequestSent::No
                || self.has_status(StatusCode::TOO_MANY_REQUESTS))
    }

    /// Returns whether the call names a task run, which may be the resource that isn't found.
    fn names_a_task_run(&self) -> bool {
        self.operation().is_some_and(|operation| !operation.name.starts_with("restart"))
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.status() == Some(status)
    }

    /// Returns the status of the response to the call itself, not to the version detection.
    fn call_status(&self) -> Option<StatusCode> {
        if self.0.is_version_detection { None } else { self.status() }
    }

    fn io_cause(&self) -> Option<io::ErrorKind> {
        causes(self).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
    }

    fn server_says(&self, texts: &[&str]) -> bool {
        self.api_message().is_some_and(|message| texts.iter().any(|text| message.contains(text)))
    }
}

/// Returns whether an I/O error means that a connection failed, broke or timed out.
fn is_connection_fault(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NotConnected
            | io::ErrorKind::TimedOut
            | io::ErrorKind::UnexpectedEof
    )
}
