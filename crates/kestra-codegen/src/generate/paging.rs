//! Which operations answer a page of a list.

use crate::catalogue::{Answer, Operation, Type};

/// Whether an operation's answer is one page of several.
pub(super) fn is_paged(operation: &Operation) -> bool {
    matches!(operation.answer, Answer::Json(Type::Page(_)))
        && operation.query.iter().any(|parameter| parameter.name == "page")
}
