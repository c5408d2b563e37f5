//! What servers said about their version.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use kestra_core::internal::BaseUrl;
use kestra_core::{Error, Version};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, timeout};

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
    detection: Arc<Detection>,
}

#[derive(Clone, Copy)]
struct Known {
    version: Version,
    since: Instant,
    /// Whether it was detected again before and hadn't changed.
    is_confirmed: bool,
}

/// The one detection of a server's version at a time.
#[derive(Default)]
struct Detection {
    /// Held by the call that detects the version; has the last failure, which all calls that waited share.
    lock: Mutex<Arc<AsyncMutex<Option<Arc<Error>>>>>,
    failures: AtomicU64,
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

    fn set(&self, base: &BaseUrl, version: Version) {
        let mut entries = self.write();
        let entry = entry(&mut entries, base);
        let is_confirmed = entry.doubted.take() == Some(version);
        entry.known = Some(Known { version, since: Instant::now(), is_confirmed });
    }

    /// Returns the version of a server, if it isn't older than `trusted`; else one of the calls that need it at the same time
    /// runs `detect`, and they share a failure.
    ///
    /// A call that has waited for longer than `limit`, which is longer than any detection takes, runs its own: the call that
    /// holds the lock is neither polled nor dropped.
    pub(super) async fn get_or_detect(
        &self,
        base: &BaseUrl,
        trusted: Duration,
        limit: Duration,
        detect: impl Future<Output = Result<Version, Error>>,
    ) -> Result<Version, Arc<Error>> {
        let detection = Arc::clone(&entry(&mut self.write(), base).detection);
        let failures = detection.failures.load(Ordering::Relaxed);
        let mut last_failure = loop {
            let lock = detection.lock();
            match timeout(limit, Arc::clone(&lock).lock_owned()).await {
                Ok(last_failure) => break last_failure,
                Err(_) => detection.replace(&lock),
            }
        };
        if let Some(version) = self.get(base, trusted) {
            return Ok(version);
        }
        if let Some(error) = &*last_failure
            && detection.failures.load(Ordering::Relaxed) > failures
        {
            return Err(Arc::clone(error));
        }
        match detect.await {
            Ok(version) => {
                self.set(base, version);
                Ok(version)
            }
            Err(error) => {
                let error = Arc::new(error);
                *last_failure = Some(Arc::clone(&error));
                detection.failures.fetch_add(1, Ordering::Relaxed);
                Err(error)
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

    fn read(&self) -> RwLockReadGuard<'_, Vec<Entry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Entry>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many servers are remembered: far more than a list has, and a bound for templates that are filled without end.
const LIMIT: usize = 100;

/// Returns the entry of a server, created if there is none yet.
fn entry<'a>(entries: &'a mut Vec<Entry>, base: &BaseUrl) -> &'a mut Entry {
    let known = entries.iter().position(|entry| entry.base == *base);
    let place = known.unwrap_or_else(|| {
        if entries.len() >= LIMIT {
            entries.remove(0);
        }
        entries.push(Entry { base: base.clone(), known: None, doubted: None, detection: Arc::default() });
        entries.len() - 1
    });
    &mut entries[place]
}

impl Detection {
    fn lock(&self) -> Arc<AsyncMutex<Option<Arc<Error>>>> {
        Arc::clone(&self.lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces a lock that is held for too long, unless that was done already.
    fn replace(&self, held: &Arc<AsyncMutex<Option<Arc<Error>>>>) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&lock, held) {
            *lock = Arc::default();
        }
    }
}

impl fmt::Debug for VersionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.read();
        let known = entries.iter().filter_map(|entry| Some((&entry.base, entry.known?.version)));
        f.debug_map().entries(known).finish()
    }
}
