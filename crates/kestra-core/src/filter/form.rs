//! How a condition is said to a server of some version.

use super::Condition;
use super::comparison::Comparison;
use super::legacy;
use crate::operation::OperationInfo;
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
    legacy::parameter(info, condition, version).map(|parameter| Form::Parameter(parameter.name))
}

/// Returns the comparison that servers of this version use.
fn comparison(info: &OperationInfo, condition: &Condition, version: Version) -> Comparison {
    let field = info.filters.and_then(|resource| resource.field(condition));
    match field.and_then(|field| field.renamed) {
        Some((newer, older, since)) if condition.comparison == newer && version < since => older,
        _ => condition.comparison,
    }
}
