//! The orders in which threads can come to the state, as loom finds them: all in which a thread is interrupted twice at most. A
//! lost wake-up would be a deadlock here.

use std::future::poll_fn;

use loom::future::block_on;
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::*;

/// A shared connection that stays open.
#[derive(Clone)]
struct Handle;

impl Share for Handle {
    fn is_open(&self) -> bool {
        true
    }
}

#[derive(Clone)]
struct Tested(Arc<Mutex<State<u32, Handle>>>);

impl Tested {
    fn new(may_share: bool) -> Self {
        let limits = Limits { idle: None, max_idle: 9 };
        Self(Arc::new(Mutex::new(State::new(limits, may_share))))
    }

    fn with<R>(&self, act: impl FnOnce(&mut State<u32, Handle>, &mut Effects<u32, Handle>) -> R) -> R {
        let mut effects = Effects::default();
        let result = act(&mut self.0.lock().unwrap(), &mut effects);
        effects.wakes.into_iter().for_each(Waker::wake);
        result
    }

    fn put(&self, connection: u32) {
        self.with(|state, effects| state.put(connection, Instant::now(), effects));
    }

    /// Takes a connection or waits until one is given; what it opens itself never comes about.
    fn take(&self) -> Option<u32> {
        let found =
            self.with(|state, effects| state.take(Instant::now(), effects).ok_or_else(|| state.wait()));
        let ticket = match found {
            Ok(Available::Idle { connection, .. }) => return Some(connection),
            Ok(Available::Shared(_)) => return None,
            Err(ticket) => ticket,
        };
        block_on(poll_fn(|cx| {
            loop {
                return match self.with(|state, effects| state.poll(ticket, cx.waker(), effects)) {
                    Poll::Ready(Delivery::Freed(connection)) => Poll::Ready(Some(connection)),
                    Poll::Ready(Delivery::Shared(_)) => Poll::Ready(None),
                    Poll::Ready(Delivery::Connect) => continue,
                    Poll::Pending => Poll::Pending,
                };
            }
        }))
    }

    /// Waits, and gives up after the first look.
    fn give_up(&self) {
        let found =
            self.with(|state, effects| state.take(Instant::now(), effects).ok_or_else(|| state.wait()));
        match found {
            Ok(Available::Idle { connection, .. }) => self.put(connection),
            Ok(Available::Shared(_)) => {}
            Err(ticket) => self.with(|state, effects| state.leave(ticket, Instant::now(), effects)),
        }
    }
}

fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(run);
}

#[test]
fn a_freed_connection_reaches_one_of_those_who_wait() {
    model(|| {
        let state = Tested::new(false);
        let taker = thread::spawn({
            let state = state.clone();
            move || {
                let connection = state.take();
                state.put(connection.expect("a connection of its own"));
                connection
            }
        });
        let fickle = thread::spawn({
            let state = state.clone();
            move || state.give_up()
        });
        state.put(7);
        assert_eq!(taker.join().unwrap(), Some(7));
        fickle.join().unwrap();
        assert_eq!(state.take(), Some(7), "it is idle again");
    });
}

#[test]
fn the_duty_to_connect_is_passed_on_until_somebody_shares_a_connection() {
    model(|| {
        let state = Tested::new(true);
        // Whoever opens the first connection gives up at some time.
        let fickle = thread::spawn({
            let state = state.clone();
            move || state.give_up()
        });
        let follower = thread::spawn({
            let state = state.clone();
            move || state.lead_or_follow()
        });
        assert!(state.lead_or_follow());
        assert!(follower.join().unwrap());
        fickle.join().unwrap();
        assert!(state.with(|state, effects| matches!(
            state.take(Instant::now(), effects),
            Some(Available::Shared(_))
        )));
    });
}

impl Tested {
    /// Gets the shared connection: from somebody else, or by opening it. Says whether it did.
    fn lead_or_follow(&self) -> bool {
        let found =
            self.with(|state, effects| state.take(Instant::now(), effects).ok_or_else(|| state.wait()));
        let Err(ticket) = found else { return true };
        block_on(poll_fn(|cx| {
            self.with(|state, effects| match state.poll(ticket, cx.waker(), effects) {
                Poll::Ready(Delivery::Shared(_)) => Poll::Ready(true),
                Poll::Ready(Delivery::Connect) => {
                    state.share(Handle, Instant::now(), effects);
                    state.leave(ticket, Instant::now(), effects);
                    Poll::Ready(true)
                }
                Poll::Ready(Delivery::Freed(_)) => Poll::Ready(false),
                Poll::Pending => Poll::Pending,
            })
        }))
    }
}
