//! The search for executions that have something to do with one another.

use jiff::Timestamp;
use kestra_core::Filter;
use kestra_core::internal::CORRELATION_LABEL;
use kestra_models::ExecutionKind;

use crate::SearchExecutions;

/// A search for executions with this correlation label and of this kind that began then or later.
///
/// Subflows, replays and retries have the label and the kind of what they came out of. What isn't given doesn't count, but
/// without a kind a search finds only what is of the usual kind, and without a time only what began in the last 8 days.
#[doc(hidden)]
pub fn search_relatives(
    label: Option<&str>,
    kind: Option<&str>,
    since: Option<Timestamp>,
) -> SearchExecutions {
    let mut search = SearchExecutions::new();
    if let Some(label) = label {
        search = search.filter(Filter::label(CORRELATION_LABEL).equals(label));
    }
    // One of the usual kind has none where it is stored, and isn't found by it.
    if let Some(kind) = kind.filter(|kind| *kind != ExecutionKind::Normal.as_str()) {
        search = search.filter(Filter::kind().equals(kind));
    }
    match since {
        Some(since) => search.since(since),
        None => search,
    }
}
