//! The bookkeeping of the connections to one host: which one a call gets, which calls wait, and what is closed.
//!
//! It does no I/O and never blocks. `C` is a connection that serves one call at a time, `S` a handle to one that calls share.
//! What has to happen outside the lock of the state, its methods add to [`Effects`].

use std::collections::VecDeque;
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

/// How often idle connections are looked at that no limit closes.
const UNLIMITED_SWEEP: Duration = Duration::from_secs(30);

/// The longest limit that is counted: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long a connection may be idle; `None` for as long as the peer leaves it open.
    pub(crate) idle: Option<Duration>,
    /// How many connections may be idle.
    pub(crate) max_idle: usize,
}

/// A handle to a connection that several calls use at once.
pub(crate) trait Share: Clone {
    /// Whether it takes new requests.
    fn is_open(&self) -> bool;
}

/// The place of a call among those that wait; places are numbered in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// What a call finds at once.
pub(crate) enum Available<C, S> {
    Idle { connection: C, idle_for: Duration },
    Shared(SharedHandle<S>),
}

/// What a waiting call gets.
pub(crate) enum Delivery<C, S> {
    /// A connection that another call is done with.
    Freed(C),
    Shared(SharedHandle<S>),
    /// The call is to open a connection.
    Connect,
}

/// A shared connection in the hands of one call, which says when it is done by [`State::release`].
#[derive(Clone)]
pub(crate) struct SharedHandle<S> {
    pub(crate) handle: S,
    generation: u64,
}

impl<S> SharedHandle<S> {
    /// A connection that only one call has.
    pub(crate) fn private(handle: S) -> Self {
        Self { handle, generation: u64::MAX }
    }
}

/// What to do once the state is unlocked.
pub(crate) struct Effects<C, S> {
    /// Calls that have something to get.
    pub(crate) wakes: Vec<Waker>,
    pub(crate) closed: Vec<C>,
    pub(crate) closed_shared: Vec<S>,
    /// When somebody has to call [`State::sweep`], if nobody does so far.
    pub(crate) starts_reaper: Option<Instant>,
}

impl<C, S> Default for Effects<C, S> {
    fn default() -> Self {
        Self { wakes: Vec::new(), closed: Vec::new(), closed_shared: Vec::new(), starts_reaper: None }
    }
}

/// The connections to one host, and the calls that wait for one.
pub(crate) struct State<C, S> {
    limits: Limits,
    /// The newest is the last.
    idle: VecDeque<Idle<C>>,
    /// By ticket.
    waiting: VecDeque<Waiter>,
    /// Connections whose new owner has been woken.
    given: Vec<(Ticket, C)>,
    shared: Option<Shared<S>>,
    /// Whether a connection may turn out to be one for all calls, so that only one is opened at first.
    may_share: bool,
    /// The call that opens that one.
    leader: Option<Ticket>,
    next_ticket: u64,
    next_generation: u64,
    is_reaped: bool,
    /// Whether the runtime of the connections is gone.
    is_ended: bool,
}

struct Idle<C> {
    connection: C,
    since: Instant,
}

struct Waiter {
    ticket: Ticket,
    waker: Option<Waker>,
    role: Role,
}

/// What a waiting call does about a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It waits for another call, which opens the first connection.
    Follower,
    /// It is to open one, and doesn't know yet.
    MustConnect,
    /// It opens one.
    Connecting,
}

struct Shared<S> {
    handle: S,
    generation: u64,
    users: usize,
    /// When the last user was done.
    since: Instant,
}

impl<C, S: Share> State<C, S> {
    pub(crate) fn new(limits: Limits, may_share: bool) -> Self {
        // A limit that no clock can count to is none.
        let idle = limits.idle.map(|limit| limit.min(LONGEST));
        Self {
            limits: Limits { idle, ..limits },
            idle: VecDeque::new(),
            waiting: VecDeque::new(),
            given: Vec::new(),
            shared: None,
            may_share,
            leader: None,
            next_ticket: 0,
            next_generation: 0,
            is_reaped: false,
            is_ended: false,
        }
    }

