//! The orders in which calls can come to the budget, as loom finds them.

use loom::sync::{Arc, Mutex};
use loom::thread;

use super::*;

/// The state after so many successes, with a hedge for every two.
fn shared(successes: u32) -> Arc<Mutex<State>> {
    Arc::new(Mutex::new(State { calls_per_hedge: Some(2), successes, ..State::default() }))
}

fn at_once<T: Send + 'static>(
    state: &Arc<Mutex<State>>,
    calls: Vec<impl FnOnce(&Mutex<State>) -> T + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let state = Arc::clone(state);
            thread::spawn(move || call(&state))
        })
        .collect();
    running.into_iter().map(|call| call.join().unwrap()).collect()
}

fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(run);
}

#[test]
fn slow_calls_at_once_share_one_place_of_the_budget() {
    model(|| {
        let (state, now) = (shared(2), Instant::now());
        // One of them succeeds afterwards, as calls do.
        let call = move |state: &Mutex<State>| {
            let taken = state.lock().unwrap().take(now);
            state.lock().unwrap().succeeded("read", Duration::ZERO);
            taken
        };
        let taken = at_once(&state, vec![call; 3]);
        let count = taken.iter().filter(|budget| **budget == Budget::Taken).count();
        // Two successes before, and two of the three: the third sees at most those.
        assert!((1..=2).contains(&count), "{taken:?}");
        let left = state.lock().unwrap().successes;
        assert!(2 + 3 >= count as u32 * 2 + left, "{left} left after {taken:?}");
    });
}

#[test]
fn after_a_refusal_nobody_hedges_and_a_shorter_pause_ends_no_longer_one() {
    model(|| {
        let (state, now) = (shared(100), Instant::now());
        let refused = |asked: Duration| {
            move |state: &Mutex<State>| {
                state.lock().unwrap().pause(asked, now);
                state.lock().unwrap().take(now)
            }
        };
        let ends = at_once(&state, vec![refused(PAUSE), refused(LONGEST_PAUSE)]);
        assert_eq!(ends, [Budget::Paused; 2]);
        // Whichever came last.
        let just_before = now + LONGEST_PAUSE - Duration::from_millis(1);
        assert_eq!(state.lock().unwrap().take(just_before), Budget::Paused);
        assert_eq!(state.lock().unwrap().take(now + LONGEST_PAUSE), Budget::Taken);
    });
}
