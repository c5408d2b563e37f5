//! A limit on silence.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use kestra_core::{Error, ErrorKind, TimeoutPhase};
use tokio::time::Sleep;

/// Counts while nothing comes; no timer exists before the first silence.
pub(crate) struct IdleTimer {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    silent: bool,
}

impl IdleTimer {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, sleep: None, silent: false }
    }

    /// Something came.
    pub(crate) fn reset(&mut self) {
        self.silent = false;
    }

    /// Nothing is there yet: ready with an error when the limit is reached.
    pub(crate) fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let limit = self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !self.silent {
            self.silent = true;
            sleep.set(tokio::time::sleep(limit));
        }
        sleep.as_mut().poll(cx).map(|()| expired(limit, "nothing more came"))
    }
}

pub(crate) fn expired(limit: Duration, what: &str) -> Error {
    Error::new(ErrorKind::Timeout(TimeoutPhase::Idle), format!("{what} for {limit:?}"))
}
