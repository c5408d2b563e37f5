//! How large a load is, and how long it may take.

use std::str::FromStr;
use std::time::Duration;

/// A number that an environment variable sets, up to a limit.
pub(crate) fn set<T: FromStr + Ord>(variable: &str, otherwise: T, limit: T) -> T {
    match std::env::var(variable) {
        Ok(text) => {
            let number = text.parse::<T>().ok();
            number.unwrap_or_else(|| panic!("{variable} is no number: {text}")).min(limit)
        }
        Err(_) => otherwise,
    }
}

/// The seed of all chances: `KESTRA_TEST_SEED`. It is printed, as a test that fails shows what was.
pub(crate) fn seed() -> u64 {
    let seed = set("KESTRA_TEST_SEED", 23, u64::MAX);
    println!("KESTRA_TEST_SEED={seed}");
    seed
}

/// Ends a load that takes too long: 2 minutes for one of a small size, 20 for any.
pub(crate) async fn within<T>(is_small: bool, load: impl Future<Output = T>) -> T {
    let limit = Duration::from_mins(if is_small { 2 } else { 20 });
    tokio::time::timeout(limit, load).await.unwrap_or_else(|_| panic!("not done within {limit:?}"))
}
