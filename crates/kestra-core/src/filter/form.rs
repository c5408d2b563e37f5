//! How a condition is said to a server of some version.

use super::Condition;
use super::legacy;
use super::operation::Operation;
use crate::operation::OperationInfo;
use crate::version::{Version, Versions};

const V2_0: Version = Version::new(2, 0, 0);

/// The form of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In brackets, compared so.
    Filter(Operation),
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
        return Some(Form::Filter(operation(condition, version)));
    }
    legacy::parameter(info, condition, version).map(|parameter| Form::Parameter(parameter.name))
}

/// Whether it is written otherwise for some version.
pub(super) fn depends_on_version(condition: &Condition) -> bool {
    condition.field == "level"
}

/// "At least this level" is another operation on 2.0 than before.
pub(super) fn operation(condition: &Condition, version: Version) -> Operation {
    match (condition.field.as_str(), condition.operation) {
        ("level", Operation::Equals) if version >= V2_0 => Operation::AtLeast,
        ("level", Operation::AtLeast) if version < V2_0 => Operation::Equals,
        (_, operation) => operation,
    }
}
