//! What is wrong with an input, in the words of each dialect.

use crate::dialect::Dialect;
use crate::http::ApiError;

/// A value that an input can't take, or none where one is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputError {
    /// The input.
    pub(crate) id: String,
    /// What was given, as sent.
    pub(crate) given: Option<String>,
    pub(crate) fault: Fault,
}

/// The kinds of faults, which the server words differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No value and no default.
    Missing,
    /// An `expression` of a SELECT that gives no list.
    NoChoices,
    /// A value that isn't allowed; the cause in the words of 1.3.
    Value(String),
    /// A text that can't be read as the type: the type, the parser's words, and the Java class of the value.
    Unreadable { kind: String, cause: String, class: Option<&'static str> },
}

impl InputError {
    /// The message.
    pub(crate) fn message(&self, dialect: Dialect) -> String {
        let id = &self.id;
        let given = self.given.as_deref().unwrap_or("null");
        match (&self.fault, dialect) {
            (Fault::Missing, Dialect::V1_0) => {
                format!("Invalid input for `{id}`, missing required input, but received `null`")
            }
            (Fault::Missing, _) => format!("Missing required input:{id}"),
            (Fault::NoChoices, Dialect::V1_0) => {
                "Invalid expression result. Expected a list of strings, but received String".to_owned()
            }
            (Fault::NoChoices, _) => {
                let items = if dialect.is_v2() { "values" } else { "strings" };
                format!(
                    "Invalid value for input `{id}`. Cause: {id}: Invalid expression result. Expected a list of {items}"
                )
            }
            (Fault::Value(cause), Dialect::V1_0) => {
                format!("Invalid input for `{id}`, {cause}, but received `{given}`")
            }
            (Fault::Value(cause), _) => format!("Invalid value for input `{id}`. Cause: {cause}"),
            (Fault::Unreadable { class: Some(class), .. }, Dialect::V2_0) => {
                format!("Invalid value for input `{id}`. Cause: Cannot convert value '{given}' to {class}")
            }
            (Fault::Unreadable { kind, cause, .. }, Dialect::V1_0) if !is_number(kind) => format!(
                "Invalid input for `{id}`, java.lang.Exception: Expected `{kind}` but received `{given}` with \
                 errors:\n```\n{cause}\n```, but received `{given}`"
            ),
            (Fault::Unreadable { cause, .. }, Dialect::V1_0) => {
                format!("Invalid input for `{id}`, {cause}, but received `{given}`")
            }
            (Fault::Unreadable { kind, cause, .. }, _) if is_number(kind) => {
                format!("Invalid value for input `{id}`. Cause: {cause}")
            }
            (Fault::Unreadable { cause, .. }, _) => format!(" errors:\n```\n{cause}\n```"),
        }
    }

    /// The 422 of a creation or a resumption.
    pub(crate) fn into_error(self, dialect: Dialect) -> ApiError {
        let message = self.message(dialect);
        if dialect == Dialect::V1_0 {
            return ApiError::invalid_entity([(self.id, message)]);
        }
        ApiError::new(422, format!("Invalid entity: {message}"))
    }
}

fn is_number(kind: &str) -> bool {
    matches!(kind, "INT" | "FLOAT")
}
