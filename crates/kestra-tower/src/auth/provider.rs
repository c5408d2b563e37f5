//! The token of a source: kept, renewed early, and requested once for all calls.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use kestra_core::{Error, ErrorKind};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::state::{Credential, Found, Need, Running, State};
use super::token::{AnySource, TokenSource};

/// How long a source may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How often the task that requests a credential shows that its runtime polls it.
const BEAT: Duration = Duration::from_secs(1);
/// After this time without a heartbeat a renewal is given up: its runtime exists but doesn't poll it. No longer than a
/// version detection may hold up other calls.
const STALLED: Duration = Duration::from_secs(10);
/// How many renewals in a row may end with their runtime before that is an error.
const MOST_ENDED: u32 = 3;

pub(super) struct Provider {
    name: &'static str,
    source: Box<dyn AnySource>,
    state: RwLock<State<Renewal>>,
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
        Self { name, source: Box::new(source), state: RwLock::default() }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The token, if there is one that need not be waited for.
    pub(super) fn ready(self: &Arc<Self>) -> Option<Credential> {
        let (credential, is_due) = self.read().ready(Instant::now)?;
        if is_due {
            self.renew(Need::Renewed);
        }
        Some(credential)
    }

    /// Requests a token from the source. If that fails, returns the old token unless it has expired.
    pub(super) async fn wait(self: &Arc<Self>) -> Result<Credential, Error> {
        let renewed = self.renewed(Need::Usable).await;
        renewed.or_else(|error| self.read().unexpired(Instant::now()).cloned().ok_or(error))
    }

    /// Returns a token in place of the token with this number, which a server refused.
    pub(super) async fn replace(self: &Arc<Self>, number: u64) -> Result<Credential, Error> {
        self.renewed(Need::InsteadOf(number)).await
    }

    /// Returns the result of a renewal, or of another one if the runtime of the first doesn't poll it any more.
    async fn renewed(self: &Arc<Self>, need: Need) -> Result<Credential, Error> {
        let mut ended = 0;
        loop {
            let mut renewal = match self.renew(need) {
                // Another call was faster.
                Found::Credential(credential) => return Ok(credential),
                Found::Renewal(renewal) => renewal,
            };
            loop {
                let silence_left = renewal.silence_left();
                let outcome =
                    async { renewal.outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone()) };
                match timeout(silence_left, outcome).await {
                    Ok(Ok(Some(Ok(credential)))) => return Ok(credential),
                    Ok(Ok(Some(Err(error)))) => {
                        let error = Error::from_source(error.kind(), error);
                        return Err(error.with_message("the token source failed"));
                    }
                    Ok(_) if ended == MOST_ENDED => {
                        return Err(Error::new(ErrorKind::Auth, "the token source ended without a result"));
                    }
                    Ok(_) => ended += 1,
                    Err(_) if !renewal.is_stalled() => continue,
                    Err(_) => {}
                }
                break;
            }
        }
    }

    /// Requests a token from the source, unless a request is running or the state has what the call needs. The request runs in its
    /// own task, so that dropping a call does not stop it.
    fn renew(self: &Arc<Self>, need: Need) -> Found<Renewal> {
        self.write().find(need, Instant::now(), || self.start())
    }

    fn start(self: &Arc<Self>) -> Renewal {
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
            Ok((token, header)) => Ok(self.write().keep(&token, header, Instant::now())),
            Err(error) => {
                tracing::debug!(target: "kestra::auth", source = self.name, "the token source failed");
                self.write().postpone(Instant::now());
                Err(Arc::new(error))
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State<Renewal>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State<Renewal>> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running for Renewal {
    fn is_running(&self) -> bool {
        self.outcome.has_changed().is_ok() && !self.is_stalled()
    }
}

impl Renewal {
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
