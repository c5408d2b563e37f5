//! The members of a cluster, and the attempts at them.

mod addresses;
mod health;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use addresses::{Address, Resolution};
use health::{Change, Health, Outcome, Pick, Wish};
use http::{Request, Response, StatusCode};
use kestra_core::internal::{BaseUrl, ConnectWait, NextMember, member_bit};
use kestra_core::{
    Body, BoxError, CallContext, CallOptions, ClientEvent, Error, ErrorKind, Observer, Replay, RequestSent,
    ServerAddress, Servers,
};
use tokio::time::Instant;

use crate::other_error::other_kind;
use crate::trace::record_server;

/// How long an attempt must have taken for the total timeout of its call to count as a failure of the member.
const LEAST_TIME: Duration = Duration::from_secs(1);

/// What all copies of a layer know of the members of their cluster.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    state: Arc<Mutex<State>>,
    /// Whether names are resolved, and the one resolution at a time.
    resolution: Option<Arc<Resolution>>,
}

#[derive(Debug)]
struct State {
    health: Health,
    /// By the index of the member.
    members: Vec<Place>,
}

/// Where a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// The index of the server in the list.
    server: usize,
    /// One address of the server's host.
    address: Option<Address>,
}

/// Where a request goes.
pub(super) enum Target {
    /// The server that the call selects.
    Server(BaseUrl),
    /// A member of the cluster.
    Member(Attempt),
}

/// An attempt at a member. It counts as pending until it is dropped.
pub(super) struct Attempt {
    cluster: Cluster,
    pick: Pick,
    base: BaseUrl,
    context: Option<CallContext>,
    wish: Wish,
    /// How many requests of the call had left the layers before.
    departures: u32,
    observer: Option<Observer>,
    is_over: bool,
}

impl Cluster {
    /// Creates the cluster of these servers, if they are one.
    pub(super) fn of(servers: &Servers) -> Option<Self> {
        let settings = servers.cluster_settings()?;
        let state = State {
            health: Health::new(servers.count(), settings.clone()),
            members: (0..servers.count()).map(|server| Place { server, address: None }).collect(),
        };
        let resolution = settings.resolve_all.then(Arc::default);
        Some(Self { state: Arc::new(Mutex::new(state)), resolution })
    }

