//! Which members of a cluster are in, and which of them an attempt goes to: a state machine without a clock, locks or I/O.
//!
//! A member is *in*, *out* until an instant, or *probing* until an instant: one attempt finds out whether it works again. What
//! begins or ends an attempt moves it:
//!
//! | from | by | to |
//! |---|---|---|
//! | in | a success | in, its failures forgotten |
//! | in | enough failures in a row, or a failed connection, unless too many are out | out |
//! | out | an attempt that is sent after the instant, or that finds no other member | probing, for as long as its failure would leave it out |
//! | probing | an attempt that is sent after the instant, as the probe hangs | probing, for longer |
//! | out, probing | a success of an attempt that began after the member left | in |
//! | probing | a failure of a probe | out, for longer |
//! | probing | a probe that was dropped | out, due at once |
//!
//! A call that waits for an execution probes only a member without which it would go to one that failed it, or to none.
//!
//! Beside that, a member that closed a connection without a response is closed for non-idempotent calls, until an attempt that
//! began later succeeds, or one non-idempotent call has probed it.

use std::time::Duration;

use kestra_core::internal::{ClusterSettings, Policy};
use tokio::time::Instant;

/// How long after a failure of a member a 404 of another one may mean that it is behind.
const JUST_MOVED: Duration = Duration::from_secs(5);

/// The members of a cluster.
#[derive(Debug)]
pub(super) struct Health {
    members: Vec<Member>,
    settings: ClusterSettings,
    /// Where the next turn begins.
    turn: usize,
    /// When a member failed last.
    failed: Option<Instant>,
}

#[derive(Debug, Default)]
struct Member {
    /// Whether the address of the member is gone.
    is_gone: bool,
    gate: Gate,
    /// Since when non-idempotent calls avoid the member, and until when.
    closed: Option<(Instant, Instant)>,
    /// Failures in a row.
    failures: u32,
    /// How often it was left out in a row.
    ejections: u32,
    /// When it was left out last.
    left: Option<Instant>,
    returned: Option<Instant>,
    /// Attempts in flight.
    pending: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gate {
    #[default]
    In,
    Out {
        until: Instant,
        time: Duration,
    },
    Probing {
        since: Instant,
        until: Instant,
        time: Duration,
    },
}

/// What is known of an attempt before it is sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    /// The members that failed the call or have a request of it, as bits.
    pub(super) used: u64,
    /// The member that the calls before this one went to.
    pub(super) preferred: Option<usize>,
    pub(super) is_idempotent: bool,
    /// Whether the response comes only when an execution has ended.
    pub(super) waits: bool,
    /// Anything.
    pub(super) random: u64,
}

/// An attempt at a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    pub(super) member: usize,
    pub(super) begun: Instant,
    pub(super) is_probe: bool,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The member works.
    Success,
    /// A failure of the member.
    Failure,
    /// No connection can be opened to the member.
    Unreachable,
    /// The member closed the connection without a response.
    Closed,
    /// It says nothing of the member: the attempt was dropped, or not sent for another reason.
    Neutral,
}

impl Pick {
    /// Returns whether this is the last probe of a member, not one before it that hung.
    fn is_probe_of(&self, gate: Gate) -> bool {
        self.is_probe && matches!(gate, Gate::Probing { since, .. } if since == self.begun)
    }
}

impl Outcome {
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::Unreachable | Self::Closed)
    }
}

/// What the end of an attempt changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The member is left out for this long.
    Ejected { time: Duration },
    /// The probe failed: the member stays out for this long.
    StaysOut { time: Duration },
    /// The member is in again.
    Returned,
}

impl Health {
    pub(super) fn new(members: usize, settings: ClusterSettings) -> Self {
        Self { members: (0..members).map(|_| Member::default()).collect(), settings, turn: 0, failed: None }
    }

    /// Adds or removes a member. One that was removed comes back as a new one.
    pub(super) fn set_present(&mut self, index: usize, is_present: bool) {
        while self.members.len() <= index {
            self.members.push(Member { is_gone: true, ..Member::default() });
        }
        if let Some(member) = self.members.get_mut(index)
            && member.is_gone == is_present
        {
            *member = Member { is_gone: !is_present, pending: member.pending, ..Member::default() };
        }
    }

