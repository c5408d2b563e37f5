//! What servers said about their version.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use kestra_core::internal::BaseUrl;
use kestra_core::{Error, Version};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

/// For how long a version that was detected again and hadn't changed isn't checked once more: a missing resource responds
/// with 404 just as a missing route does.
const CONFIRMED: Duration = Duration::from_secs(1);

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
    /// The version in doubt, until it is detected again.
    doubted: Option<Version>,
    question: Arc<Question>,
}

#[derive(Clone, Copy)]
struct Known {
    version: Version,
    since: Instant,
    /// Whether it was detected again before and hadn't changed.
    is_confirmed: bool,
}

/// The one question that is asked of a server at a time.
#[derive(Default)]
pub(super) struct Question {
    /// Held by the call that detects the version.
    lock: Mutex<Arc<AsyncMutex<()>>>,
    failures: Mutex<Failures>,
}

/// How often version detection failed, and the last failure, which all calls that waited share.
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
        let mut entries = self.write();
        let entry = entries.iter_mut().find(|entry| entry.base == *base);
        let doubted = entry.as_ref().and_then(|entry| entry.doubted);
        let known = Some(Known { version, since: Instant::now(), is_confirmed: doubted == Some(version) });
        match entry {
            Some(entry) => (entry.known, entry.doubted) = (known, None),
            None => {
                add(
                    &mut entries,
                    Entry { base: base.clone(), known, doubted: None, question: Arc::default() },
                );
            }
        }
    }

    /// Forgets the version of a server that can't be reached: it may come back as another one.
    pub(super) fn forget(&self, base: &BaseUrl) {
        if let Some(entry) = self.write().iter_mut().find(|entry| entry.base == *base) {
            entry.known = None;
        }
    }

    /// Forgets the version of a server whose response looks like that of another version, and returns whether to detect it
    /// again: not if that was done a moment ago for the same reason, with the same result.
    pub(super) fn doubt(&self, base: &BaseUrl) -> bool {
        let mut entries = self.write();
        let Some(entry) = entries.iter_mut().find(|entry| entry.base == *base) else { return true };
        let Some(known) = entry.known else { return true };
        if known.is_confirmed && known.since.elapsed() < CONFIRMED {
            return false;
        }
        entry.known = None;
        entry.doubted = Some(known.version);
        true
    }

    /// The question for a server, made if nobody asked before.
    pub(super) fn question(&self, base: &BaseUrl) -> Arc<Question> {
        let mut entries = self.write();
        if let Some(entry) = entries.iter().find(|entry| entry.base == *base) {
            return Arc::clone(&entry.question);
        }
        let question = Arc::<Question>::default();
        let entry = Entry { base: base.clone(), known: None, doubted: None, question: Arc::clone(&question) };
        add(&mut entries, entry);
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
    /// Returns the lock that is held by the call that detects the version.
    pub(super) fn lock(&self) -> Arc<AsyncMutex<()>> {
        Arc::clone(&self.lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces a lock that is held for too long, unless that was done already.
    pub(super) fn replace(&self, held: &Arc<AsyncMutex<()>>) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&lock, held) {
            *lock = Arc::default();
        }
    }

    /// How often it has failed so far.
    pub(super) fn failures(&self) -> u64 {
        self.known_failures().count
    }

    /// Stores a failure for the calls that wait for the version, and returns it shared.
    pub(super) fn fail(&self, error: Error) -> Arc<Error> {
        let error = Arc::new(error);
        let mut failures = self.known_failures();
        failures.count += 1;
        failures.last = Some(Arc::clone(&error));
        error
    }

    /// The last failure, if it is newer than the first `count`.
    pub(super) fn failure_after(&self, count: u64) -> Option<Arc<Error>> {
        let failures = self.known_failures();
        if failures.count > count { failures.last.clone() } else { None }
    }

    fn known_failures(&self) -> MutexGuard<'_, Failures> {
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
