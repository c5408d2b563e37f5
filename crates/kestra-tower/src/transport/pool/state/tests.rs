use std::cell::Cell;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;

/// A handle to a shared connection that a test can close.
#[derive(Clone, Debug)]
struct Handle(Rc<Cell<bool>>);

impl Handle {
    fn new() -> Self {
        Self(Rc::new(Cell::new(true)))
    }

    fn close(&self) {
        self.0.set(false);
    }
}

impl Share for Handle {
    fn is_open(&self) -> bool {
        self.0.get()
    }
}

type Tested = State<u32, Handle>;

const LIMIT: Duration = Duration::from_secs(30);

fn tested(max_idle: usize, may_share: bool) -> (Tested, Effects<u32, Handle>, Instant) {
    let limits = Limits { idle: Some(LIMIT), max_idle };
    (State::new(limits, may_share), Effects::default(), Instant::now())
}

impl Tested {
    fn take_idle(&mut self, now: Instant, effects: &mut Effects<u32, Handle>) -> Option<u32> {
        match self.take(now, effects) {
            Some(Available::Idle { connection, .. }) => Some(connection),
            _ => None,
        }
    }

    /// What a waiting call gets: a connection by its number, `s` for the shared one, `c` for the duty to connect, or nothing.
    fn given(&mut self, ticket: Ticket, effects: &mut Effects<u32, Handle>) -> String {
        match self.poll(ticket, Waker::noop(), effects) {
            Poll::Ready(Delivery::Freed(connection)) => connection.to_string(),
            Poll::Ready(Delivery::Shared(_)) => "s".to_owned(),
            Poll::Ready(Delivery::Connect) => "c".to_owned(),
            Poll::Pending => String::new(),
        }
    }
}

#[test]
fn the_connection_that_was_used_last_is_taken_first() {
    let (mut state, mut effects, now) = tested(9, false);
    for connection in 1..=3 {
        state.put(connection, now, &mut effects);
    }
    let taken: Vec<_> = std::iter::from_fn(|| state.take_idle(now, &mut effects)).collect();
    assert_eq!(taken, [3, 2, 1]);
}

#[test]
fn a_connection_that_was_idle_for_too_long_is_closed_with_all_older_ones() {
    let (mut state, mut effects, now) = tested(9, false);
    state.put(1, now, &mut effects);
    state.put(2, now + LIMIT / 2, &mut effects);
    assert_eq!(state.take_idle(now + LIMIT * 2, &mut effects), None);
    effects.closed.sort_unstable();
    assert_eq!(effects.closed, [1, 2]);
}

#[test]
fn no_more_idle_connections_are_kept_than_allowed_and_the_oldest_go() {
    let (mut state, mut effects, now) = tested(2, false);
    for connection in 1..=3 {
        state.put(connection, now, &mut effects);
    }
    assert_eq!(effects.closed, [1]);
    let (mut state, mut effects, now) = tested(0, false);
    state.put(1, now, &mut effects);
    assert_eq!(effects.closed, [1]);
    assert_eq!(state.take_idle(now, &mut effects), None);
}

#[test]
fn a_freed_connection_goes_to_the_call_that_waits_longest() {
    let (mut state, mut effects, now) = tested(9, false);
    let (first, second) = (state.wait(), state.wait());
    assert_eq!(state.given(first, &mut effects), "c");
    assert_eq!(state.given(second, &mut effects), "c");
    state.put(7, now, &mut effects);
    assert_eq!(effects.wakes.len(), 1);
    assert_eq!(state.given(second, &mut effects), "");
    assert_eq!(state.given(first, &mut effects), "7");
    assert_eq!(state.given(first, &mut effects), "", "a ticket is good for one");
    state.put(8, now, &mut effects);
    assert_eq!(state.given(second, &mut effects), "8");
    state.put(9, now, &mut effects);
    assert_eq!(state.take_idle(now, &mut effects), Some(9));
}

#[test]
fn who_leaves_passes_on_what_it_was_given() {
    let (mut state, mut effects, now) = tested(9, false);
    let (first, second) = (state.wait(), state.wait());
    state.put(7, now, &mut effects);
    state.leave(first, now, &mut effects);
    assert_eq!(state.given(second, &mut effects), "7");
    let third = state.wait();
    state.put(7, now, &mut effects);
    state.leave(third, now, &mut effects);
    assert_eq!(state.take_idle(now, &mut effects), Some(7));
}

#[test]
fn after_a_failure_nothing_that_was_idle_is_used() {
    let (mut state, mut effects, now) = tested(9, false);
    state.put(1, now, &mut effects);
    state.put(2, now, &mut effects);
    state.discard_idle(&mut effects);
    assert_eq!(effects.closed, [1, 2]);
    assert_eq!(state.take_idle(now, &mut effects), None);
    // What comes back later has just been answered.
    state.put(3, now, &mut effects);
    assert_eq!(state.take_idle(now, &mut effects), Some(3));
    let handle = Handle::new();
    state.share(handle, now, &mut effects);
    state.discard_idle(&mut effects);
    assert!(state.take(now, &mut effects).is_none());
}

