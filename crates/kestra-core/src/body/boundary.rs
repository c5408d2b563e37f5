//! The line between the parts of a form.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

/// 128 bits that a client can't guess: forms may hold text of other people.
pub(super) fn boundary() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // RandomState is seeded by the operating system; no other crate is needed for it.
    let half = |salt: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(count ^ salt);
        hasher.finish()
    };
    format!("kestra-{:016x}{:016x}", half(0), half(u64::MAX))
}
