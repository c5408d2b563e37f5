//! What servers said about their version.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use kestra_core::{BaseUrl, Error, Version};
use tokio::time::Instant;

use super::turn::Turn;

/// An answer this young isn't doubted because of a status: a thing that is missing says 404 like a route that is missing.
const TRUSTED: Duration = Duration::from_secs(5);

/// What is known about the versions of servers. Copies share it, and so do all layers that are given one.
///
/// ```
/// use kestra_tower::{ServerLayer, VersionCache};
///
/// let cache = VersionCache::new();
/// let plain = ServerLayer::new("https://kestra.example.com").version_cache(cache.clone());
/// let other = ServerLayer::new("https://kestra.example.com").version_cache(cache);
/// # let _ = (plain, other);
/// ```
#[derive(Clone, Default)]
pub struct VersionCache(Arc<RwLock<Vec<Entry>>>);

struct Entry {
    base: BaseUrl,
    known: Option<Known>,
    question: Arc<Question>,
}

#[derive(Clone, Copy)]
struct Known {
    version: Version,
    since: Instant,
}

/// The one question that is asked of a server at a time.
#[derive(Default)]
pub(super) struct Question {
    pub(super) turn: Turn,
    failures: Mutex<Failures>,
}

/// How often the question failed, and the last failure, which whoever waited for the answer shares.
#[derive(Default)]
struct Failures {
    count: u64,
    last: Option<Arc<Error>>,
}

impl VersionCache {
    /// A cache that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all versions, so that the next call that depends on one asks.
    pub fn clear(&self) {
        for entry in self.write().iter_mut() {
            entry.known = None;
        }
    }

    /// The version of a server, unless it was asked longer ago than `ttl`.
    pub(super) fn get(&self, base: &BaseUrl, ttl: Duration) -> Option<Version> {
        let known = self.read().iter().find(|entry| entry.base == *base)?.known?;
        (known.since.elapsed() < ttl).then_some(known.version)
    }

    pub(super) fn set(&self, base: &BaseUrl, version: Version) {
        let known = Some(Known { version, since: Instant::now() });
        let mut entries = self.write();
        match entries.iter_mut().find(|entry| entry.base == *base) {
            Some(entry) => entry.known = known,
            None => add(&mut entries, Entry { base: base.clone(), known, question: Arc::default() }),
        }
    }

    /// Forgets the version of a server that can't be reached: it may come back as another one.
    pub(super) fn forget(&self, base: &BaseUrl) {
        self.forget_if(base, |_| true);
    }

    /// Forgets the version of a server whose answer looks as if it were another one, unless it was only just asked.
    pub(super) fn doubt(&self, base: &BaseUrl) {
        self.forget_if(base, |known| known.since.elapsed() >= TRUSTED);
    }

    fn forget_if(&self, base: &BaseUrl, is_doubtful: impl Fn(Known) -> bool) {
        let doubtful = |entry: &Entry| entry.base == *base && entry.known.is_some_and(&is_doubtful);
        if !self.read().iter().any(doubtful) {
            return;
        }
        if let Some(entry) = self.write().iter_mut().find(|entry| doubtful(entry)) {
            entry.known = None;
        }
    }

    /// The question for a server, made if nobody asked before.
    pub(super) fn question(&self, base: &BaseUrl) -> Arc<Question> {
        let mut entries = self.write();
        if let Some(entry) = entries.iter().find(|entry| entry.base == *base) {
            return Arc::clone(&entry.question);
        }
        let question = Arc::<Question>::default();
        add(&mut entries, Entry { base: base.clone(), known: None, question: Arc::clone(&question) });
        question
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Entry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Entry>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many servers are remembered: far more than a list has, and a bound for templates that are filled without end.
const LIMIT: usize = 100;

fn add(entries: &mut Vec<Entry>, entry: Entry) {
    if entries.len() >= LIMIT {
        entries.remove(0);
    }
    entries.push(entry);
}

impl Question {
    /// How often it has failed so far.
    pub(super) fn failures(&self) -> u64 {
        self.lock().count
    }

    /// Leaves a failure for those who wait for the answer.
    pub(super) fn fail(&self, error: Arc<Error>) {
        let mut failures = self.lock();
        failures.count += 1;
        failures.last = Some(error);
    }

    /// The last failure, if it is newer than the first `count`.
    pub(super) fn failure_after(&self, count: u64) -> Option<Arc<Error>> {
        let failures = self.lock();
        if failures.count > count { failures.last.clone() } else { None }
    }

    fn lock(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for VersionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.read();
        let known = entries.iter().filter_map(|entry| Some((&entry.base, entry.known?.version)));
        f.debug_map().entries(known).finish()
    }
}
