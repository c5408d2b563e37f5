//! Searches: the ids of all results, and executions that belong together.

use std::collections::HashSet;
use std::hash::Hash;

use jiff::Timestamp;
use kestra_core::internal::CORRELATION_LABEL;
use kestra_core::paging::Items;
use kestra_core::{Error, Executor, Filter};
use kestra_models::{ExecutionKind, NamespacedId, Page, TriggerId};

use crate::{SearchExecutions, SearchExecutionsByFlowId, SearchFlows, SearchTriggers};

impl<E: Executor> SearchExecutions<E> {
    /// Returns the ids of all results, page after page, oldest first; none twice.
    ///
    /// Like the search itself, looks at the last 8 days only, unless `since` or `look_back` is set.
    ///
    /// # Errors
    ///
    /// Returns the first error of any page.
    pub async fn ids(self) -> Result<Vec<String>, Error> {
        all(self.items(), |execution| Some(execution.id).filter(|id| !id.is_empty()), Clone::clone).await
    }
}

impl<E: Executor> SearchExecutionsByFlowId<E> {
    /// Returns the ids of all results, page after page; none twice.
    ///
    /// # Errors
    ///
    /// Returns the first error of any page.
    pub async fn ids(self) -> Result<Vec<String>, Error> {
        all(self.items(), |execution| Some(execution.id).filter(|id| !id.is_empty()), Clone::clone).await
    }
}

impl<E: Executor> SearchFlows<E> {
    /// Returns the names of all results, page after page; none twice.
    ///
    /// # Errors
    ///
    /// Returns the first error of any page.
    pub async fn ids(self) -> Result<Vec<NamespacedId>, Error> {
        let id = |flow: kestra_models::Flow| {
            let is_named = !flow.namespace.is_empty() && !flow.id.is_empty();
            is_named.then(|| NamespacedId::new(flow.namespace, flow.id))
        };
        all(self.items(), id, |id| [id.namespace(), id.id()].map(str::to_owned)).await
    }
}

impl<E: Executor> SearchTriggers<E> {
    /// Returns the names of all results, page after page; none twice.
    ///
    /// # Errors
    ///
    /// Returns the first error of any page.
    pub async fn ids(self) -> Result<Vec<TriggerId>, Error> {
        let id = |row: kestra_models::TriggerAndState| row.current().and_then(|state| state.id());
        let key = |id: &TriggerId| [id.namespace(), id.flow_id(), id.trigger_id()].map(str::to_owned);
        all(self.items(), id, key).await
    }
}

/// Returns all ids. Rows that shifted while the list was read are there once.
async fn all<T, I, K: Hash + Eq>(
    mut rows: Items<Page<T>>,
    id: impl Fn(T) -> Option<I>,
    key: impl Fn(&I) -> K,
) -> Result<Vec<I>, Error> {
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    while let Some(row) = rows.next().await {
        if let Some(id) = id(row?)
            && seen.insert(key(&id))
        {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Returns a search for executions of a flow with this correlation label and of this kind that began then or later.
///
/// Subflows, replays and retries inherit label and kind. Without a kind a search finds only normal executions, and without a
/// time only those of the last 8 days.
#[doc(hidden)]
pub fn search_relatives(
    label: Option<&str>,
    kind: Option<&str>,
    since: Option<Timestamp>,
    flow: Option<(&str, &str)>,
) -> SearchExecutions {
    let mut search = SearchExecutions::new();
    if let Some(label) = label {
        search = search.filter(Filter::label(CORRELATION_LABEL).equals(label));
    }
    // A normal execution is stored without a kind, and isn't found by one.
    if let Some(kind) = kind.filter(|kind| *kind != ExecutionKind::Normal.as_str()) {
        search = search.filter(Filter::kind().equals(kind));
    }
    if let Some((namespace, flow)) = flow {
        search = search.filter(Filter::namespace().equals(namespace)).filter(Filter::flow_id().equals(flow));
    }
    match since {
        Some(since) => search.since(since),
        None => search,
    }
}
