//! The query parameters of operations that read no filters before some version.

use super::Condition;
use super::operation::Operation::{AtLeast, AtMost, Equals, Prefix};
use crate::operation::{OperationInfo, QueryParameter};
use crate::version::Version;

/// Parameters that are called or compared otherwise than the field: field, comparison, parameter.
const PARAMETERS: &[(&str, super::Operation, &str)] = &[
    ("level", Equals, "minLevel"),
    ("level", AtLeast, "minLevel"),
    ("attemptNumber", Equals, "attempt"),
    ("existingOnly", Equals, "existing"),
    // It finds the namespaces below as well.
    ("namespace", Prefix, "namespace"),
    ("startDate", AtLeast, "startDate"),
    ("endDate", AtMost, "endDate"),
];

/// The parameter that says the same to a server of this version.
pub(super) fn parameter(
    info: &OperationInfo,
    condition: &Condition,
    version: Version,
) -> Option<&'static QueryParameter> {
    if condition.key.is_some() {
        return None;
    }
    let field = condition.field.as_str();
    let listed = PARAMETERS.iter().any(|(known, ..)| *known == field);
    let name = PARAMETERS
        .iter()
        .find(|(known, operation, _)| *known == field && *operation == condition.operation)
        .map(|(.., name)| *name)
        .or_else(|| (!listed && condition.operation == Equals).then_some(field))?;
    let known = info.query_parameters.iter().find(|parameter| parameter.name == name)?;
    known.versions.contains(version).then_some(known)
}
