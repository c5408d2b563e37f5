//! Waiting for what happens in the background.

#![allow(clippy::panic, reason = "a helper of tests")]

use std::time::Duration;

/// How long anything may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often is asked.
const INTERVAL: Duration = Duration::from_millis(20);

/// Asks until there is an answer, and panics if none comes.
pub async fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}
