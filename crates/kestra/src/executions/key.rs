//! Keys: what an execution is marked with, so that it can be found again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kestra_core::{CORRELATION_LABEL, Error, Filter, IdempotencyKey};
use kestra_models::{Execution, ExecutionKind};

use super::Resolved;
use crate::Client;

/// Which key an execution is started with.
#[derive(Clone, Debug)]
pub(super) enum Key {
    /// One that is made for this start.
    Fresh,
    /// The caller's own.
    Own(String),
    /// None.
    None,
}

impl Key {
    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// The key to send.
    pub(super) fn text(&self) -> Result<Option<String>, Error> {
        match self {
            Self::Fresh => Ok(Some(fresh())),
            Self::Own(key) => IdempotencyKey::check(key).map(|()| Some(key.clone())),
            Self::None => Ok(None),
        }
    }
}

/// 128 bits that nobody else has.
fn fresh() -> String {
    // RandomState is seeded by the operating system, and differs each time.
    let half = || RandomState::new().hash_one(std::process::id());
    format!("rs-{:016x}{:016x}", half(), half())
}

/// Where a key is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) flow: Option<(&'a str, &'a str)>,
    /// Of this kind; a search without one finds only what is of the usual kind.
    pub(super) kind: Option<&'a str>,
    pub(super) look_back: Duration,
}

/// The executions that were started with a key, as far as they can be found now.
///
/// Subflows, replays and retries inherit the label, so only those count that come out of no other execution.
pub(super) async fn look_up(client: &Client, key: &str, scope: Scope<'_>) -> Result<Resolved, Error> {
    let range = SignedDuration::try_from(scope.look_back).unwrap_or(SignedDuration::MAX);
    let since = Timestamp::now().checked_sub(range).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut search = client
        .executions()
        .search_executions()
        .filter(Filter::label(CORRELATION_LABEL).equals(key))
        .since(since)
        .sort(["state.startDate:asc"]);
    if let Some((namespace, flow)) = scope.flow {
        search = search.filter(Filter::namespace().equals(namespace)).filter(Filter::flow_id().equals(flow));
    }
    if let Some(kind) = scope.kind.filter(|kind| *kind != ExecutionKind::Normal.as_str()) {
        search = search.filter(Filter::kind().equals(kind));
    }
    let mut rows = search.items();
    let mut found = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        if is_own(&row, key, scope) && !found.iter().any(|known: &Execution| known.id == row.id) {
            found.push(row);
        }
    }
    Ok(Resolved::of(found))
}

/// Whether an execution was started with the key, and didn't inherit it.
fn is_own(execution: &Execution, key: &str, scope: Scope<'_>) -> bool {
    let is_first = execution.original_id.is_none() || execution.original_id == execution.id;
    let is_of_flow = scope.flow.is_none_or(|(namespace, flow)| {
        execution.namespace.as_deref() == Some(namespace) && execution.flow_id.as_deref() == Some(flow)
    });
    execution.id.is_some()
        && is_first
        && is_of_flow
        && execution.parent_id.is_none()
        && execution.trigger.is_none()
        && execution.labels.get(CORRELATION_LABEL) == Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope<'_> =
        Scope { flow: Some(("company", "hello")), kind: None, look_back: Duration::from_secs(1) };

    #[test]
    fn only_what_was_started_with_the_key_counts() {
        let execution = |change: &str| -> bool {
            let json = format!(
                r#"{{"id": "1", "originalId": "1", "namespace": "company", "flowId": "hello",
                    "labels": [{{"key": "system.correlationId", "value": "k"}}] {change}}}"#
            );
            is_own(&serde_json::from_str(&json).unwrap(), "k", SCOPE)
        };
        assert!(execution(""));
        assert!(!execution(r#", "parentId": "0""#));
        assert!(!execution(r#", "trigger": {"id": "subflow"}"#));
        let other = r#"{"id": "1", "originalId": "0", "namespace": "company", "flowId": "hello"}"#;
        assert!(!is_own(&serde_json::from_str(other).unwrap(), "k", SCOPE));
    }

    #[test]
    fn fresh_keys_differ() {
        let keys: std::collections::HashSet<_> = (0..1000).map(|_| fresh()).collect();
        assert_eq!(keys.len(), 1000);
        assert!(keys.iter().all(|key| IdempotencyKey::check(key).is_ok()));
    }
}