    /// Selects the member for a request.
    pub(super) fn select(
        &self,
        servers: &Servers,
        observer: Option<&Observer>,
        request: &Request<Body>,
    ) -> Result<Target, Error> {
        const NONE: &CallOptions = &CallOptions::new();
        let context = CallContext::of(request);
        let operation = context.and_then(CallContext::operation);
        let options = context.map_or(NONE, CallContext::options);
        let of_server = |index| {
            let base = servers.resolve_member(index, operation, options);
            base.map_err(|error| error.with_operation(operation))
        };
        if request.uri().authority().is_some() {
            // An absolute URL names its member.
            for index in 0..servers.count() {
                let base = of_server(index)?;
                if base.is_origin_of(request.uri()) {
                    record_server(&base);
                    return Ok(Target::Server(base));
                }
            }
        }
        let affinity = options.get_affinity();
        let wish = Wish {
            used: context.map_or(0, CallContext::used_members),
            preferred: affinity.and_then(|affinity| affinity.get()),
            is_idempotent: is_idempotent(request, context),
            waits: context.is_some_and(CallContext::waits),
            random: fastrand::u64(..),
        };
        let (pick, place, connect_wait) = {
            let (mut state, now) = (self.lock(), Instant::now());
            let pick = state.health.begin(&wish, now);
            let connect_wait = state.connect_wait(&wish, pick.member, now);
            (pick, state.members.get(pick.member).cloned(), connect_wait)
        };
        let place = place.unwrap_or(Place { server: pick.member, address: None });
        let base = match of_server(place.server) {
            // The call's variables may name another host.
            Ok(base) => match place.address.filter(|address| address.host == base.authority().host()) {
                Some(address) => base.at(address.ip),
                None => base,
            },
            // The end of the attempt is recorded, also if its URL is wrong.
            Err(error) => {
                self.lock().health.end(pick, Outcome::Neutral, Instant::now());
                return Err(error);
            }
        };
        record_server(&base);
        if let Some(affinity) = affinity {
            affinity.set(pick.member);
        }
        if let Some(context) = context {
            context.begin_at_member(pick.member);
            context.set_connect_wait(connect_wait);
        }
        Ok(Target::Member(Attempt {
            cluster: self.clone(),
            pick,
            base,
            context: context.cloned(),
            wish,
            departures: context.map_or(0, CallContext::departures),
            observer: observer.cloned(),
            is_over: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns how long a request waits for a connection to a member.
    fn connect_wait(&self, wish: &Wish, member: usize, now: Instant) -> ConnectWait {
        let wish = Wish { used: wish.used | member_bit(member), ..*wish };
        let place = self.members.get(member);
        let is_other_family = |other: usize| {
            let families = |place: &Place| place.address.as_ref().map(|address| address.ip.is_ipv6());
            let (Some(place), Some(other)) = (place, self.members.get(other)) else { return false };
            place.server == other.server
                && families(place).zip(families(other)).is_some_and(|(one, other)| one != other)
        };
        self.health.healthy_others(&wish, now).fold(ConnectWait::Full, |connect_wait, other| {
            if connect_wait == ConnectWait::OtherFamily || is_other_family(other) {
                ConnectWait::OtherFamily
            } else {
                ConnectWait::Half
            }
        })
    }
}

fn is_idempotent(request: &Request<Body>, context: Option<&CallContext>) -> bool {
    match context {
        Some(context) => context.is_idempotent(request.method()),
        None => request.method().is_safe(),
    }
}

impl Attempt {
    pub(super) fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Records the result.
    pub(super) fn end<B>(mut self, result: &Result<Response<B>, BoxError>) {
        let is_missing = result.as_ref().is_ok_and(|response| response.status() == StatusCode::NOT_FOUND);
        self.finish(outcome(result), is_missing);
    }

    fn finish(&mut self, outcome: Outcome, is_missing: bool) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let now = Instant::now();
        let (change, next, has_moved) = {
            let health = &mut self.cluster.lock().health;
            let change = health.end(self.pick, outcome, now);
            let used = self.context.as_ref().map_or(0, CallContext::used_members);
            let wish = Wish { used, ..self.wish };
            let next = match outcome.is_failure() {
                true if health.has_healthy_other(&wish, now) => NextMember::Healthy,
                true if health.has_other(&wish, now) => NextMember::Any,
                _ => NextMember::None,
            };
            (change, next, health.has_moved(now))
        };
        if let Some(context) = &self.context {
            let is_behind = is_missing && has_moved && is_read(context) && context.want_second_look();
            if outcome.is_failure() {
                context.fail_at_member(next);
            } else if !is_behind {
                context.end_at_member(self.pick.member);
            }
        }
        if let (Outcome::Unreachable, Some(resolution)) = (outcome, &self.cluster.resolution) {
            resolution.hurry();
        }
        if let Some(change) = change {
            self.tell(change);
        }
    }

    /// Returns whether a timeout drops the attempt, and the member is to blame for it: not if the request still waits in a layer
    /// below, as for a place of an adaptive limit, and not if the caller has no time for any server.
    fn has_expired(&self) -> bool {
        let Some(context) = self.context.as_ref().filter(|context| context.is_expiring() && !context.waits())
        else {
            return false;
        };
        let has_departed = !context.sent().is_tracked() || context.departures() != self.departures;
        let is_total = context.time_left().is_some_and(|left| left.is_zero());
        has_departed && (!is_total || self.pick.begun.elapsed() >= LEAST_TIME)
    }

    fn tell(&self, change: Change) {
        let (base, authority) = (&self.base, self.base.authority());
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let address = base.address().map(|address| address.to_string());
        let server = || ServerAddress::new(address.as_deref().unwrap_or(authority.host()), base.port());
        let event = match change {
            Change::Ejected { time } => {
                tracing::warn!(target: "kestra::servers", server = %base, address, for_ms = millis(time), "a failing server is left out");
                ClientEvent::ServerEjected { server: server(), duration: time }
            }
            Change::StaysOut { time } => {
                tracing::debug!(target: "kestra::servers", server = %base, address, for_ms = millis(time), "a server still fails and stays left out");
                return;
            }
            Change::Returned => {
                tracing::info!(target: "kestra::servers", server = %base, address, "a server works again");
                ClientEvent::ServerReturned { server: server() }
            }
        };
        if let Some(observer) = &self.observer {
            observer.tell(&event);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.finish(if self.has_expired() { Outcome::Failure } else { Outcome::Neutral }, false);
    }
}

/// Returns whether a 404 says that something is missing. That of another operation may be the effect of an attempt before.
fn is_read(context: &CallContext) -> bool {
    context.operation().is_some_and(|operation| operation.replay == Replay::Safe)
}

/// Returns what a result says of the member.
fn outcome<B>(result: &Result<Response<B>, BoxError>) -> Outcome {
    let error = match result {
        Ok(response) => return of_status(response.status()),
        Err(error) => error,
    };
    let ours = error.downcast_ref::<Error>();
    match ours.map_or_else(|| other_kind(&**error), Error::kind) {
        // A proxy that fails counts as well: behind one, a server that can't be reached looks like that.
        _ if ours.is_some_and(Error::is_connect) => Outcome::Unreachable,
        ErrorKind::Timeout(_) => Outcome::Failure,
        ErrorKind::Transport => match ours.map(Error::request_sent) {
            Some(RequestSent::Yes) => Outcome::Failure,
            _ => Outcome::Closed,
        },
        // The version could not be detected.
        ErrorKind::Status => ours.and_then(Error::status).map_or(Outcome::Neutral, of_status),
        ErrorKind::Decode => Outcome::Success,
        _ => Outcome::Neutral,
    }
}

/// A 500 counts as well, since a server that goes down may respond so to everything.
fn of_status(status: StatusCode) -> Outcome {
    if status.is_server_error() { Outcome::Failure } else { Outcome::Success }
}

#[cfg(test)]
mod tests;
