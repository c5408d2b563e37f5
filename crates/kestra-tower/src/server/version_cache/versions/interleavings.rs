//! The orders in which calls can learn and doubt the version of a server, as loom finds them.

use kestra_core::{CallOptions, Servers};
use loom::sync::atomic::{AtomicU16, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::*;

const LONG: Duration = Duration::from_hours(1);

/// A server whose minor version changes, and what its calls share.
struct Shared {
    base: BaseUrl,
    minor: AtomicU16,
    probes: AtomicU16,
    versions: Mutex<Versions<()>>,
    /// Held by the call that detects the version.
    detection: Mutex<()>,
}

impl Shared {
    fn new(minor: u16) -> Arc<Self> {
        Arc::new(Self {
            base: Servers::from("https://kestra.example.com").resolve(None, &CallOptions::new()).unwrap(),
            minor: AtomicU16::new(minor),
            probes: AtomicU16::new(0),
            versions: Mutex::default(),
            detection: Mutex::new(()),
        })
    }

    /// Does as a call that needs the version, which may be so old.
    fn get_or_detect(&self, trusted: Duration) -> Version {
        let _detecting = self.detection.lock().unwrap();
        if let Some(version) = self.versions.lock().unwrap().get(&self.base, trusted) {
            return version;
        }
        let begun = self.versions.lock().unwrap().begin(&self.base);
        self.probes.fetch_add(1, Ordering::SeqCst);
        let version = Version::new(1, self.minor.load(Ordering::SeqCst), 0);
        thread::yield_now();
        self.versions.lock().unwrap().set(&self.base, version, begun);
        version
    }
}

fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(run);
}

#[test]
fn calls_at_once_share_a_detection() {
    model(|| {
        let shared = Shared::new(3);
        let calls = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.get_or_detect(LONG))
        });
        let own = shared.get_or_detect(LONG);
        assert!(calls.map(|call| call.join().unwrap()).iter().all(|version| *version == own));
        assert_eq!(shared.probes.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_detection_from_before_an_upgrade_is_not_kept_after_a_doubt() {
    model(|| {
        let shared = Shared::new(3);
        shared.get_or_detect(LONG);
        let upgraded = Arc::clone(&shared);
        let call = thread::spawn(move || {
            upgraded.minor.store(4, Ordering::SeqCst);
            // A response that only the new version gives.
            assert!(upgraded.versions.lock().unwrap().doubt(&upgraded.base));
            assert_eq!(upgraded.get_or_detect(LONG), Version::new(1, 4, 0));
        });
        // An action by query trusts no version that was detected before.
        shared.get_or_detect(Duration::ZERO);
        call.join().unwrap();
        assert_eq!(shared.versions.lock().unwrap().get(&shared.base, LONG), Some(Version::new(1, 4, 0)));
    });
}
