//! Finds executions by the key that they were started with.

use std::time::Duration;

use kestra_core::internal::{CORRELATION_LABEL, IdempotencyKey, decode, instant};
use kestra_core::paging::Pages;
use kestra_core::{Error, ErrorKind};
use kestra_models::{Execution, ExecutionKind, Page};
use kestra_operations::search_relatives;
use serde_json::Value;

use super::create::LOOK_BACK;
use crate::several_calls::record_flow;
use crate::{Client, Executions};

/// Where to search for a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) flow: Option<(&'a str, &'a str)>,
    /// A search without a kind finds only normal executions.
    pub(super) kind: Option<&'a str>,
    pub(super) look_back: Duration,
}

/// Returns the ids of the executions that were started with a key, as far as they can be found now.
///
/// Subflows, replays and retries inherit the label, so only executions without a parent count. Rows are read as plain JSON:
/// that way a program that creates an execution doesn't hold what reads executions twice.
pub(super) async fn look_up(client: &Client, key: &str, scope: Scope<'_>) -> Result<Vec<String>, Error> {
    let since = instant::ago(scope.look_back);
    let search =
        search_relatives(Some(key), scope.kind, Some(since), scope.flow).sort(["state.startDate:asc"]);
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

/// Returns the id of an execution that was started with the key, and didn't inherit it.
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

impl Executions {
    /// Searches for the execution that was started with a key, after an error of kind
    /// [`UnclearOutcome`](crate::ErrorKind::UnclearOutcome), which has its [`idempotency_key`](crate::Error::idempotency_key).
    ///
    /// A server finds an execution some time after it accepted the request, and a busy 2.0 server may create one minutes after
    /// it responded with 504: that there is none yet doesn't mean that there will be none.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client, key: String) -> Result<(), kestra::Error> {
    /// use kestra::Resolved;
    ///
    /// match client.executions().resolve(key).await? {
    ///     Resolved::None => println!("not yet"),
    ///     Resolved::One(execution) => println!("it is {}", execution.id),
    ///     Resolved::Many(executions) => println!("there are {}", executions.len()),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve(&self, key: impl Into<String>) -> Resolve {
        Resolve { client: self.client().clone(), key: key.into(), flow: None, look_back: LOOK_BACK }
    }
}

/// The executions that were started with a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Resolved {
    /// None is found yet.
    None,
    /// One execution.
    One(Box<Execution>),
    /// Several executions: they were started at the same time, or again before the first could be found.
    Many(Vec<Execution>),
}

/// A look-up of a key; see [`Executions::resolve`].
#[must_use = "nothing is looked up until it is awaited"]
#[derive(Clone, Debug)]
pub struct Resolve {
    client: Client,
    key: String,
    flow: Option<(String, String)>,
    look_back: Duration,
}

impl Resolve {
    /// Limits the search to executions of this flow.
    pub fn flow(mut self, namespace: impl Into<String>, id: impl Into<String>) -> Self {
        self.flow = Some((namespace.into(), id.into()));
        self
    }

    /// Sets how far back to search. Defaults to 8 days.
    pub fn look_back(mut self, range: Duration) -> Self {
        self.look_back = range;
        self
    }

    async fn run(self) -> Result<Resolved, Error> {
        IdempotencyKey::check(&self.key)?;
        self.read().await.map_err(|error| error.with_idempotency_key(&self.key))
    }

    async fn read(&self) -> Result<Resolved, Error> {
        let flow = self.flow.as_ref().map(|(namespace, id)| (namespace.as_str(), id.as_str()));
        if let Some((namespace, id)) = flow {
            record_flow(&self.client, namespace, Some(id));
        }
        let mut found = Vec::new();
        for id in self.ids(flow).await? {
            let read = self.client.executions().get_execution(&id).await;
            found.push(read.map_err(|error| error.with_execution_id(&id))?);
        }
        if found.len() > 1 {
            return Ok(Resolved::Many(found));
        }
        Ok(found.pop().map_or(Resolved::None, |execution| Resolved::One(Box::new(execution))))
    }

    /// Searches kind by kind, as a search finds executions of one kind only.
    async fn ids(&self, flow: Option<(&str, &str)>) -> Result<Vec<String>, Error> {
        for kind in [None, Some(ExecutionKind::Test), Some(ExecutionKind::Playground)] {
            let kind = kind.as_ref().map(ExecutionKind::as_str);
            let scope = Scope { flow, kind, look_back: self.look_back };
            match look_up(&self.client, &self.key, scope).await {
                Ok(ids) if ids.is_empty() => {}
                Ok(ids) => return Ok(ids),
                // 1.0 can't search for kinds.
                Err(error) if kind.is_some() && error.kind() == ErrorKind::Unsupported => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Vec::new())
    }
}

several_calls!(Resolve: client, "resolve" => Resolved, Resolve::run);

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
}
