//! The current token and the request for the next one: a state machine without a clock, locks or I/O.

use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use super::token::{Lasts, Token};

/// How long before its end a token is renewed, at most; a short-lived one after three quarters of its life.
const EARLY: Duration = Duration::from_mins(1);
/// How soon a source that failed, or a file, is looked at again.
const RECHECK_AFTER: Duration = Duration::from_secs(10);
/// After this time without a call, the next one waits until the file was looked at.
const STALE: Duration = Duration::from_mins(1);

/// The header of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    pub(super) header: HeaderValue,
    /// Which token it is: the first is 1.
    pub(super) number: u64,
}

/// A request for a token that calls wait for.
pub(super) trait Running: Clone {
    /// Returns whether it may still have a result.
    fn is_running(&self) -> bool;
}

pub(super) struct State<R> {
    current: Option<Current>,
    renewal: Option<R>,
}

struct Current {
    credential: Credential,
    /// From here on it is renewed in the background.
    renew_at: Option<Instant>,
    /// From here on calls wait for the renewal.
    wait_at: Option<Instant>,
    /// From here on it is useless.
    expires: Option<Instant>,
}

/// The token that a call needs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    /// One that need not be waited for.
    Usable,
    /// One that is not due for a renewal.
    Renewed,
    /// Another one than that with this number, which a server refused.
    InsteadOf(u64),
}

/// The result of [`State::find`]: a token, or the request for one.
pub(super) enum Found<R> {
    Credential(Credential),
    /// What the call waits for.
    Renewal(R),
}

impl<R> Default for State<R> {
    fn default() -> Self {
        Self { current: None, renewal: None }
    }
}

impl<R: Running> State<R> {
    /// Returns the token, if there is one that need not be waited for, and whether its renewal is due.
    pub(super) fn ready(&self, now: impl FnOnce() -> Instant) -> Option<(Credential, bool)> {
        let current = self.current.as_ref()?;
        if current.renew_at.is_none() && current.wait_at.is_none() {
            return Some((current.credential.clone(), false));
        }
        let now = now();
        let is_usable = !passed(current.wait_at, now);
        is_usable.then(|| (current.credential.clone(), passed(current.renew_at, now)))
    }

    /// Returns what the call needs, or the request for it: one at a time. Under one lock, so that a call which comes just
    /// after the end of a request doesn't start another one.
    pub(super) fn find(&mut self, need: Need, now: Instant, start: impl FnOnce() -> R) -> Found<R> {
        let found = match need {
            Need::Usable => self.ready(|| now).map(|(credential, _)| credential),
            Need::Renewed => {
                self.ready(|| now).filter(|(_, is_due)| !is_due).map(|(credential, _)| credential)
            }
            Need::InsteadOf(number) => {
                self.unexpired(now).filter(|credential| credential.number != number).cloned()
            }
        };
        if let Some(credential) = found {
            return Found::Credential(credential);
        }
        if let Some(running) = self.renewal.as_ref().filter(|renewal| renewal.is_running()) {
            return Found::Renewal(running.clone());
        }
        Found::Renewal(self.renewal.insert(start()).clone())
    }

    pub(super) fn unexpired(&self, now: Instant) -> Option<&Credential> {
        let current = self.current.as_ref().filter(|current| !passed(current.expires, now))?;
        Some(&current.credential)
    }

    /// Makes a token the current one. It has to come before the request for it ends.
    pub(super) fn keep(&mut self, token: &Token, header: HeaderValue, now: Instant) -> Credential {
        let number = match self.current.as_ref().map(|current| &current.credential) {
            Some(old) if old.header == header => old.number,
            Some(old) => old.number + 1,
            None => 1,
        };
        let credential = Credential { header, number };
        let (renew_at, wait_at, expires) = match token.lasts() {
            Lasts::Open => (None, None, None),
            Lasts::Until(end) => {
                let early = (end.saturating_duration_since(now) / 4).min(EARLY);
                (end.checked_sub(early), Some(end), Some(end))
            }
            Lasts::UntilRead => (now.checked_add(RECHECK_AFTER), now.checked_add(STALE), None),
        };
        self.current = Some(Current { credential: credential.clone(), renew_at, wait_at, expires });
        credential
    }

    /// Postpones the next request after the source failed, if there is a token.
    pub(super) fn postpone(&mut self, now: Instant) {
        let Some(current) = self.current.as_mut() else { return };
        let again = now.checked_add(RECHECK_AFTER);
        current.renew_at = current.renew_at.and(again);
        if current.expires.is_none() {
            current.wait_at = current.wait_at.and(again);
        }
    }
}

fn passed(at: Option<Instant>, now: Instant) -> bool {
    at.is_some_and(|at| at <= now)
}

#[cfg(test)]
mod interleavings;
