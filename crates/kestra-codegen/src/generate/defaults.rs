//! Parameters that are sent unless the caller says otherwise, since what the server does without them does harm.

use crate::catalogue::Operation;

/// Operation, parameter and value.
const DEFAULTS: &[(&str, &str, bool)] = &[
    // Without it the server deletes every flow that the source doesn't have, of the whole tenant.
    ("bulk_update_flows", "delete", false),
    ("update_flows_in_namespace", "delete", false),
    // Without it the answer has no source.
    ("get_flow", "source", true),
];

/// The value that a parameter has when the caller sets none.
pub(super) fn of(operation: &Operation, parameter: &str) -> Option<bool> {
    DEFAULTS
        .iter()
        .find(|(name, wire, _)| *name == operation.name && *wire == parameter)
        .map(|(_, _, value)| *value)
}