    /// Selects the member for an attempt, and counts the attempt.
    pub(super) fn begin(&mut self, wish: &Wish, now: Instant) -> Pick {
        let index = self.select(wish, now);
        let is_overdue = self.members.get_mut(index).is_some_and(|member| member.give_up_probe(now));
        let time = self.time_out(index);
        let mut pick = Pick { member: index, begun: now, is_probe: false };
        let Some(member) = self.members.get_mut(index) else { return pick };
        member.pending += 1;
        if is_overdue || matches!(member.gate, Gate::Out { .. }) {
            // It is due, or there is no other.
            member.gate = Gate::Probing { since: now, until: later(now, time), time };
            pick.is_probe = true;
        }
        if let (false, Some((since, until))) = (wish.is_idempotent, member.closed)
            && until <= now
        {
            // Others stay away until this attempt has shown whether it works.
            member.closed = Some((since, later(now, time)));
        }
        pick
    }

    /// Records the end of an attempt.
    pub(super) fn end(&mut self, pick: Pick, outcome: Outcome, now: Instant) -> Option<Change> {
        self.forgive(pick.member, now);
        let (can_eject, time) = (self.can_eject(), self.time_out(pick.member));
        let limit = self.settings.eject_after;
        if outcome.is_failure() {
            self.failed = Some(now);
        }
        let member = self.members.get_mut(pick.member)?;
        member.pending = member.pending.saturating_sub(1);
        if outcome == Outcome::Closed {
            member.closed = Some((now, later(now, time)));
        }
        match (member.gate, outcome) {
            _ if member.is_gone => None,
            (Gate::Out { .. } | Gate::Probing { .. }, Outcome::Success)
                if pick.is_probe_of(member.gate) || member.left.is_none_or(|left| left < pick.begun) =>
            {
                member.gate = Gate::In;
                (member.failures, member.returned) = (0, Some(now));
                member.closed = member.closed.filter(|(since, _)| pick.begun <= *since);
                Some(Change::Returned)
            }
            (Gate::Probing { .. }, Outcome::Neutral) if pick.is_probe_of(member.gate) => {
                member.gate = Gate::Out { until: now, time: Duration::ZERO };
                None
            }
            (Gate::Probing { .. }, _) if pick.is_probe && outcome.is_failure() => {
                member.leave(time, now);
                Some(Change::StaysOut { time })
            }
            (Gate::In, Outcome::Success) => {
                member.failures = 0;
                // What began before may have ended well on a server that goes down.
                member.closed = member.closed.filter(|(since, _)| pick.begun <= *since);
                None
            }
            // What began before the member came back says nothing of it now.
            (Gate::In, _)
                if outcome.is_failure() && member.returned.is_none_or(|since| since <= pick.begun) =>
            {
                let weight = if outcome == Outcome::Unreachable { limit } else { 1 };
                member.failures = member.failures.saturating_add(weight).min(limit);
                if member.failures < limit || !can_eject {
                    return None;
                }
                member.leave(time, now);
                Some(Change::Ejected { time })
            }
            _ => None,
        }
    }

    /// Returns whether calls have moved between members a moment ago.
    pub(super) fn has_moved(&self, now: Instant) -> bool {
        self.failed.is_some_and(|failed| now.saturating_duration_since(failed) < JUST_MOVED)
    }

    /// Returns whether a member is in, or due for a probe, that the call has not used.
    pub(super) fn has_other(&self, wish: &Wish, now: Instant) -> bool {
        self.candidates(wish, now).next().is_some()
    }

    /// Returns whether a member that the call has not used works: one that is not left out, is not due for a probe, and has failed
    /// fewer than `eject_after` times in a row.
    pub(super) fn has_healthy_other(&self, wish: &Wish, now: Instant) -> bool {
        self.healthy_others(wish, now).next().is_some()
    }

    /// Returns the members that [`has_healthy_other`](Self::has_healthy_other) is about.
    pub(super) fn healthy_others(&self, wish: &Wish, now: Instant) -> impl Iterator<Item = usize> {
        let limit = self.settings.eject_after;
        let is_healthy = move |member: &Member| member.gate == Gate::In && member.failures < limit;
        self.candidates(wish, now).filter(move |index| self.members.get(*index).is_some_and(is_healthy))
    }

    fn select(&mut self, wish: &Wish, now: Instant) -> usize {
        let is_in = |index: usize| self.members.get(index).is_some_and(|member| member.gate == Gate::In);
        let preferred =
            self.candidates(wish, now).find(|index| wish.preferred == Some(*index) && is_in(*index));
        if let Some(index) = preferred.or_else(|| self.by_policy(wish, now)) {
            self.turn = index + 1;
            return index;
        }
        // Nobody is left, and yet the call goes somewhere: rather to a member that is out than to one that failed the call.
        let last_resort = |index: &usize| {
            let member = self.members.get(*index);
            let is_closed = !wish.is_idempotent && member.is_some_and(|member| member.closed.is_some());
            let pending = member.map_or(0, |member| member.pending);
            let is_gone = member.is_none_or(|member| member.is_gone);
            (is_gone, is_used(wish, *index), !is_in(*index), is_closed, pending)
        };
        (0..self.members.len()).min_by_key(last_resort).unwrap_or_default()
    }

