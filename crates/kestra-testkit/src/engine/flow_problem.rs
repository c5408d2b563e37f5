//! What is wrong with a flow, in the words of the server.

use serde_json::Value;

use crate::dialect::Dialect;
use crate::http::ApiError;

/// A flow that can't be taken.
#[derive(Clone, Debug)]
pub(crate) struct FlowProblem {
    kind: Kind,
    /// Message and path of each fault.
    faults: Vec<(String, String)>,
    /// The summary where it isn't made of the faults.
    summary: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// No YAML, or not of the shape of a flow at all.
    Syntax,
    /// A property or a type that doesn't exist.
    Mapping,
    /// A value that isn't allowed.
    Constraint,
    /// The server trips over its own validation.
    Crash,
}

impl FlowProblem {
    /// A text that isn't YAML.
    pub(crate) fn syntax(message: &str, line: usize, dialect: Dialect) -> Self {
        let text = if dialect == Dialect::V1_0 {
            message.to_owned()
        } else {
            format!("YAML parsing error: {message} (at line {line})")
        };
        Self { kind: Kind::Syntax, faults: vec![(text, "yaml".to_owned())], summary: None }
    }

    /// YAML that is no map.
    pub(crate) fn not_a_map(value: &Value, dialect: Dialect) -> Self {
        let message = match value {
            Value::String(text) => format!(
                "Cannot construct instance of `io.kestra.core.models.flows.GenericFlow` (although at least one Creator \
                 exists): no String-argument constructor/factory method to deserialize from String value ('{text}')"
            ),
            other => format!(
                "Cannot deserialize value of type `io.kestra.core.models.flows.GenericFlow` from {}",
                token_of(other)
            ),
        };
        Self::syntax(&format!("{message}\n at [Source: (StringReader); line: 1, column: 1]"), 1, dialect)
    }

    /// A property that should be text and is something else.
    pub(crate) fn not_text(property: &str, value: &Value, dialect: Dialect) -> Self {
        let message = format!(
            "Cannot deserialize value of type `java.lang.String` from {}\n at [Source: (StringReader); line: 1, \
             column: 1] (through reference chain: io.kestra.core.models.flows.GenericFlow[\"{property}\"])",
            token_of(value)
        );
        Self::syntax(&message, 1, dialect)
    }

    /// A property or value that the model doesn't have.
    pub(crate) fn mapping(message: impl Into<String>, path: impl Into<String>) -> Self {
        Self { kind: Kind::Mapping, faults: vec![(message.into(), path.into())], summary: None }
    }

    /// A task or trigger of a type that isn't installed.
    pub(crate) fn unknown_type(kind: &str, path: &str, dialect: Dialect) -> Self {
        let short = format!("Invalid type: {kind}");
        let long = format!(
            "Could not resolve type id '{kind}' as a subtype of `io.kestra.core.models.Plugin`: No plugin registered for \
             the defined type: '{kind}'\n at [Source: UNKNOWN; byte offset: #UNKNOWN] (through reference chain: {path})"
        );
        let mut faults = vec![(short.clone(), path.to_owned()), (long, path.to_owned())];
        if dialect.is_v2() {
            faults.reverse();
        }
        Self { kind: Kind::Mapping, faults, summary: Some(short) }
    }

    /// Values that aren't allowed: pairs of message and path.
    pub(crate) fn constraints(faults: Vec<(String, String)>) -> Self {
        Self { kind: Kind::Constraint, faults, summary: None }
    }

    /// A flow at which the validation of a 1.0 server breaks off.
    pub(crate) fn crash() -> Self {
        let text = "HV000028: Unexpected exception during isValid call.";
        Self { kind: Kind::Crash, faults: vec![(text.to_owned(), String::new())], summary: None }
    }

    /// What the validation of flows says in `constraints`.
    pub(crate) fn validation_text(&self, dialect: Dialect) -> String {
        let text = match self.kind {
            Kind::Syntax => format!("Illegal Flow source: {}", self.first()),
            Kind::Crash => return format!("Unable to validate the flow: {}", self.first()),
            Kind::Mapping => self.summary.clone().unwrap_or_else(|| self.first().to_owned()),
            Kind::Constraint => {
                // A fault of the flow as a whole has no path; after the prefix the colon is left out as well.
                let lines = self.faults.iter().map(|(message, path)| match path.as_str() {
                    "" if dialect != Dialect::V1_0 => format!(" {message}\n"),
                    path => format!("{path}: {message}\n"),
                });
                lines.collect()
            }
        };
        match (dialect, self.kind) {
            (Dialect::V1_0, Kind::Constraint) => text,
            (Dialect::V1_0, _) => format!("jakarta.validation.ConstraintViolationException: {text}"),
            _ => format!("Validation error: {text}"),
        }
    }

    /// Whether id and namespace could be read all the same.
    pub(crate) fn is_constraint(&self) -> bool {
        matches!(self.kind, Kind::Constraint | Kind::Crash)
    }

    /// What the validation of one task or trigger says.
    pub(crate) fn short_text(&self) -> String {
        self.summary.clone().unwrap_or_else(|| match self.kind {
            Kind::Constraint => {
                self.faults.iter().map(|(message, path)| format!("{path}: {message}\n")).collect()
            }
            _ => self.first().to_owned(),
        })
    }

    /// The 422 of a creation or an update.
    pub(crate) fn into_error(self) -> ApiError {
        self.error_with("Illegal genericflow source")
    }

    /// The 422 of a route that only reads a source, as the one that draws a graph.
    pub(crate) fn into_source_error(self) -> ApiError {
        self.error_with("Illegal Flow source")
    }

    fn error_with(self, syntax: &str) -> ApiError {
        let text = match self.kind {
            Kind::Syntax => format!("{syntax}: {}", self.first()),
            Kind::Crash => return ApiError::internal(self.first()),
            Kind::Mapping => self.summary.clone().unwrap_or_else(|| self.first().to_owned()),
            Kind::Constraint => {
                self.faults.iter().map(|(message, path)| format!("{path}: {message}\n")).collect()
            }
        };
        let error = ApiError::new(422, format!("Invalid entity: {text}"));
        self.faults.into_iter().fold(error, |error, (message, path)| error.with_detail(message, Some(path)))
    }

    fn first(&self) -> &str {
        self.faults.first().map_or("", |(message, _)| message)
    }
}

fn token_of(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "Array value (token `JsonToken.START_ARRAY`)",
        Value::Object(_) => "Object value (token `JsonToken.START_OBJECT`)",
        Value::Bool(_) => "Boolean value (token `JsonToken.VALUE_TRUE`)",
        Value::Number(_) => "Integer value (token `JsonToken.VALUE_NUMBER_INT`)",
        Value::String(_) => "String value (token `JsonToken.VALUE_STRING`)",
        Value::Null => "Null value (token `JsonToken.VALUE_NULL`)",
    }
}
