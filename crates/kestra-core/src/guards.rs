//! Whether a timer of an attempt watches the deadline of its call, so that the call needs no timer of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// The timers that watch, and who relies on them.
#[derive(Default)]
pub(crate) struct Guards(Mutex<State>);

#[derive(Default)]
struct State {
    count: u32,
    relying: Option<Waker>,
}

impl Guards {
    pub(crate) fn begin(&self) {
        self.lock().count += 1;
    }

    /// The last one to end wakes whoever relied on it.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.count = state.count.saturating_sub(1);
        let relying = if state.count == 0 { state.relying.take() } else { None };
        drop(state);
        if let Some(waker) = relying {
            waker.wake();
        }
    }

    pub(crate) fn rely(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        if state.count == 0 {
            return false;
        }
        match &mut state.relying {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        true
    }

    pub(crate) fn stop_relying(&self) {
        self.lock().relying = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
