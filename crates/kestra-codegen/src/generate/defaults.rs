//! Parameters that are sent unless the caller says otherwise, since what the server does without them does harm.

use crate::catalogue::Operation;

/// What is sent when the caller sets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    False,
    True,
    /// What this argument of the constructor says.
    Argument(&'static str),
}

impl Preset {
    /// The code of the value.
    pub(super) fn code(self) -> String {
        match self {
            Self::False => "false".to_owned(),
            Self::True => "true".to_owned(),
            Self::Argument(name) => format!("{name}.as_ref()"),
        }
    }
}

/// Operation, parameter and value.
const DEFAULTS: &[(&str, &str, Preset)] = &[
    // Without it the server deletes every flow that the source doesn't have, of the whole tenant.
    ("bulk_update_flows", "delete", Preset::False),
    ("update_flows_in_namespace", "delete", Preset::False),
    // Without it the answer has no source.
    ("get_flow", "source", Preset::True),
    // The document declares the path's variable in the query; which of them a server reads is not known.
    ("get_service_metrics", "serviceType", Preset::Argument("service_type")),
];

/// The value that a parameter has when the caller sets none.
pub(super) fn of(operation: &Operation, parameter: &str) -> Option<Preset> {
    DEFAULTS
        .iter()
        .find(|(name, wire, _)| *name == operation.name && *wire == parameter)
        .map(|(_, _, value)| *value)
}
