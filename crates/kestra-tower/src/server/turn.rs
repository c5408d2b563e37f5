//! One at a time: whose turn it is to ask a server for its version.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::version_cache::Question;

/// A lock that is polled, so that a future with a name can wait for it. It is held for the length of one question.
#[derive(Default)]
pub(super) struct Turn(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    taken: bool,
    waiting: Vec<Waker>,
}

/// The turn; it ends when this is dropped, also with a call that is given up.
pub(super) struct Taken(Arc<Question>);

impl Turn {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.taken {
            if !queue.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                queue.waiting.push(cx.waker().clone());
            }
            return Poll::Pending;
        }
        queue.taken = true;
        Poll::Ready(())
    }

    fn end(&self) {
        let waiting = {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.taken = false;
            std::mem::take(&mut queue.waiting)
        };
        // All of them: the answer is most likely there, and whoever finds none asks.
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Taken {
    /// Waits for the turn.
    pub(super) fn poll(question: &Arc<Question>, cx: &mut Context<'_>) -> Poll<Self> {
        question.turn.poll(cx).map(|()| Self(Arc::clone(question)))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.turn.end();
    }
}
