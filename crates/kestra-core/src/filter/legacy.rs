//! The query parameters of operations that read no filters before some version.

use super::Condition;
use super::comparison::Comparison;
use crate::operation::{OperationInfo, QueryParameter};
use crate::version::Version;

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
    let listed = info.filters.map_or(&[][..], |resource| resource.parameters);
    let mut listed = listed.iter().filter(|known| known.field == field).peekable();
    // A parameter that has the field's name and isn't listed means `EQUALS`.
    let name = match listed.peek() {
        Some(_) => listed.find(|known| known.comparison == condition.comparison)?.parameter,
        None if condition.comparison == Comparison::EQUALS => field,
        None => return None,
    };
    let known = info.query_parameters.iter().find(|parameter| parameter.name == name)?;
    known.versions.contains(version).then_some(known)
}
