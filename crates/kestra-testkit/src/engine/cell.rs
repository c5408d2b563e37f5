//! Where an execution is kept while it changes, and how others see it change.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::execution::Execution;
use super::state::State;
use crate::app::lock;

/// One execution, and those who watch it.
#[derive(Debug)]
pub(crate) struct Cell {
    sender: watch::Sender<Arc<Execution>>,
    /// Whether a task of the runtime runs it.
    driven: AtomicBool,
    /// The execution as it was when the executor had taken up the last command.
    taken_up: Mutex<Option<Arc<Execution>>>,
}

impl Cell {
    pub(crate) fn new(execution: Execution) -> Self {
        Self {
            sender: watch::Sender::new(Arc::new(execution)),
            driven: AtomicBool::new(false),
            taken_up: Mutex::new(None),
        }
    }

    /// The execution as it is now.
    pub(crate) fn now(&self) -> Arc<Execution> {
        Arc::clone(&self.sender.borrow())
    }

    /// Changes the execution and tells those who watch.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut Execution) -> R) -> Option<R> {
        let mut result = None;
        self.sender.send_modify(|execution| {
            result = Some(change(Arc::make_mut(execution)));
            self.note(execution);
        });
        result
    }

    /// Changes the execution if it allows it; what `change` refuses isn't kept.
    pub(crate) fn try_update<R, E>(
        &self,
        change: impl FnOnce(&mut Execution) -> Result<R, E>,
    ) -> Option<Result<R, E>> {
        let mut result = None;
        self.sender.send_if_modified(|execution| {
            let mut changed = Execution::clone(execution);
            let outcome = change(&mut changed);
            let kept = outcome.is_ok();
            if kept {
                *execution = Arc::new(changed);
                self.note(execution);
            }
            result = Some(outcome);
            kept
        });
        result
    }

    /// Keeps the first state in which the executor has taken the execution up.
    fn note(&self, execution: &Arc<Execution>) {
        let mut taken_up = lock(&self.taken_up);
        if taken_up.is_none() && is_taken_up(execution) {
            *taken_up = Some(Arc::clone(execution));
        }
    }

    /// Expects the executor to take up a command.
    pub(crate) fn expect(&self) {
        *lock(&self.taken_up) = None;
    }

    /// Waits until the executor has taken up the last command; gives the execution as it was then.
    pub(crate) async fn taken_up(&self) -> Arc<Execution> {
        let known = || lock(&self.taken_up).clone();
        self.until(|_| known().is_some()).await;
        known().unwrap_or_else(|| self.now())
    }

    /// A view on the changes; the present state counts as seen.
    pub(crate) fn watch(&self) -> watch::Receiver<Arc<Execution>> {
        self.sender.subscribe()
    }

    /// Waits until the execution is as asked; it may be so already.
    pub(crate) async fn until(&self, holds: impl Fn(&Execution) -> bool) -> Arc<Execution> {
        let mut changes = self.watch();
        // The sender lives in `self`: there is always a next change to wait for.
        match changes.wait_for(|execution| holds(execution)).await {
            Ok(execution) => Arc::clone(&execution),
            Err(_) => self.now(),
        }
    }

    /// Takes over running it; false if somebody does already.
    pub(crate) fn take(&self) -> bool {
        !self.driven.swap(true, Ordering::AcqRel)
    }

    /// Gives running it up.
    pub(crate) fn release(&self) {
        self.driven.store(false, Ordering::Release);
    }

    /// Whether somebody runs it.
    pub(crate) fn is_driven(&self) -> bool {
        self.driven.load(Ordering::Acquire)
    }
}

/// Whether an execution has left the states in which nobody runs it.
fn is_taken_up(execution: &Execution) -> bool {
    let begun = |state: State| !matches!(state, State::Created | State::Restarted);
    match execution.state.current() {
        State::Created | State::Restarted => false,
        State::Running => execution.runs().last().is_some_and(|run| begun(run.state.current())),
        _ => true,
    }
}
