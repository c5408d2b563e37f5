//! The known versions of servers, without locks.

use std::time::Duration;

use kestra_core::Version;
use kestra_core::internal::BaseUrl;
use tokio::time::Instant;

/// How many servers are remembered: far more than a list has, and a bound for templates that are filled without end.
const LIMIT: usize = 100;

/// For how long a version that was detected again and hadn't changed isn't checked once more: a missing resource responds
/// with 404 just as a missing route does.
const CONFIRMED: Duration = Duration::from_secs(1);

/// The servers, each with what its calls share while they detect the version.
pub(super) struct Versions<D>(Vec<Entry<D>>);

struct Entry<D> {
    base: BaseUrl,
    known: Option<Known>,
    /// The version in doubt, until it is detected again.
    doubted: Option<Version>,
    /// How often the version was forgotten. A detection that began before says nothing of the server as it is now.
    forgotten: u64,
    detection: D,
}

#[derive(Clone, Copy)]
struct Known {
    version: Version,
    since: Instant,
    /// Whether it was detected again before and hadn't changed.
    is_confirmed: bool,
}

impl<D> Default for Versions<D> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<D: Default> Versions<D> {
    /// Forgets all versions.
    pub(super) fn clear(&mut self) {
        self.0.iter_mut().for_each(Entry::forget);
    }

    /// The version of a server, unless it was detected longer ago than `ttl`.
    pub(super) fn get(&self, base: &BaseUrl, ttl: Duration) -> Option<Version> {
        let known = self.0.iter().find(|entry| entry.base == *base)?.known?;
        (known.since.elapsed() < ttl).then_some(known.version)
    }

    /// What the calls to a server share while they detect its version.
    pub(super) fn detection(&mut self, base: &BaseUrl) -> &D {
        &self.entry(base).detection
    }

    /// Begins a detection. [`set`](Self::set) needs the result.
    pub(super) fn begin(&mut self, base: &BaseUrl) -> u64 {
        self.entry(base).forgotten
    }

    /// Keeps the version that a detection found, unless the version was forgotten since it began.
    pub(super) fn set(&mut self, base: &BaseUrl, version: Version, begun: u64) {
        let entry = self.entry(base);
        if entry.forgotten == begun {
            let is_confirmed = entry.doubted.take() == Some(version);
            entry.known = Some(Known { version, since: Instant::now(), is_confirmed });
        }
    }

    /// Forgets the version of a server.
    pub(super) fn forget(&mut self, base: &BaseUrl) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.base == *base) {
            entry.forget();
        }
    }

    /// Forgets a version that seems to be wrong, and returns whether to detect it again: not if it was confirmed a moment ago.
    pub(super) fn doubt(&mut self, base: &BaseUrl) -> bool {
        let Some(entry) = self.0.iter_mut().find(|entry| entry.base == *base) else { return true };
        // Another call doubted it first.
        let Some(known) = entry.known else { return true };
        if known.is_confirmed && known.since.elapsed() < CONFIRMED {
            return false;
        }
        entry.forget();
        entry.doubted = Some(known.version);
        true
    }

    /// The servers whose version is known.
    pub(super) fn known(&self) -> impl Iterator<Item = (&BaseUrl, Version)> {
        self.0.iter().filter_map(|entry| Some((&entry.base, entry.known?.version)))
    }

    /// Returns the entry of a server, created if there is none yet.
    fn entry(&mut self, base: &BaseUrl) -> &mut Entry<D> {
        let known = self.0.iter().position(|entry| entry.base == *base);
        let place = known.unwrap_or_else(|| {
            if self.0.len() >= LIMIT {
                self.0.remove(0);
            }
            let base = base.clone();
            self.0.push(Entry { base, known: None, doubted: None, forgotten: 0, detection: D::default() });
            self.0.len() - 1
        });
        &mut self.0[place]
    }
}

impl<D> Entry<D> {
    fn forget(&mut self) {
        self.known = None;
        self.forgotten += 1;
    }
}

#[cfg(test)]
mod interleavings;
