//! What travels with a request through all layers.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Method, Request};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, RequestSent, Sent};
use crate::head::Head;
use crate::operation::{OperationInfo, Replay, Route};
use crate::options::CallOptions;
use crate::timeouts::{Limits, Timeouts};
use crate::version::Version;

/// The operation, options, deadline and progress of a call.
///
/// Every request that a builder makes has one among its extensions; layers read it with [`CallContext::of`]. Copies
/// share the progress, so an error at the end knows of all attempts.
#[derive(Clone)]
pub struct CallContext {
    call: Arc<Inner>,
    /// Whether it belongs to the second of two requests that are in flight at the same time.
    is_second: bool,
}

struct Inner {
    info: Option<&'static OperationInfo>,
    /// What the head is made of, kept only where another version needs another one.
    head: Option<Box<Head>>,
    options: CallOptions,
    waits: bool,
    needs_fresh_version: bool,
    begun: OnceLock<Instant>,
    deadline: OnceLock<Instant>,
    attempts: AtomicU32,
    has_timed_out: AtomicBool,
    is_expiring: AtomicBool,
    has_attempt_timer: AtomicBool,
    /// Whether another member of a cluster is there for the next attempt.
    next_member: AtomicU8,
    has_address: AtomicBool,
    second_look: AtomicU8,
    /// A bit for each member of a cluster that failed the call or has a request of it.
    used_members: AtomicU64,
    /// A hedged call has two requests in flight, and what is known of one says nothing of the other.
    first: Progress,
    second: Progress,
}

/// What is known of one of the requests that a call may have in flight, over its attempts.
#[derive(Default)]
struct Progress {
    is_detecting_version: AtomicBool,
    /// How many requests have left the layers.
    departures: AtomicU32,
    connect_wait: AtomicU8,
    sent: Sent,
}

/// The best of the other members of a cluster for a call that failed at one.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NextMember {
    /// None.
    None,
    /// One of which it isn't known whether it works.
    Any,
    /// One that works.
    Healthy,
}

impl CallContext {
    pub(crate) fn new(
        info: Option<&'static OperationInfo>,
        head: Option<Box<Head>>,
        options: CallOptions,
        waits: bool,
        needs_fresh_version: bool,
    ) -> Self {
        let call = Arc::new(Inner {
            info,
            head,
            options,
            waits,
            needs_fresh_version,
            begun: OnceLock::new(),
            deadline: OnceLock::new(),
            attempts: AtomicU32::new(0),
            has_timed_out: AtomicBool::new(false),
            is_expiring: AtomicBool::new(false),
            has_attempt_timer: AtomicBool::new(false),
            next_member: AtomicU8::new(NextMember::None as u8),
            has_address: AtomicBool::new(false),
            second_look: AtomicU8::new(NOT_WANTED),
            used_members: AtomicU64::new(0),
            first: Progress::default(),
            second: Progress::default(),
        });
        Self { call, is_second: false }
    }

