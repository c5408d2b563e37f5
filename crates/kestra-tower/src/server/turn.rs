//! One at a time: whose turn it is to ask a server for its version.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::version_cache::Question;

/// A lock that is polled, so that a future with a name can wait for it. It is held for the length of one question.
#[derive(Default)]
pub(super) struct Turn(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    /// Since when it is somebody's turn.
    taken: Option<Instant>,
    waiting: Vec<Waker>,
}

/// The turn; it ends when this is dropped, also with a call that is given up.
pub(super) struct Taken {
    question: Arc<Question>,
    since: Instant,
}

impl Turn {
    fn poll(&self, limit: Duration, cx: &mut Context<'_>) -> Poll<Instant> {
        let now = Instant::now();
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.taken.is_some_and(|since| now.saturating_duration_since(since) < limit) {
            if !queue.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                queue.waiting.push(cx.waker().clone());
            }
            return Poll::Pending;
        }
        queue.taken = Some(now);
        Poll::Ready(now)
    }

    fn end(&self, since: Instant) {
        let waiting = {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.taken != Some(since) {
                // It took too long, and another has the turn.
                return;
            }
            queue.taken = None;
            std::mem::take(&mut queue.waiting)
        };
        // All of them: the answer is most likely there, and whoever finds none asks.
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Taken {
    /// Waits for the turn. Who has it for longer than the limit loses it to the next that is polled: a call that is neither
    /// polled nor dropped would keep it for ever.
    pub(super) fn poll(question: &Arc<Question>, limit: Duration, cx: &mut Context<'_>) -> Poll<Self> {
        question.turn.poll(limit, cx).map(|since| Self { question: Arc::clone(question), since })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.question.turn.end(self.since);
    }
}
