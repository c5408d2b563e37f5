//! The execution in which a flow is tried again.

use std::time::Duration;

use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::internal::{CORRELATION_LABEL, instant};
use kestra_core::{Error, Filter};
use kestra_models::{Execution, ExecutionKind};
use kestra_operations::search_relatives;

use crate::Client;

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(3600);

/// The id of the execution that goes on in the place of one that ended as RETRIED.
///
/// The server names it nowhere, and makes it only after the interval of the retry, so this looks again and again.
pub(super) async fn of(client: &Client, retried: &Execution, outage: Duration) -> Result<String, Error> {
    let mut pace = Backoff::default().waits(Duration::from_millis(500), Duration::from_secs(10));
    let client = &client.for_loop();
    let mut retry = TransientRetry::new(client, client.options()).limit(outage).known();
    loop {
        if let Some(id) = retry.run(|| find(client, retried)).await? {
            return Ok(id);
        }
        pace.wait().await;
    }
}

async fn find(client: &Client, retried: &Execution) -> Result<Option<String>, Error> {
    let start = retried.state.as_ref().and_then(|state| state.start_date);
    let mut search = search_relatives(
        retried.labels.get(CORRELATION_LABEL),
        retried.kind.as_ref().map(ExecutionKind::as_str),
        start.map(|start| instant::earlier(start, SKEW)),
    )
    .on(client.clone())
    .sort(["state.startDate:asc"]);
    for (field, value) in [(Filter::namespace(), &retried.namespace), (Filter::flow_id(), &retried.flow_id)] {
        if !value.is_empty() {
            search = search.filter(field.equals(value));
        }
    }
    let mut rows = search.items();
    while let Some(row) = rows.next().await {
        let row = row?;
        // A replay has the same parent, labels and number of its attempt, so nothing but the order tells them apart.
        if row.parent_id.as_ref() == Some(&retried.id) {
            return Ok(Some(row.id));
        }
    }
    Ok(None)
}
