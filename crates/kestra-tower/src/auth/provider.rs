//! The token of a source: kept, renewed early, and requested once for all calls.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use http::HeaderValue;
use kestra_core::{Error, ErrorKind};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::token::{AnySource, Lasts, Token, TokenSource};

/// How long a source may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How long before its end a token is renewed, at most; a short-lived one after three quarters of its life.
const EARLY: Duration = Duration::from_mins(1);
/// How soon a source that failed, or a file, is looked at again.
const AGAIN: Duration = Duration::from_secs(10);
/// How often the task that requests a credential shows that its runtime polls it.
const BEAT: Duration = Duration::from_secs(1);
/// After this time without a heartbeat a renewal is given up: its runtime exists but doesn't poll it. No longer than a
/// version detection may hold up other calls.
const STALLED: Duration = Duration::from_secs(10);
/// How many renewals in a row may end with their runtime before that is an error.
const MOST_ENDED: u32 = 3;
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

/// A request for a new credential that calls wait for.
#[derive(Clone)]
struct Renewal {
    outcome: watch::Receiver<Option<Outcome>>,
    heartbeat: Arc<Mutex<Instant>>,
}

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

    /// Requests a token from the source. If that fails, returns the old token unless it has expired.
    pub(super) async fn wait(self: &Arc<Self>) -> Result<Credential, Error> {
        self.renewed().await.or_else(|error| self.unexpired().ok_or(error))
    }

    /// Returns a token in place of the token with this number, which a server refused.
    pub(super) async fn replace(self: &Arc<Self>, number: u64) -> Result<Credential, Error> {
        match self.unexpired() {
            // Another call was faster.
            Some(credential) if credential.number != number => Ok(credential),
            _ => self.renewed().await,
        }
    }

    /// Returns the result of a renewal, or of another one if the runtime of the first doesn't poll it any more.
    async fn renewed(self: &Arc<Self>) -> Result<Credential, Error> {
        let mut renewal = self.renew();
        let mut ended = 0;
        loop {
            let silence_left = renewal.silence_left();
            let outcome =
                async { renewal.outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone()) };
            match timeout(silence_left, outcome).await {
                Ok(Ok(Some(Ok(credential)))) => return Ok(credential),
                Ok(Ok(Some(Err(error)))) => {
                    return Err(
                        Error::from_source(error.kind(), error).with_message("the token source failed")
                    );
                }
                Ok(_) if ended == MOST_ENDED => {
                    return Err(Error::new(ErrorKind::Auth, "the token source ended without a result"));
                }
                Ok(_) => ended += 1,
                Err(_) if !renewal.is_stalled() => continue,
                Err(_) => {}
            }
            renewal = self.renew();
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
        if let Some(running) = slot.as_ref().filter(|renewal| renewal.is_running()) {
            return running.clone();
        }
        let (sender, outcome) = watch::channel(None);
        let renewal = Renewal { outcome, heartbeat: Arc::new(Mutex::new(Instant::now())) };
        match Handle::try_current() {
            Ok(runtime) => {
                let (provider, heartbeat) = (Arc::clone(self), Arc::clone(&renewal.heartbeat));
                // As the type of task that the pool spawns too: each type costs 8 kB.
                let asking: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
                    let outcome = with_heartbeat(&heartbeat, provider.ask()).await;
                    sender.send_replace(Some(outcome));
                });
                runtime.spawn(asking);
                *slot = Some(renewal.clone());
            }
            Err(problem) => {
                sender.send_replace(Some(Err(Arc::new(Error::from_source(ErrorKind::Auth, problem)))));
            }
        }
        renewal
    }

    async fn ask(&self) -> Outcome {
        let answer = match timeout(LIMIT, self.source.ask()).await {
            Ok(Ok(token)) => token.header().map(|header| (token, header)),
            Ok(Err(problem)) => Err(Error::from_source(ErrorKind::Auth, problem)),
            Err(_) => {
                Err(Error::new(ErrorKind::Auth, format!("the token source took longer than {LIMIT:?}")))
            }
        };
        match answer {
            Ok((token, header)) => Ok(self.keep(&token, header)),
            Err(error) => {
                tracing::debug!(target: "kestra::auth", source = self.name, "the token source failed");
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
            Lasts::UntilRead => (now.checked_add(AGAIN), now.checked_add(STALE), None),
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

impl Renewal {
    /// Returns whether the renewal may still have a result.
    fn is_running(&self) -> bool {
        self.outcome.has_changed().is_ok() && !self.is_stalled()
    }

    fn is_stalled(&self) -> bool {
        self.silence_left().is_zero()
    }

    /// Returns how much longer it may go without a heartbeat.
    fn silence_left(&self) -> Duration {
        let last = *self.heartbeat.lock().unwrap_or_else(PoisonError::into_inner);
        STALLED.saturating_sub(last.elapsed())
    }
}

/// Runs a future, with heartbeats while it is polled.
async fn with_heartbeat<T>(heartbeat: &Mutex<Instant>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        // An interval would catch up on the beats that were missed while nothing was polled.
        if let Ok(done) = timeout(BEAT, work.as_mut()).await {
            return done;
        }
        *heartbeat.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}
