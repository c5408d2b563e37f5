//! What travels with a request through all layers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Waker;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Method, Request};
use tokio::time::Instant;

use crate::error::{Error, Sent};
use crate::guards::Guards;
use crate::head::Head;
use crate::operation::{OperationInfo, Replay, Route};
use crate::options::CallOptions;
use crate::timeouts::{Limits, Timeouts};
use crate::version::Version;

/// What a request is a call of, with its options, its deadline and what has become of it so far.
///
/// Every request that a builder makes has one among its extensions; layers read it with [`CallContext::of`]. Copies share
/// what has become of the call, so an error at the end knows of all attempts.
#[derive(Clone)]
pub struct CallContext(Arc<Inner>);

struct Inner {
    head: Head,
    options: CallOptions,
    waits: bool,
    deadline: OnceLock<Instant>,
    guards: Guards,
    attempts: AtomicU32,
    sent: Sent,
}

impl CallContext {
    pub(crate) fn new(head: Head, options: CallOptions, waits: bool) -> Self {
        Self(Arc::new(Inner {
            head,
            options,
            waits,
            deadline: OnceLock::new(),
            guards: Guards::default(),
            attempts: AtomicU32::new(0),
            sent: Sent::default(),
        }))
    }

    /// The context of a request that no builder made.
    #[must_use]
    pub fn detached(options: CallOptions) -> Self {
        Self::new(Head::default(), options, false)
    }

    /// The context of a request, if it has one.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Option<&Self> {
        request.extensions().get()
    }

    /// The operation; `None` for a request that no builder made.
    #[must_use]
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.0.head.info
    }

    /// The options of the call, those of the client included.
    #[must_use]
    pub fn options(&self) -> &CallOptions {
        &self.0.options
    }

    /// Whether the server answers only when an execution has ended.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.0.waits
    }

    /// The limits in time, given those of a layer or client.
    #[must_use]
    pub fn limits(&self, defaults: Timeouts) -> Limits {
        self.0.options.get_timeouts().or(defaults).limits(self.operation(), self.0.waits)
    }

    /// When the call must have ended.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline.get().copied()
    }

    /// Sets when the call must have ended, for all copies; the first to say so counts.
    pub fn stamp_deadline(&self, deadline: Instant) {
        let _ = self.0.deadline.set(deadline);
    }

    /// How long the call still has; `None` without a deadline.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Says that a timer ends the attempt at the deadline too, for as long as the guard lives.
    #[must_use]
    pub fn guard_deadline(&self) -> DeadlineGuard {
        self.0.guards.begin();
        DeadlineGuard(self.clone())
    }

    /// Whether a timer below ends the call at its deadline, so that none is needed above. If so, the waker is woken once that
    /// is over, unless [`stop_relying`](Self::stop_relying) comes first.
    #[must_use]
    pub fn rely_on_guard(&self, waker: &Waker) -> bool {
        self.0.guards.rely(waker)
    }

    /// Takes the waker of [`rely_on_guard`](Self::rely_on_guard) away.
    pub fn stop_relying(&self) {
        self.0.guards.stop_relying();
    }

    /// Whether repeating the call can't start anything twice: what the call says, else the catalogue, else the method.
    #[must_use]
    pub fn is_idempotent(&self, method: &Method) -> bool {
        match (self.0.options.get_idempotent(), self.operation()) {
            (Some(said), _) => said,
            (None, Some(operation)) => operation.replay != Replay::StartsWork,
            // A GET webhook starts an execution, so a request that we know nothing of is only safe if it says so.
            (None, None) => matches!(*method, Method::HEAD | Method::OPTIONS),
        }
    }

    /// Counts an attempt and tells which it is, from 1.
    pub fn begin_attempt(&self) -> u32 {
        self.0.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How many attempts were begun.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts.load(Ordering::Relaxed)
    }

    /// Whether the request may have been sent, over all attempts.
    #[must_use]
    pub fn sent(&self) -> &Sent {
        &self.0.sent
    }

    /// Whether the route, the parameters that are set or what may be sent depend on the server's version.
    #[must_use]
    pub fn depends_on_version(&self) -> bool {
        self.0.head.depends_on_version()
    }

    /// Method, path and query for a server of this version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if that version lacks the operation or a parameter that is
    /// set.
    pub fn head_for(&self, version: Version) -> Result<(Method, PathAndQuery), Error> {
        let options = &self.0.options;
        let head = self.0.head.for_version(version, options.get_tenant(), options.is_any_version());
        head.map_err(|error| self.name(error))
    }

    /// The route for a server of this version; [`is_built_for`](Self::is_built_for) says whether the request as built fits it.
    ///
    /// # Errors
    ///
    /// As [`head_for`](Self::head_for).
    pub fn route_for(&self, version: Version) -> Result<&'static Route, Error> {
        let route = self.0.head.route_for(version, self.0.options.is_any_version());
        route.map_err(|error| self.name(error))
    }

    /// Whether the request as it was built, for the newest server, fits one of this version, whose route is given.
    #[must_use]
    pub fn is_built_for(&self, route: &'static Route, version: Version) -> bool {
        self.0.head.is_newest(route, version)
    }

    fn name(&self, error: Error) -> Error {
        match self.operation() {
            Some(operation) => error.of_operation(operation),
            None => error,
        }
    }
}

/// A timer that ends an attempt at the deadline of its call, see [`CallContext::guard_deadline`].
#[must_use = "the guard ends when it is dropped"]
#[derive(Debug)]
pub struct DeadlineGuard(CallContext);

impl Drop for DeadlineGuard {
    fn drop(&mut self) {
        self.0.0.guards.end();
    }
}

impl std::fmt::Debug for CallContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallContext")
            .field("operation", &self.operation().map(|operation| operation.name))
            .field("options", &self.0.options)
            .field("deadline", &self.deadline())
            .field("attempts", &self.attempts())
            .field("sent", &self.0.sent.get())
            .finish()
    }
}