    /// The context of a request, if it has one.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Option<&Self> {
        request.extensions().get()
    }

    /// The operation; `None` for a request that no builder made.
    #[inline]
    #[must_use]
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.call.info
    }

    /// The options of the call, those of the client included.
    #[inline]
    #[must_use]
    pub fn options(&self) -> &CallOptions {
        &self.call.options
    }

    /// Returns whether the server responds only when an execution has ended.
    #[inline]
    #[must_use]
    pub fn waits(&self) -> bool {
        self.call.waits
    }

    /// How long the call still has; `None` without a deadline.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether repeating the call can't start anything twice: what the call says, else the catalogue, else the method.
    #[inline]
    #[must_use]
    pub fn is_idempotent(&self, method: &Method) -> bool {
        match (self.call.options.get_idempotent(), self.operation()) {
            (Some(said), _) => said,
            (None, Some(operation)) => operation.replay != Replay::NonIdempotent,
            // A GET webhook starts an execution, so a request that we know nothing of is only safe if it says so.
            (None, None) => matches!(*method, Method::HEAD | Method::OPTIONS),
        }
    }

    /// How many attempts were begun.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.call.attempts.load(Ordering::Relaxed)
    }

    /// Whether the route, the parameters that are set or what may be sent depend on the server's version.
    #[inline]
    #[must_use]
    pub fn depends_on_version(&self) -> bool {
        self.call.head.is_some()
    }

    /// Returns whether the server may have received a request of the call, over all attempts.
    #[must_use]
    pub fn request_sent(&self) -> RequestSent {
        self.call.first.sent.get().max(self.call.second.sent.get())
    }
}

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl CallContext {
    /// When the call must have ended.
    #[inline]
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.call.deadline.get().copied()
    }

    /// When the call began: the instant of the first call of this method, for all copies.
    #[inline]
    pub fn begun(&self) -> Instant {
        *self.call.begun.get_or_init(Instant::now)
    }

    /// Sets when the call must have ended, for all copies; the first to say so counts.
    #[inline]
    pub fn stamp_deadline(&self, deadline: Instant) {
        let _ = self.call.deadline.set(deadline);
    }

    /// Marks the call as having had a timeout, so that connections which were opened before may be dead.
    pub fn set_timed_out(&self) {
        self.call.has_timed_out.store(true, Ordering::Relaxed);
    }

    /// Returns whether [`set_timed_out`](Self::set_timed_out) was called since this method was called last.
    #[inline]
    #[must_use]
    pub fn take_timed_out(&self) -> bool {
        // Almost no call has one, and reading is cheaper than exchanging.
        self.call.has_timed_out.load(Ordering::Relaxed)
            && self.call.has_timed_out.swap(false, Ordering::Relaxed)
    }

    /// Sets whether a timeout is dropping the attempt.
    pub fn set_expiring(&self, is_expiring: bool) {
        self.call.is_expiring.store(is_expiring, Ordering::Relaxed);
    }

    /// Returns whether a timeout is dropping the attempt, rather than the caller.
    #[must_use]
    pub fn is_expiring(&self) -> bool {
        self.call.is_expiring.load(Ordering::Relaxed)
    }

    /// Sets whether a timer of an attempt wakes the task of the call before the deadline of the call.
    #[inline]
    pub fn set_has_attempt_timer(&self, has_timer: bool) {
        self.call.has_attempt_timer.store(has_timer, Ordering::Relaxed);
    }

    /// Returns whether a timer of an attempt wakes the task of the call before the deadline of the call.
    #[inline]
    #[must_use]
    pub fn has_attempt_timer(&self) -> bool {
        self.call.has_attempt_timer.load(Ordering::Relaxed)
    }

    /// Returns the context of a request that is sent while the first one is still in flight. It shares everything but what is
    /// known of the request: whether it was sent, and what it waits for.
    #[must_use]
    pub fn for_second_request(&self) -> Self {
        if self.call.first.sent.is_tracked() {
            self.call.second.sent.track();
        }
        Self { call: Arc::clone(&self.call), is_second: true }
    }

    fn progress(&self) -> &Progress {
        if self.is_second { &self.call.second } else { &self.call.first }
    }

    /// Records that the request, or the detection of a version for it, has left the layers, so that it no longer waits
    /// for anything but its server.
    pub fn depart(&self) {
        self.progress().departures.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how often [`depart`](Self::depart) was called.
    #[must_use]
    pub fn departures(&self) -> u32 {
        self.progress().departures.load(Ordering::Relaxed)
    }

    /// Records that a request of the call is for one of several addresses of its server's name.
    pub fn set_has_address(&self) {
        self.call.has_address.store(true, Ordering::Relaxed);
    }

    /// Returns whether a request of the call may be for one of several addresses of its server's name.
    #[inline]
    #[must_use]
    pub fn has_address(&self) -> bool {
        self.call.has_address.load(Ordering::Relaxed)
    }

    /// Returns the members of a cluster that failed the call or have a request of it, as bits.
    #[must_use]
    pub fn used_members(&self) -> u64 {
        self.call.used_members.load(Ordering::Relaxed)
    }

    /// Records that a member of a cluster gets a request of the call, so that other attempts go to others.
    pub fn begin_at_member(&self, index: usize) {
        self.call.used_members.fetch_or(member_bit(index), Ordering::Relaxed);
        self.call.next_member.store(NextMember::None as u8, Ordering::Relaxed);
        if self.wants_second_look() {
            self.call.second_look.store(TAKEN, Ordering::Relaxed);
        }
    }

    /// Records that the response may be a 404 only because the member is behind the others. Returns whether the call looks
    /// again: once.
    pub fn want_second_look(&self) -> bool {
        let wanted =
            self.call.second_look.compare_exchange(NOT_WANTED, WANTED, Ordering::Relaxed, Ordering::Relaxed);
        wanted.is_ok()
    }

    /// Returns whether a 404 isn't final, as another member of the cluster, or the same one in a moment, may respond otherwise.
    #[must_use]
    pub fn wants_second_look(&self) -> bool {
        self.call.second_look.load(Ordering::Relaxed) == WANTED
    }

    /// Records that the member did not fail the call.
    pub fn end_at_member(&self, index: usize) {
        self.call.used_members.fetch_and(!member_bit(index), Ordering::Relaxed);
    }

    /// Records that the member failed the call, and whether another one is there for it.
    pub fn fail_at_member(&self, next: NextMember) {
        self.call.next_member.store(next as u8, Ordering::Relaxed);
    }

    /// Returns whether the last attempt failed at a member of a cluster, and another one can take the next attempt.
    #[must_use]
    pub fn can_move(&self) -> bool {
        self.call.next_member.load(Ordering::Relaxed) != NextMember::None as u8
    }

    /// Returns whether the last attempt failed at a member of a cluster, and another one that works can take the next attempt.
    #[must_use]
    pub fn can_move_to_healthy(&self) -> bool {
        self.call.next_member.load(Ordering::Relaxed) == NextMember::Healthy as u8
    }

    /// Sets how long the request waits for a connection to its member of a cluster.
    pub fn set_connect_wait(&self, connect_wait: ConnectWait) {
        self.progress().connect_wait.store(connect_wait as u8, Ordering::Relaxed);
    }

    /// Returns how long the request waits for a connection to its member of a cluster.
    #[inline]
    #[must_use]
    pub fn connect_wait(&self) -> ConnectWait {
        match self.progress().connect_wait.load(Ordering::Relaxed) {
            OTHER_FAMILY => ConnectWait::OtherFamily,
            HALF => ConnectWait::Half,
            _ => ConnectWait::Full,
        }
    }

    /// Sets whether the request waits for the detection of its server's version.
    pub fn set_detecting_version(&self, is_detecting: bool) {
        self.progress().is_detecting_version.store(is_detecting, Ordering::Relaxed);
    }

    /// Returns whether the request waits for the detection of its server's version; it is sent after that.
    #[must_use]
    pub fn is_detecting_version(&self) -> bool {
        self.progress().is_detecting_version.load(Ordering::Relaxed)
    }

    /// Counts an attempt and tells which it is, from 1.
    #[inline]
    pub fn begin_attempt(&self) -> u32 {
        self.call.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether this request may have been sent, over all attempts.
    #[inline]
    #[must_use]
    pub fn sent(&self) -> &Sent {
        &self.progress().sent
    }

    /// Returns [`request_sent`](Self::request_sent), but `Maybe` instead of `No` if the transport does not track what it sends.
    #[must_use]
    pub fn known_request_sent(&self) -> RequestSent {
        self.call.first.sent.known().max(self.call.second.sent.get())
    }

    /// Returns the timeouts of the call, given those of a layer or client.
    #[inline]
    #[must_use]
    pub fn limits(&self, defaults: &Timeouts) -> Limits {
        let own = self.call.options.own_timeouts();
        let timeouts = match (self.call.waits, own) {
            (false, None) => return defaults.limits(self.operation(), false),
            (false, Some(own)) => own.or(*defaults),
            (true, own) => own.copied().unwrap_or_default().or(defaults.for_waiting()),
        };
        timeouts.limits(self.operation(), self.call.waits)
    }

    /// Whether the server's version is to be asked anew: where it reads the query otherwise, the call acts on everything, or
    /// finds what is then acted on.
    #[must_use]
    pub fn needs_fresh_version(&self) -> bool {
        self.call.needs_fresh_version || self.operation().is_some_and(|operation| operation.acts_by_query)
    }

    /// Method, path and query for a server of this version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if that version lacks the operation or a parameter that is
    /// set.
    pub fn head_for(&self, version: Version) -> Result<(Method, PathAndQuery), Error> {
        let options = &self.call.options;
        let head = self.head()?.for_version(version, options.get_tenant(), options.is_any_version());
        head.map_err(|error| error.with_operation(self.operation()))
    }

    /// The route for a server of this version; [`is_built_for`](Self::is_built_for) says whether the request as built
    /// fits it.
    ///
    /// # Errors
    ///
    /// As [`head_for`](Self::head_for), and [`ErrorKind::Refused`](crate::ErrorKind::Refused) if the request may shut
    /// a server of that version down, unless it is unchecked.
    pub fn route_for(&self, version: Version) -> Result<&'static Route, Error> {
        let route = self.head()?.route_for(version, self.call.options.is_any_version());
        let route = route.and_then(|route| self.check_survival(version).map(|()| route));
        route.map_err(|error| error.with_operation(self.operation()))
    }

    /// Whether the request as it was built, for the newest server, fits one of this version, whose route is given.
    #[must_use]
    pub fn is_built_for(&self, route: &'static Route, version: Version) -> bool {
        self.call.head.as_ref().is_none_or(|head| head.is_newest(route, version))
    }

    /// The context of a request that no builder made.
    #[must_use]
    pub fn detached(options: CallOptions) -> Self {
        Self::new(None, None, options, false, false)
    }

    /// Refuses what may shut a server of this version down.
    fn check_survival(&self, version: Version) -> Result<(), Error> {
        let Some(info) = self.operation().filter(|_| !self.call.options.is_unchecked()) else {
            return Ok(());
        };
        let Some(versions) = info.stops_server.filter(|versions| versions.contains(version)) else {
            return Ok(());
        };
        let instead = info.instead.map_or(String::new(), |instead| format!("use {instead}, or "));
        let problem = format!(
            "Kestra {versions} may shut down on this request, the server is {version}; {instead}call `.unchecked()` to \
             send it anyway"
        );
        Err(Error::new(ErrorKind::Refused, problem))
    }

    fn head(&self) -> Result<&Head, Error> {
        let problem = "the request doesn't depend on the version, or wasn't made by a builder";
        self.call
            .head
            .as_deref()
            .ok_or_else(|| Error::new(ErrorKind::Build, problem).with_operation(self.operation()))
    }
}

/// How long a request waits for a connection.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum ConnectWait {
    /// For the connect timeout.
    #[default]
    Full = 0,
    /// For half of it, as another member of the cluster works.
    Half = HALF,
    /// As long as one family of addresses, IPv6 or IPv4, has the first try, as an address of the other one works.
    OtherFamily = OTHER_FAMILY,
}

const HALF: u8 = 1;
const OTHER_FAMILY: u8 = 2;

/// The states of a second look.
const NOT_WANTED: u8 = 0;
const WANTED: u8 = 1;
const TAKEN: u8 = 2;

/// Returns the bit of a member of a cluster, or 0 if `index` is 64 or more.
#[doc(hidden)]
#[must_use]
pub fn member_bit(index: usize) -> u64 {
    u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0)
}

crate::debug_fields! {
    CallContext, this => {
        operation: this.operation().map(|operation| operation.name), options: this.call.options,
        deadline: this.deadline(), attempts: this.attempts(), sent: this.request_sent(),
    }
}
