//! What a server does silently with some requests: facts that no document has.

use crate::catalogue::{Operation, Type};

/// Operation and guard.
const GUARDS: &[(&str, &str)] = &[
    // Split at every `---`, also within a script.
    ("bulk_update_flows", "SplitSource"),
    ("update_flows_in_namespace", "SplitSource"),
    // A flow, or the files of an archive, in place of a file.
    ("create_namespace_file", "UnpackedFile"),
    // Open source ignores `draft` and publishes.
    ("create_flow", "PublishedDraft"),
    ("update_flow", "PublishedDraft"),
    // 200 with the names of what failed.
    ("import_flows", "ListedFailures"),
];

/// The guard of an operation.
pub(super) fn of(operation: &Operation) -> Option<&'static str> {
    GUARDS.iter().find(|(name, _)| *name == operation.name).map(|(_, guard)| *guard)
}

/// The place of the filters of an operation that finds only what is young, unless it is told how far to look back.
pub(super) fn looks_back(operation: &Operation) -> Option<usize> {
    let looks = match operation.area.as_str() {
        "executions" => operation.name != "list_distinct_field_values",
        "logs" => operation.name == "search_logs",
        _ => false,
    };
    if !looks {
        return None;
    }
    operation.query.iter().position(|parameter| parameter.ty == Type::Filters)
}

/// Whether one execution that doesn't fit stops an action on all of those that are named.
pub(super) fn takes_part_by_id(operation: &Operation) -> bool {
    operation.area == "executions" && operation.name.ends_with("_by_ids")
}
