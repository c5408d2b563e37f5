//! The token of a source: kept, renewed early, and asked for by one call at a time.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use http::HeaderValue;
use kestra_core::{Error, ErrorKind};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::token::{AnySource, Lasts, Token, TokenSource};
use crate::shared_error::SharedError;

/// How long a source may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How long before its end a token is renewed, at most; a short-lived one after three quarters of its life.
const EARLY: Duration = Duration::from_mins(1);
/// How soon a source that failed, or a file, is looked at again.
const AGAIN: Duration = Duration::from_secs(10);
/// After this time without a call, the next one waits until the file was looked at.
const STALE: Duration = Duration::from_mins(1);

pub(super) struct Provider {
    name: &'static str,
    source: Box<dyn AnySource>,
    current: RwLock<Option<Current>>,
    renewal: Mutex<Option<Renewal>>,
}

/// The header of a token.
#[derive(Clone)]
pub(super) struct Credential {
    pub(super) header: HeaderValue,
    /// Which token it is: the first is 1.
    pub(super) number: u64,
}

#[derive(Clone)]
struct Current {
    credential: Credential,
    /// From here on it is renewed on the side.
    renew_at: Option<Instant>,
    /// From here on calls wait for the renewal.
    wait_at: Option<Instant>,
    /// From here on it is useless.
    expires: Option<Instant>,
}

type Outcome = Result<Credential, Arc<Error>>;
type Renewal = watch::Receiver<Option<Outcome>>;

/// Waits for a token.
pub(super) type TokenFuture = Pin<Box<dyn Future<Output = Result<Credential, Error>> + Send>>;

impl Provider {
    pub(super) fn new(name: &'static str, source: impl TokenSource) -> Self {
        Self { name, source: Box::new(source), current: RwLock::new(None), renewal: Mutex::new(None) }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The token, if there is one that need not be waited for.
    pub(super) fn ready(self: &Arc<Self>) -> Option<Credential> {
        let (credential, renew) = {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            let current = current.as_ref()?;
            if current.renew_at.is_none() && current.wait_at.is_none() {
                return Some(current.credential.clone());
            }
            let now = Instant::now();
            let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            if passed(current.wait_at) {
                return None;
            }
            (current.credential.clone(), passed(current.renew_at))
        };
        if renew {
            self.renew();
        }
        Some(credential)
    }

    /// Has the source asked, and waits for its answer. If it fails, an old token serves that hasn't expired.
    pub(super) fn wait(self: &Arc<Self>) -> TokenFuture {
        let provider = Arc::clone(self);
        let renewal = self.renew();
        Box::pin(async move {
            match outcome(renewal).await {
                Err(error) => provider.unexpired().ok_or(error),
                renewed => renewed,
            }
        })
    }

    /// A token in place of the one of this number, which a server refused.
    pub(super) fn replace(self: &Arc<Self>, number: u64) -> TokenFuture {
        match self.unexpired() {
            // Another call was faster.
            Some(credential) if credential.number != number => Box::pin(std::future::ready(Ok(credential))),
            _ => Box::pin(outcome(self.renew())),
        }
    }

    fn unexpired(&self) -> Option<Credential> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let current = current.as_ref()?;
        let expired = current.expires.is_some_and(|at| at <= Instant::now());
        (!expired).then(|| current.credential.clone())
    }

    /// Has the source asked, unless it is being asked already. A task of its own does it, so that no call that is given up
    /// stops it.
    fn renew(self: &Arc<Self>) -> Renewal {
        let mut slot = self.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = slot.as_ref().filter(|renewal| renewal.has_changed().is_ok()) {
            return running.clone();
        }
        let (sender, receiver) = watch::channel(None);
        match Handle::try_current() {
            Ok(runtime) => {
                let provider = Arc::clone(self);
                // As the type of task that the pool spawns too: each type costs 8 kB.
                let asking: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
                    let outcome = provider.ask().await;
                    sender.send_replace(Some(outcome));
                });
                runtime.spawn(asking);
                *slot = Some(receiver.clone());
            }
            Err(problem) => {
                sender.send_replace(Some(Err(Arc::new(Error::with_source(ErrorKind::Auth, problem)))));
            }
        }
        receiver
    }

    async fn ask(&self) -> Outcome {
        let answer = match timeout(LIMIT, self.source.ask()).await {
            Ok(Ok(token)) => token.header().map(|header| (token, header)),
            Ok(Err(problem)) => Err(Error::with_source(ErrorKind::Auth, problem)),
            Err(_) => {
                Err(Error::new(ErrorKind::Auth, format!("the source of tokens took longer than {LIMIT:?}")))
            }
        };
        match answer {
            Ok((token, header)) => Ok(self.keep(&token, header)),
            Err(error) => {
                tracing::debug!(target: "kestra::auth", source = self.name, "no new token");
                self.postpone();
                Err(Arc::new(error))
            }
        }
    }

    fn keep(&self, token: &Token, header: HeaderValue) -> Credential {
        let mut slot = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let number = match slot.as_ref().map(|current| &current.credential) {
            Some(old) if old.header == header => old.number,
            Some(old) => old.number + 1,
            None => 1,
        };
        let credential = Credential { header, number };
        let now = Instant::now();
        let (renew_at, wait_at, expires) = match token.lasts() {
            Lasts::Open => (None, None, None),
            Lasts::Until(end) => {
                let early = (end.saturating_duration_since(now) / 4).min(EARLY);
                (end.checked_sub(early), Some(end), Some(end))
            }
            Lasts::UntilLookedAt => (now.checked_add(AGAIN), now.checked_add(STALE), None),
        };
        *slot = Some(Current { credential: credential.clone(), renew_at, wait_at, expires });
        credential
    }

    /// Lets a source that failed rest, while its old token is good.
    fn postpone(&self) {
        let mut slot = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let Some(current) = slot.as_mut() else { return };
        let again = Instant::now().checked_add(AGAIN);
        current.renew_at = current.renew_at.and(again);
        if current.expires.is_none() {
            current.wait_at = current.wait_at.and(again);
        }
    }
}

async fn outcome(mut renewal: Renewal) -> Result<Credential, Error> {
    let outcome = match renewal.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone(),
        Err(_) => None,
    };
    match outcome {
        Some(Ok(credential)) => Ok(credential),
        Some(Err(error)) => {
            Err(Error::with_source(error.kind(), SharedError::new(error))
                .message("the source of tokens failed"))
        }
        None => Err(Error::new(ErrorKind::Auth, "the source of tokens ended without an answer")),
    }
}
