//! The line between the parts of a form.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

const BLANK: &[u8; 39] = b"kestra-00000000000000000000000000000000";

/// Returns a boundary of 128 bits that a client can't guess: forms may hold text of other people.
pub(super) fn boundary() -> [u8; BLANK.len()] {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // RandomState is seeded by the operating system; no other crate is needed for it.
    let half = |salt: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(count ^ salt);
        hasher.finish()
    };
    let mut boundary = *BLANK;
    let halves = boundary["kestra-".len()..].chunks_exact_mut(16).zip([half(0), half(u64::MAX)]);
    for (digits, mut number) in halves {
        for digit in digits {
            *digit = b"0123456789abcdef"[number as usize % 16];
            number /= 16;
        }
    }
    boundary
}