    /// Takes the shared connection, or the idle one that was used last.
    pub(crate) fn take(&mut self, now: Instant, effects: &mut Effects<C, S>) -> Option<Available<C, S>> {
        if let Some(lent) = self.take_shared(effects) {
            return Some(Available::Shared(lent));
        }
        let Idle { connection, since } = self.idle.pop_back()?;
        let idle_for = now.saturating_duration_since(since);
        if self.limits.idle.is_some_and(|limit| idle_for >= limit) {
            effects.closed.push(connection);
            // The others are older.
            effects.closed.extend(self.idle.drain(..).map(|idle| idle.connection));
            return None;
        }
        Some(Available::Idle { connection, idle_for })
    }

    fn take_shared(&mut self, effects: &mut Effects<C, S>) -> Option<SharedHandle<S>> {
        let shared = self.shared.as_mut()?;
        if shared.handle.is_open() {
            shared.users += 1;
            return Some(SharedHandle { handle: shared.handle.clone(), generation: shared.generation });
        }
        effects.closed_shared.extend(self.shared.take().map(|shared| shared.handle));
        None
    }

    /// Queues a call that found no connection.
    pub(crate) fn wait(&mut self) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let follows = self.may_share && self.leader.is_some();
        if self.may_share && !follows {
            self.leader = Some(ticket);
        }
        let role = if follows { Role::Follower } else { Role::MustConnect };
        self.waiting.push_back(Waiter { ticket, waker: None, role });
        ticket
    }

    /// Returns what there is for a waiting call. After a connection, its ticket is used up.
    pub(crate) fn poll(
        &mut self,
        ticket: Ticket,
        waker: &Waker,
        effects: &mut Effects<C, S>,
    ) -> Poll<Delivery<C, S>> {
        if let Some(at) = self.given.iter().position(|(owner, _)| *owner == ticket) {
            return Poll::Ready(Delivery::Freed(self.given.swap_remove(at).1));
        }
        if let Some(lent) = self.take_shared(effects) {
            self.remove(ticket);
            self.pass_on_lead(ticket, effects);
            return Poll::Ready(Delivery::Shared(lent));
        }
        let Ok(at) = self.position(ticket) else { return Poll::Pending };
        let waiter = &mut self.waiting[at];
        match &mut waiter.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        if waiter.role == Role::MustConnect {
            waiter.role = Role::Connecting;
            return Poll::Ready(Delivery::Connect);
        }
        Poll::Pending
    }

    /// Ends the wait of a call, which has a connection of its own or is given up. What it was given goes to the next one.
    pub(crate) fn leave(&mut self, ticket: Ticket, now: Instant, effects: &mut Effects<C, S>) {
        self.remove(ticket);
        self.pass_on_lead(ticket, effects);
        if let Some(at) = self.given.iter().position(|(owner, _)| *owner == ticket) {
            let (_, connection) = self.given.swap_remove(at);
            self.put(connection, now, effects);
        }
    }

    /// Hands a connection that can be used again to the call that waits longest, or keeps it.
    pub(crate) fn put(&mut self, connection: C, now: Instant, effects: &mut Effects<C, S>) {
        if self.is_ended {
            effects.closed.push(connection);
            return;
        }
        if let Some(waiter) = self.waiting.pop_front() {
            self.given.push((waiter.ticket, connection));
            effects.wakes.extend(waiter.waker);
            self.pass_on_lead(waiter.ticket, effects);
            return;
        }
        self.idle.push_back(Idle { connection, since: now });
        if self.idle.len() > self.limits.max_idle {
            effects.closed.extend(self.idle.pop_front().map(|idle| idle.connection));
        }
        self.start_reaper(now, effects);
    }

    /// Says that connections to this host serve one call at a time, so that each waiting call opens its own.
    pub(crate) fn set_exclusive(&mut self, effects: &mut Effects<C, S>) {
        self.may_share = false;
        self.leader = None;
        self.let_all_connect(effects);
    }

    /// Says that a call couldn't connect. Those that relied on it try it themselves, all at once.
    pub(crate) fn connect_failed(&mut self, ticket: Ticket, effects: &mut Effects<C, S>) {
        if self.leader == Some(ticket) {
            self.leader = None;
            self.let_all_connect(effects);
        }
    }

    /// Shares a new connection among all calls, unless there is one. Returns the one that is shared, lent to the caller.
    pub(crate) fn share(&mut self, handle: S, now: Instant, effects: &mut Effects<C, S>) -> SharedHandle<S> {
        self.may_share = true;
        if let Some(lent) = self.take_shared(effects) {
            effects.closed_shared.push(handle);
            return lent;
        }
        let generation = self.next_generation;
        self.next_generation += 1;
        let lent = SharedHandle { handle: handle.clone(), generation };
        if !self.is_ended {
            self.shared = Some(Shared { handle, generation, users: 1, since: now });
            self.start_reaper(now, effects);
        }
        self.leader = None;
        effects.wakes.extend(self.waiting.iter_mut().filter_map(|waiter| waiter.waker.take()));
        lent
    }

    /// Says that a call is done with the shared connection.
    pub(crate) fn release(&mut self, lent: &SharedHandle<S>, now: Instant) {
        if let Some(shared) = self.shared.as_mut().filter(|shared| shared.generation == lent.generation) {
            shared.users = shared.users.saturating_sub(1);
            shared.since = now;
        }
    }

    /// Closes the idle connections, and keeps the shared one from new calls, since a connection of the same age is dead.
    pub(crate) fn discard_idle(&mut self, effects: &mut Effects<C, S>) {
        effects.closed.extend(self.idle.drain(..).map(|idle| idle.connection));
        effects.closed_shared.extend(self.shared.take().map(|shared| shared.handle));
    }

    /// Closes what is idle for too long, or closed by the peer. Returns when to do it again; if there is nothing left, `None`,
    /// and who calls this may stop.
    pub(crate) fn sweep(
        &mut self,
        now: Instant,
        mut is_open: impl FnMut(&mut C) -> bool,
        effects: &mut Effects<C, S>,
    ) -> Option<Instant> {
        let is_old = |since: Instant| {
            self.limits.idle.is_some_and(|limit| now.saturating_duration_since(since) >= limit)
        };
        for _ in 0..self.idle.len() {
            let Some(mut idle) = self.idle.pop_front() else { break };
            if is_old(idle.since) || !is_open(&mut idle.connection) {
                effects.closed.push(idle.connection);
            } else {
                self.idle.push_back(idle);
            }
        }
        let ends =
            |shared: &mut Shared<S>| !shared.handle.is_open() || (shared.users == 0 && is_old(shared.since));
        effects.closed_shared.extend(self.shared.take_if(ends).map(|shared| shared.handle));
        let oldest = self.idle.front().map(|idle| idle.since);
        let oldest = oldest.into_iter().chain(self.shared.as_ref().map(|shared| shared.since)).min();
        self.is_reaped = oldest.is_some();
        oldest.map(|oldest| match self.limits.idle {
            // Not for each connection once.
            Some(limit) => (oldest + limit).max(now + limit / 8),
            None => now + UNLIMITED_SWEEP,
        })
    }

    /// Says that the runtime of the connections is gone.
    pub(crate) fn runtime_ended(&mut self, effects: &mut Effects<C, S>) {
        self.is_ended = true;
        self.discard_idle(effects);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.idle.is_empty() && self.given.is_empty() && self.shared.is_none()
    }

    fn start_reaper(&mut self, now: Instant, effects: &mut Effects<C, S>) {
        if !self.is_reaped {
            self.is_reaped = true;
            effects.starts_reaper = Some(now + self.limits.idle.unwrap_or(UNLIMITED_SWEEP));
        }
    }

    fn position(&self, ticket: Ticket) -> Result<usize, usize> {
        self.waiting.binary_search_by_key(&ticket, |waiter| waiter.ticket)
    }

    fn remove(&mut self, ticket: Ticket) {
        if let Ok(at) = self.position(ticket) {
            self.waiting.remove(at);
        }
    }

    /// Lets the next waiting call open the first connection, if this one was to.
    fn pass_on_lead(&mut self, ticket: Ticket, effects: &mut Effects<C, S>) {
        if self.leader != Some(ticket) {
            return;
        }
        let next = self.waiting.iter_mut().find(|waiter| waiter.role == Role::Follower);
        self.leader = next.as_ref().map(|waiter| waiter.ticket);
        effects.wakes.extend(next.and_then(Waiter::call));
    }

    fn let_all_connect(&mut self, effects: &mut Effects<C, S>) {
        let followers = self.waiting.iter_mut().filter(|waiter| waiter.role == Role::Follower);
        effects.wakes.extend(followers.filter_map(Waiter::call));
    }
}

impl Waiter {
    fn call(&mut self) -> Option<Waker> {
        self.role = Role::MustConnect;
        self.waker.take()
    }
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;
