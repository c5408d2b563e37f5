//! The orders in which calls can come to the state, as loom finds them: each begins and ends under the lock, as the layer does.

use loom::sync::{Arc, Mutex};
use loom::thread;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const READ: Wish = Wish { used: 0, preferred: None, is_idempotent: true, waits: false, random: 0 };

#[derive(Clone)]
struct Shared {
    health: Arc<Mutex<Health>>,
    /// The same in all orders.
    now: Instant,
}

impl Shared {
    fn new(members: usize) -> Self {
        let settings = ClusterSettings {
            policy: Policy::RoundRobin,
            eject_after: 1,
            eject_first: SECOND,
            eject_cap: SECOND * 60,
            resolve_all: false,
        };
        Self { health: Arc::new(Mutex::new(Health::new(members, settings))), now: Instant::now() }
    }

    fn begin(&self, after: Duration) -> Pick {
        let mut health = self.health.lock().unwrap();
        let pick = health.begin(&READ, self.now + after);
        assert_bounds(&health);
        pick
    }

    fn end(&self, pick: Pick, outcome: Outcome, after: Duration) -> Option<Change> {
        let mut health = self.health.lock().unwrap();
        let change = health.end(pick, outcome, self.now + after);
        assert_bounds(&health);
        change
    }

    /// Runs the calls at the same time, and returns what each has found.
    fn at_once<T: Send + 'static>(&self, calls: Vec<impl FnOnce(Self) -> T + Send + 'static>) -> Vec<T> {
        let running: Vec<_> = calls
            .into_iter()
            .map(|call| {
                let shared = self.clone();
                thread::spawn(move || call(shared))
            })
            .collect();
        running.into_iter().map(|call| call.join().unwrap()).collect()
    }
}

fn assert_bounds(health: &Health) {
    let count = health.members.len();
    let out = health.members.iter().filter(|member| member.gate != Gate::In).count();
    assert!(out <= count.div_ceil(2) && out < count, "{out} of {count} are out");
}

fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

#[test]
fn calls_that_all_fail_leave_a_member_in_and_none_pending() {
    model(|| {
        let shared = Shared::new(2);
        let fails = |shared: Shared| {
            let pick = shared.begin(Duration::ZERO);
            matches!(shared.end(pick, Outcome::Unreachable, Duration::ZERO), Some(Change::Ejected { .. }))
        };
        let ejections = shared.at_once(vec![fails; 3]).into_iter().filter(|is| *is).count();
        let health = shared.health.lock().unwrap();
        // It is told once, and each attempt is counted down once.
        assert_eq!(ejections, 1);
        assert!(health.members.iter().all(|member| member.pending == 0));
        assert_eq!(health.members.iter().filter(|member| member.gate == Gate::In).count(), 1);
    });
}

#[test]
fn one_of_the_calls_probes_and_the_member_returns_once() {
    model(|| {
        let shared = Shared::new(2);
        let pick = shared.begin(Duration::ZERO);
        assert!(shared.end(pick, Outcome::Unreachable, Duration::ZERO).is_some());
        let (out, due) = (pick.member, SECOND * 2);
        let succeeds = move |shared: Shared| {
            let pick = shared.begin(due);
            let change = shared.end(pick, Outcome::Success, due);
            assert!(!pick.is_probe || pick.member == out);
            (pick.is_probe, change == Some(Change::Returned))
        };
        let ends = shared.at_once(vec![succeeds; 3]);
        let count = |wanted: fn(&(bool, bool)) -> bool| ends.iter().filter(|end| wanted(end)).count();
        assert_eq!((count(|end| end.0), count(|end| end.1)), (1, 1), "{ends:?}");
        assert!(shared.health.lock().unwrap().members.iter().all(|member| member.gate == Gate::In));
    });
}

#[test]
fn a_probe_that_is_dropped_keeps_nobody_from_the_next() {
    model(|| {
        let shared = Shared::new(2);
        let pick = shared.begin(Duration::ZERO);
        assert!(shared.end(pick, Outcome::Unreachable, Duration::ZERO).is_some());
        let due = SECOND * 2;
        let dropped = move |shared: Shared| {
            let pick = shared.begin(due);
            shared.end(pick, Outcome::Neutral, due);
        };
        shared.at_once(vec![dropped; 2]);
        // The failed one is neither lost nor in.
        let later = due + SECOND / 2;
        let picks = [shared.begin(later), shared.begin(later)];
        assert_eq!(picks.iter().filter(|pick| pick.is_probe).count(), 1, "{picks:?}");
    });
}
