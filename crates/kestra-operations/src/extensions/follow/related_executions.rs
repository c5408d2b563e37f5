//! The executions that one has started.

use std::collections::HashSet;
use std::time::Duration;

use kestra_core::internal::transient::TransientRetry;
use kestra_core::internal::{CORRELATION_LABEL, instant};
use kestra_core::{Call, CallOptions, Error, ErrorKind, Executor};
use kestra_models::{Execution, ExecutionKind};

use super::reader::Reader;
use crate::extensions::search_relatives;

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(300);

/// Searches for the executions that one has started: its subflows, what it triggered, their replays and retries.
pub(super) struct RelatedExecutions<E> {
    executor: E,
    options: CallOptions,
}

impl<E: Executor> RelatedExecutions<E> {
    /// Creates the search for the execution that a call follows, with the options of the call.
    pub(super) fn new(executor: E, follow: &Call) -> Self {
        Self { executor, options: follow.options().clone() }
    }

    /// Returns the execution itself, and those that it or one of the known executions has started. Empty if the execution is
    /// missing.
    pub(super) async fn find(
        &self,
        reader: &mut Reader<E>,
        mut ids: HashSet<String>,
    ) -> Result<Vec<Execution>, Error> {
        let root = match reader.insist().await {
            Err(error) if error.is_missing() => return Ok(Vec::new()),
            root => root?,
        };
        ids.insert(root.id.clone());
        // The execution's ancestors and their other descendants have the label as well.
        let mut others = self.with_label(&root).await?;
        others.retain(|row| row.id != root.id);
        let mut related = vec![root];
        loop {
            let (next, rest): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|row| was_started_by(row, &ids));
            if next.is_empty() {
                return Ok(related);
            }
            ids.extend(next.iter().map(|row| row.id.clone()));
            related.extend(next);
            others = rest;
        }
    }

    /// Returns the executions that have the label of an execution and began after it, retrying transient errors.
    async fn with_label(&self, execution: &Execution) -> Result<Vec<Execution>, Error> {
        let start = execution.state.as_ref().and_then(|state| state.start_date);
        let (Some(label), Some(start)) = (execution.labels.get(CORRELATION_LABEL), start) else {
            return Ok(Vec::new());
        };
        let since = instant::earlier(start, SKEW);
        let mut retry = TransientRetry::new(&self.executor, &self.options).known();
        match retry.run(|| self.search(label, since, execution.kind.as_ref())).await {
            // 1.0 can't search for kinds.
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Vec::new()),
            result => result,
        }
    }

    async fn search(
        &self,
        label: &str,
        since: jiff::Timestamp,
        kind: Option<&ExecutionKind>,
    ) -> Result<Vec<Execution>, Error> {
        let search = search_relatives(Some(label), kind.map(ExecutionKind::as_str), Some(since), None)
            .on(self.executor.clone())
            .sort(["state.startDate:asc"])
            .options(self.options.clone());
        search.items().collect().await
    }
}

/// Returns whether one of these executions started this one, or it is a replay or retry of one of them.
fn was_started_by(execution: &Execution, ids: &HashSet<String>) -> bool {
    let trigger = execution.trigger.as_ref();
    let starter = trigger.and_then(|trigger| trigger.variables.get("executionId")?.as_str());
    let is_known = |id: Option<&str>| id.is_some_and(|id| ids.contains(id));
    is_known(starter) || is_known(execution.parent_id.as_deref()) || is_known(Some(&execution.id))
}
