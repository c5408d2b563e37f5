//! Which operations answer a page of a list, and what keeps its rows in their places.

use crate::catalogue::{Answer, Operation, Type};

/// Operation and sort: keys that every version has, oldest first where rows are added all the time.
const SORTS: &[(&str, &[&str])] = &[
    ("search_executions", &["state.startDate:asc", "id:asc"]),
    ("search_flows", &["namespace:asc", "id:asc"]),
    ("search_logs", &["timestamp:asc"]),
    ("search_metrics_by_execution", &["timestamp:asc"]),
    ("search_namespaces", &["id:asc"]),
    ("search_triggers", &["namespace:asc", "flowId:asc", "triggerId:asc"]),
    ("search_triggers_for_flow", &["triggerId:asc"]),
];

/// Whether an operation's answer is one page of several.
pub(super) fn is_paged(operation: &Operation) -> bool {
    matches!(operation.answer, Answer::Json(Type::Page(_)))
        && operation.query.iter().any(|parameter| parameter.name == "page")
}

/// The sort that keeps an operation's rows in their places.
pub(super) fn sort(operation: &Operation) -> Option<&'static [&'static str]> {
    SORTS.iter().find(|(name, _)| *name == operation.name).map(|(_, keys)| *keys)
}
