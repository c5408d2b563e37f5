//! Keys: what an execution is marked with, so that it can be found again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use kestra_core::internal::{CORRELATION_LABEL, IdempotencyKey, decode, instant};
use kestra_core::paging::Pages;
use kestra_core::{Error, Filter};
use kestra_models::Page;
use kestra_operations::search_relatives;
use serde_json::Value;

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

/// The ids of the executions that were started with a key, as far as they can be found now.
///
/// Subflows, replays and retries inherit the label, so only those count that come out of no other execution. Rows are read
/// as plain JSON: that way a program that creates an execution doesn't hold what reads executions twice.
pub(super) async fn look_up(client: &Client, key: &str, scope: Scope<'_>) -> Result<Vec<String>, Error> {
    let since = instant::ago(scope.look_back);
    let mut search =
        search_relatives(Some(key), scope.kind, Some(since)).on(client.clone()).sort(["state.startDate:asc"]);
    if let Some((namespace, flow)) = scope.flow {
        search = search.filter(Filter::namespace().equals(namespace)).filter(Filter::flow_id().equals(flow));
    }
    let mut rows = Pages::new(client, search.into_call(), decode::json::<Page<Value>>).items();
    let mut found = Vec::new();
    while let Some(row) = rows.next().await {
        if let Some(id) = own_id(&row?, key, scope)
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    Ok(found)
}

/// The id of an execution that was started with the key, and didn't inherit it.
fn own_id(execution: &Value, key: &str, scope: Scope<'_>) -> Option<String> {
    let text = |name: &str| execution.get(name).and_then(Value::as_str);
    let id = text("id")?;
    let is_first = text("originalId").is_none_or(|original| original == id);
    let is_of_flow = scope
        .flow
        .is_none_or(|(namespace, flow)| text("namespace") == Some(namespace) && text("flowId") == Some(flow));
    let labels = execution.get("labels").and_then(Value::as_array);
    let has_key = labels.is_some_and(|labels| {
        labels.iter().any(|label| label["key"] == CORRELATION_LABEL && label["value"] == key)
    });
    let comes_of_none = text("parentId").is_none() && execution.get("trigger").is_none_or(Value::is_null);
    (is_first && is_of_flow && has_key && comes_of_none).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCOPE: Scope<'_> =
        Scope { flow: Some(("company", "hello")), kind: None, look_back: Duration::from_secs(1) };

    #[test]
    fn only_what_was_started_with_the_key_counts() {
        let mut execution = json!({
            "id": "1", "originalId": "1", "namespace": "company", "flowId": "hello", "trigger": null,
            "labels": [{"key": "team", "value": "k"}, {"key": "system.correlationId", "value": "k"}],
        });
        assert_eq!(own_id(&execution, "k", SCOPE).as_deref(), Some("1"));
        assert_eq!(own_id(&execution, "other", SCOPE), None);
        for (field, other) in [
            ("parentId", json!("0")),
            ("originalId", json!("0")),
            ("trigger", json!({"id": "subflow"})),
            ("flowId", json!("other")),
            ("labels", json!([{"key": "team", "value": "k"}])),
            ("id", Value::Null),
        ] {
            let own = std::mem::replace(&mut execution[field], other);
            assert_eq!(own_id(&execution, "k", SCOPE), None, "{field}");
            execution[field] = own;
        }
    }

    #[test]
    fn fresh_keys_differ() {
        let keys: std::collections::HashSet<_> = (0..1000).map(|_| fresh()).collect();
        assert_eq!(keys.len(), 1000);
        assert!(keys.iter().all(|key| IdempotencyKey::check(key).is_ok()));
    }
}