#[test]
fn the_first_calls_wait_for_one_handshake_and_then_share_it() {
    let (mut state, mut effects, now) = tested(9, true);
    let [leader, follower, other] = [state.wait(), state.wait(), state.wait()];
    assert_eq!(state.given(leader, &mut effects), "c");
    assert_eq!(state.given(follower, &mut effects), "");
    assert_eq!(state.given(other, &mut effects), "");
    state.share(Handle::new(), now, &mut effects);
    state.leave(leader, now, &mut effects);
    assert_eq!(effects.wakes.len(), 3);
    assert_eq!(state.given(follower, &mut effects), "s");
    assert_eq!(state.given(other, &mut effects), "s");
    assert!(matches!(state.take(now, &mut effects), Some(Available::Shared(_))));
}

#[test]
fn where_nothing_can_be_shared_the_first_calls_connect_after_the_first_handshake() {
    let (mut state, mut effects, now) = tested(9, true);
    let [leader, follower, other] = [state.wait(), state.wait(), state.wait()];
    assert_eq!(state.given(leader, &mut effects), "c");
    assert_eq!(state.given(follower, &mut effects), "");
    state.set_exclusive(&mut effects);
    state.leave(leader, now, &mut effects);
    for ticket in [follower, other] {
        assert_eq!(state.given(ticket, &mut effects), "c");
    }
    let later = state.wait();
    assert_eq!(state.given(later, &mut effects), "c", "it is known now");
}

#[test]
fn after_a_failed_handshake_every_call_tries_it_itself_and_after_a_dropped_one_the_next_call() {
    let (mut state, mut effects, now) = tested(9, true);
    let [leader, follower, other] = [state.wait(), state.wait(), state.wait()];
    assert_eq!(state.given(leader, &mut effects), "c");
    assert_eq!(state.given(follower, &mut effects), "");
    state.leave(leader, now, &mut effects);
    assert_eq!(effects.wakes.len(), 1);
    assert_eq!(state.given(follower, &mut effects), "c");
    assert_eq!(state.given(other, &mut effects), "");
    let last = state.wait();
    state.connect_failed(follower, &mut effects);
    state.leave(follower, now, &mut effects);
    assert_eq!(state.given(other, &mut effects), "c");
    assert_eq!(state.given(last, &mut effects), "c");
    // No call leads any more, so the next one does.
    let [leader, follower] = [state.wait(), state.wait()];
    assert_eq!(state.given(leader, &mut effects), "c");
    assert_eq!(state.given(follower, &mut effects), "");
}

#[test]
fn a_shared_connection_that_is_closed_is_replaced_by_one_handshake() {
    let (mut state, mut effects, now) = tested(9, true);
    let handle = Handle::new();
    state.share(handle.clone(), now, &mut effects);
    handle.close();
    assert!(state.take(now, &mut effects).is_none());
    assert_eq!(effects.closed_shared.len(), 1);
    let [leader, follower] = [state.wait(), state.wait()];
    assert_eq!(state.given(leader, &mut effects), "c");
    assert_eq!(state.given(follower, &mut effects), "");
    // Of two that were opened at once, one is kept.
    state.share(Handle::new(), now, &mut effects);
    state.share(Handle::new(), now, &mut effects);
    assert_eq!(effects.closed_shared.len(), 2);
}

#[test]
fn a_shared_connection_is_closed_when_nobody_used_it_for_the_limit() {
    let (mut state, mut effects, now) = tested(9, true);
    let one = state.share(Handle::new(), now, &mut effects);
    let Some(Available::Shared(two)) = state.take(now, &mut effects) else { panic!("a shared connection") };
    state.release(&one, now);
    assert!(state.sweep(now + LIMIT * 2, |_| true, &mut effects).is_some());
    assert!(effects.closed_shared.is_empty(), "it is in use");
    state.release(&two, now + LIMIT * 2);
    assert!(state.sweep(now + LIMIT * 2, |_| true, &mut effects).is_some());
    assert!(state.sweep(now + LIMIT * 3, |_| true, &mut effects).is_none());
    assert_eq!(effects.closed_shared.len(), 1);
}

