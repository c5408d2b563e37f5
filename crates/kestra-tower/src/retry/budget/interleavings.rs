//! The orders in which calls can come to the budget, as loom finds them.

use loom::sync::Arc;
use loom::sync::atomic::AtomicU32;
use loom::thread;

use super::*;

impl Shared for AtomicU32 {
    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

#[test]
fn no_token_is_taken_twice_and_none_is_lost() {
    loom::model(|| {
        let budget = Arc::new(Budget { capacity: 28, tokens: AtomicU32::new(28) });
        // Three retries, of which the budget has two, and one of them succeeds.
        let retries: Vec<_> = [true, false]
            .map(|succeeds| {
                let budget = Arc::clone(&budget);
                thread::spawn(move || {
                    let is_taken = budget.take(14);
                    if is_taken && succeeds {
                        budget.give(14);
                    }
                    (is_taken, succeeds)
                })
            })
            .into();
        let mine = budget.take(14);
        let ends: Vec<_> = retries.into_iter().map(|retry| retry.join().unwrap()).collect();
        let taken = ends.iter().filter(|(is_taken, _)| *is_taken).count() as u32 + u32::from(mine);
        let given = u32::from(ends.contains(&(true, true)));
        assert!(taken >= 2);
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 28 + 14 * given - 14 * taken);
    });
}

#[test]
fn successes_fill_it_to_its_capacity_and_no_further() {
    loom::model(|| {
        let budget = Arc::new(Budget { capacity: 28, tokens: AtomicU32::new(14) });
        let success = {
            let budget = Arc::clone(&budget);
            thread::spawn(move || budget.give(10))
        };
        budget.give(10);
        success.join().unwrap();
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 28);
    });
}