    fn by_policy(&self, wish: &Wish, now: Instant) -> Option<usize> {
        let mut candidates = self.candidates(wish, now);
        match self.settings.policy {
            Policy::Failover => candidates.next(),
            Policy::RoundRobin => {
                let first = candidates.next()?;
                Some(
                    std::iter::once(first)
                        .chain(candidates)
                        .find(|index| *index >= self.turn)
                        .unwrap_or(first),
                )
            }
            Policy::LeastPending => {
                let count = candidates.count();
                let place = |random: u64, count: usize| {
                    usize::try_from(random % u64::try_from(count.max(1)).unwrap_or(1)).unwrap_or(0)
                };
                let one = place(wish.random & u64::from(u32::MAX), count);
                // Another one, if there is one.
                let other = (one + 1 + place(wish.random >> 32, count.saturating_sub(1))) % count.max(1);
                let pending = |index: &usize| self.members.get(*index).map(|member| member.pending);
                let at = |place: usize| self.candidates(wish, now).nth(place);
                [at(one), at(other)].into_iter().flatten().min_by_key(pending)
            }
        }
    }

    /// Returns the members that may get an attempt, in their order.
    fn candidates(&self, wish: &Wish, now: Instant) -> impl Iterator<Item = usize> {
        let open = self.members.iter().enumerate().filter(move |(index, member)| {
            !member.is_gone && !is_used(wish, *index) && member.is_open(wish, now)
        });
        open.map(|(index, _)| index)
    }

    /// Returns whether one more member may be left out: at most half are, rounded up, and never the last one.
    fn can_eject(&self) -> bool {
        let count = self.members.iter().filter(|member| !member.is_gone).count();
        let out = self.members.iter().filter(|member| !member.is_gone && member.gate != Gate::In).count();
        out < count.div_ceil(2).min(count.saturating_sub(1))
    }

    /// Returns for how long a member is left out the next time.
    fn time_out(&self, index: usize) -> Duration {
        self.time_after(self.members.get(index).map_or(0, |member| member.ejections))
    }

    fn time_after(&self, ejections: u32) -> Duration {
        self.settings.eject_first.saturating_mul(1 << ejections.min(31)).min(self.settings.eject_cap)
    }

    /// Forgets how often a member was left out, if it has been in for as long as it was out.
    fn forgive(&mut self, index: usize, now: Instant) {
        let last =
            self.time_after(self.members.get(index).map_or(0, |member| member.ejections.saturating_sub(1)));
        if let Some(member) = self.members.get_mut(index)
            && member.gate == Gate::In
            && member.returned.is_some_and(|since| now.saturating_duration_since(since) >= last)
        {
            member.ejections = 0;
        }
    }
}

impl Member {
    fn is_open(&self, wish: &Wish, now: Instant) -> bool {
        match self.gate {
            Gate::In => wish.is_idempotent || self.closed.is_none_or(|(_, until)| until <= now),
            // It would find out only when its execution has ended.
            _ if wish.waits => false,
            Gate::Out { until, .. } | Gate::Probing { until, .. } if wish.is_idempotent => until <= now,
            // A read probes a member with less harm, so it has as long again to do so.
            Gate::Out { until, time } | Gate::Probing { until, time, .. } => later(until, time) <= now,
        }
    }

    /// Returns whether a probe hangs. It counts as one that failed for the time that the next one has.
    fn give_up_probe(&mut self, now: Instant) -> bool {
        let is_overdue = matches!(self.gate, Gate::Probing { until, .. } if until <= now);
        self.ejections = self.ejections.saturating_add(u32::from(is_overdue));
        is_overdue
    }

    fn leave(&mut self, time: Duration, now: Instant) {
        self.gate = Gate::Out { until: later(now, time), time };
        self.left = Some(now);
        self.ejections = self.ejections.saturating_add(1);
        self.failures = 0;
    }
}

fn is_used(wish: &Wish, index: usize) -> bool {
    u32::try_from(index).ok().and_then(|index| wish.used.checked_shr(index)).is_some_and(|bits| bits & 1 == 1)
}

/// Returns an instant, or one in the far future if no clock can reach it.
fn later(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).unwrap_or_else(|| now + Duration::from_secs(86400 * 365))
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;
