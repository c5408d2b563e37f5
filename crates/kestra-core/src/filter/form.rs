//! How a condition is said to a server of some version.

use super::Condition;
use crate::operation::{Comparison, OperationInfo, QueryParameter};
use crate::version::{Version, Versions};

/// The form of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In brackets, compared so.
    Filter(Comparison),
    /// A parameter of its own.
    Parameter(&'static str),
}

/// The form that servers of this version read; `None` if they read none.
pub(super) fn of(
    info: &OperationInfo,
    reads_filters: Versions,
    condition: &Condition,
    version: Version,
) -> Option<Form> {
    if reads_filters.contains(version) {
        return Some(Form::Filter(comparison(info, condition, version)));
    }
    parameter(info, condition, version).map(|parameter| Form::Parameter(parameter.name))
}

/// Returns the comparison that servers of this version use.
fn comparison(info: &OperationInfo, condition: &Condition, version: Version) -> Comparison {
    let field = info.filters.and_then(|resource| condition.field_of(resource));
    match field.and_then(|field| field.renamed) {
        Some((newer, older, since)) if condition.comparison == newer && version < since => older,
        _ => condition.comparison,
    }
}

/// Returns the query parameter that is equivalent to the condition on a server of this version.
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
