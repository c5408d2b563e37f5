//! What a search finds, by id: read whole before anything is changed, so that the change can't shift what is still to read.

use std::collections::HashSet;
use std::hash::Hash;

use kestra_core::paging::Items;
use kestra_core::{Error, Executor};
use kestra_models::{NamespacedId, Page, TriggerId};

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

/// All ids; rows that shifted while the list was read come only once.
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
