//! What servers said about their version.

mod versions;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use kestra_core::internal::BaseUrl;
use kestra_core::{Error, Version};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout;
use versions::Versions;

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
pub struct VersionCache(Arc<RwLock<Versions<Arc<Detection>>>>);

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
        self.write().clear();
    }

    /// The version of a server, unless it was asked longer ago than `ttl`.
    pub(super) fn get(&self, base: &BaseUrl, ttl: Duration) -> Option<Version> {
        self.read().get(base, ttl)
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
        let detection = Arc::clone(self.write().detection(base));
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
        let begun = self.write().begin(base);
        match detect.await {
            Ok(version) => {
                self.write().set(base, version, begun);
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
        self.write().forget(base);
    }

    /// Forgets the version of a server whose response looks like that of another version, and returns whether to detect it
    /// again: not if that was done a moment ago for the same reason, with the same result.
    pub(super) fn doubt(&self, base: &BaseUrl) -> bool {
        self.write().doubt(base)
    }

    fn read(&self) -> RwLockReadGuard<'_, Versions<Arc<Detection>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Versions<Arc<Detection>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
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
        f.debug_map().entries(self.read().known()).finish()
    }
}
