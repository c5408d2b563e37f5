//! Inputs of a flow: a part of the form for each.

use kestra_core::{Call, Error};
use kestra_models::InputValue;
use serde::Serialize;
use serde_json::Value;

/// Gives a builder of a form the setters of a flow's inputs.
macro_rules! inputs {
    ($name:ident) => {
        impl<E> $name<E> {
            /// Sets an input. The type of the value decides how it is written.
            ///
            /// The server drops an input that the flow doesn't have, and reads a string that is not a boolean as false. A
            /// client logs a warning for each input that an execution was created without, and
            /// [`dropped_inputs`](::kestra_models::Execution::dropped_inputs) names them.
            pub fn input(
                mut self,
                name: impl Into<String>,
                value: impl Into<::kestra_models::InputValue>,
            ) -> Self {
                self.call.multipart().text(name, value.into().to_text());
                self
            }

            /// Sets an input for each field of a struct or map. Fields that are null get their defaults.
            pub fn inputs(mut self, inputs: &(impl ::serde::Serialize + ?Sized)) -> Self {
                crate::extensions::add_inputs(&mut self.call, crate::inputs_of(inputs));
                self
            }

            /// Uploads a file as an input.
            pub fn input_file(mut self, name: impl Into<String>, file: ::kestra_core::FilePart) -> Self {
                self.call.multipart().file(name, file);
                self
            }
        }
    };
}

pub(crate) use inputs;

/// The fields of a value as inputs; those that are null are left to their defaults.
///
/// # Errors
///
/// [`ErrorKind::Build`](kestra_core::ErrorKind::Build) for a value that is neither a struct nor a map, or can't be written as
/// JSON.
#[doc(hidden)]
pub fn inputs_of(value: &(impl Serialize + ?Sized)) -> Result<Vec<(String, InputValue)>, Error> {
    fields(serde_json::to_value(value))
}

fn fields(value: serde_json::Result<Value>) -> Result<Vec<(String, InputValue)>, Error> {
    match value {
        Ok(Value::Object(fields)) => Ok(fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, typed(value)))
            .collect()),
        Ok(_) => Err(Error::invalid("inputs", "they must be a struct or a map, a field for each input")),
        Err(problem) => Err(Error::invalid("inputs", problem)),
    }
}

fn typed(value: Value) -> InputValue {
    match value {
        Value::Bool(value) => InputValue::Bool(value),
        Value::String(text) => InputValue::Text(text),
        Value::Array(values) => InputValue::List(values.into_iter().map(typed).collect()),
        other => InputValue::Json(other),
    }
}

pub(crate) fn add_inputs(call: &mut Call, inputs: Result<Vec<(String, InputValue)>, Error>) {
    match inputs {
        Ok(inputs) => {
            for (name, value) in inputs {
                call.multipart().text(name, value.to_text());
            }
        }
        Err(problem) => call.fail(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_server_reads_them() {
        let value = serde_json::json!({
            "flag": true, "count": 3, "rate": 0.5, "name": "a", "nothing": null, "list": ["a", 1], "map": {"b": "c"},
        });
        let written: Vec<_> =
            inputs_of(&value).unwrap().into_iter().map(|(name, value)| (name, value.to_text())).collect();
        let expected = [
            ("count", "3"),
            ("flag", "true"),
            ("list", r#"["a",1]"#),
            ("map", r#"{"b":"c"}"#),
            ("name", "a"),
            ("rate", "0.5"),
        ];
        let mut written: Vec<_> =
            written.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        written.sort_unstable();
        assert_eq!(written, expected);
        assert!(inputs_of("text").is_err());
    }
}