#[test]
fn the_reaper_closes_what_is_old_or_closed_and_stops_when_nothing_is_left() {
    let (mut state, mut effects, now) = tested(9, false);
    state.put(1, now, &mut effects);
    assert_eq!(effects.starts_reaper.take(), Some(now + LIMIT));
    state.put(2, now + LIMIT / 2, &mut effects);
    state.put(3, now + LIMIT / 2, &mut effects);
    assert!(effects.starts_reaper.is_none(), "one is enough");
    assert_eq!(state.sweep(now, |_| true, &mut effects), Some(now + LIMIT));
    let next = state.sweep(now + LIMIT, |connection| *connection != 3, &mut effects);
    assert_eq!(effects.closed, [1, 3]);
    assert_eq!(next, Some(now + LIMIT + LIMIT / 2));
    assert_eq!(state.sweep(now + LIMIT * 2, |_| true, &mut effects), None);
    assert_eq!(effects.closed, [1, 3, 2]);
    state.put(4, now, &mut effects);
    assert!(effects.starts_reaper.is_some());
}

#[test]
fn without_a_limit_the_reaper_only_looks_for_closed_connections() {
    let limits = Limits { idle: None, max_idle: 9 };
    let (mut state, mut effects, now) = (Tested::new(limits, false), Effects::default(), Instant::now());
    state.put(1, now, &mut effects);
    assert_eq!(state.sweep(now + LIMIT * 99, |_| true, &mut effects), Some(now + LIMIT * 100));
    assert_eq!(state.sweep(now + LIMIT * 100, |_| false, &mut effects), None);
    assert_eq!(effects.closed, [1]);
}

#[test]
fn a_limit_may_be_longer_than_any_clock_counts() {
    let limits = Limits { idle: Some(Duration::MAX), max_idle: 9 };
    let (mut state, mut effects, now) = (Tested::new(limits, false), Effects::default(), Instant::now());
    state.put(1, now, &mut effects);
    assert!(state.sweep(now, |_| true, &mut effects).is_some());
    assert_eq!(state.take_idle(now + LIMIT * 9, &mut effects), Some(1));
}

#[test]
fn what_belongs_to_a_runtime_that_is_gone_is_closed() {
    let (mut state, mut effects, now) = tested(9, false);
    state.put(1, now, &mut effects);
    state.runtime_ended(&mut effects);
    state.put(2, now, &mut effects);
    assert_eq!(effects.closed, [1, 2]);
    assert!(state.is_empty());
}

/// What may happen to the connections of a host.
#[derive(Clone, Copy, Debug)]
enum Event {
    Call,
    PutFirst,
    DropFirst,
    Poll(usize),
    Leave(usize),
    Open(usize),
    Condemn,
    Later(u8),
    Sweep,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Call),
        3 => Just(Event::PutFirst),
        1 => Just(Event::DropFirst),
        3 => (0..4_usize).prop_map(Event::Poll),
        2 => (0..4_usize).prop_map(Event::Leave),
        2 => (0..4_usize).prop_map(Event::Open),
        1 => Just(Event::Condemn),
        1 => any::<u8>().prop_map(Event::Later),
        1 => Just(Event::Sweep),
    ]
}

proptest! {
    /// Whatever happens, a connection is in one place only, and no call waits beside an idle connection.
    #[test]
    fn no_connection_is_lost_or_given_twice(events in prop::collection::vec(event(), 1..200)) {
        let (mut state, mut effects, mut now) = tested(3, false);
        let (mut next, mut held, mut dropped, mut waiting) = (0, Vec::new(), Vec::new(), Vec::new());
        for event in events {
            match event {
                Event::Call => match state.take_idle(now, &mut effects) {
                    Some(connection) => held.push(connection),
                    None => waiting.push(state.wait()),
                },
                Event::PutFirst if !held.is_empty() => state.put(held.remove(0), now, &mut effects),
                Event::DropFirst if !held.is_empty() => dropped.push(held.remove(0)),
                Event::Poll(at) if at < waiting.len() => {
                    if let Poll::Ready(Delivery::Freed(connection)) = state.poll(waiting[at], Waker::noop(), &mut effects) {
                        waiting.remove(at);
                        held.push(connection);
                    }
                }
                Event::Leave(at) if at < waiting.len() => {
                    state.leave(waiting.remove(at), now, &mut effects);
                }
                Event::Open(at) if at < waiting.len() => {
                    state.set_exclusive(&mut effects);
                    state.leave(waiting.remove(at), now, &mut effects);
                    held.push(next);
                    next += 1;
                }
                Event::Condemn => state.discard_idle(&mut effects),
                Event::Later(seconds) => now += Duration::from_secs(seconds.into()),
                Event::Sweep => drop(state.sweep(now, |_| true, &mut effects)),
                _ => {}
            }
            let idle = state.idle.iter().map(|idle| idle.connection);
            let given = state.given.iter().map(|(_, connection)| *connection);
            let places = [&held, &dropped, &effects.closed].into_iter().flatten().copied();
            let mut all: Vec<u32> = places.chain(idle).chain(given).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..next).collect::<Vec<_>>());
            prop_assert!(state.idle.is_empty() || state.waiting.is_empty());
            prop_assert!(state.idle.len() <= 3);
        }
    }
}
