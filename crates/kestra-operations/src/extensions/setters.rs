//! Setters that several builders have: inputs, look-back and idempotency key.

use kestra_core::internal::{CORRELATION_LABEL, IdempotencyKey};
use kestra_core::{Call, Error};
use kestra_models::InputValue;
use serde::Serialize;
use serde_json::Value;

/// Adds the setters of a flow's inputs to a builder of a form.
macro_rules! inputs {
    ($name:ident) => {
        impl<E> $name<E> {
            /// Sets an input. The type of the value decides how it is written; `None` is not sent.
            ///
            /// The server drops an input that the flow doesn't have, and reads a string that is not a boolean as false. A
            /// client logs a warning for each input that an execution was created without, and
            /// [`dropped_inputs`](::kestra_models::Execution::dropped_inputs) names them.
            pub fn input(
                mut self,
                name: impl Into<String>,
                value: impl Into<::kestra_models::InputValue>,
            ) -> Self {
                crate::extensions::add_input(&mut self.call, name.into(), value.into());
                self
            }

            /// Sets an input for each field of a struct or map. Fields that are null get their defaults.
            pub fn inputs(mut self, inputs: &(impl ::serde::Serialize + ?Sized)) -> Self {
                crate::extensions::add_inputs(&mut self.call, inputs);
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

/// Adds the setters that replace the server's eight days to a builder of a search.
macro_rules! look_back {
    ($name:ident, $filters:literal) => {
        impl<E> $name<E> {
            /// Limits the result to what began at this time or later, in place of the last 8 days.
            ///
            /// Can't be combined with [`look_back`](Self::look_back). On an action by query it doesn't count as a filter that
            /// limits what is acted on.
            pub fn since(mut self, time: ::jiff::Timestamp) -> Self {
                self.call.add_look_back($filters, &::kestra_core::Filter::start_date().at_least(time));
                self
            }

            /// Limits the result to what began within this duration before now, in place of the last 8 days. Takes a duration
            /// of the standard library or an ISO 8601 one, such as `P30D`.
            ///
            /// Can't be combined with [`since`](Self::since), nor with filters on dates. On an action by query it doesn't
            /// count as a filter that limits what is acted on.
            pub fn look_back(mut self, range: impl ::kestra_core::ParameterValue) -> Self {
                self.call.add_look_back($filters, &::kestra_core::Filter::time_range(range));
                self
            }
        }
    };
}

/// Adds the setters of an idempotency key to a builder of a creation, which sends it among the labels, at this place of the query.
macro_rules! idempotency {
    ($name:ident, $labels:literal) => {
        impl<E> $name<E> {
            /// Sets an idempotency key, so that a client creates the execution once: if there is an execution with the key already,
            /// the client returns that one, as it is now.
            ///
            /// The key becomes the label `system.correlationId`. The client searches for an execution with it before it sends, and again
            /// after a failure that leaves it unclear whether the server took the request; timeouts apply to each of these
            /// requests. Two creations with one key at the same moment can still make two executions, since no server knows keys.
            /// An executor other than a client only sends the label.
            ///
            /// Can't be combined with a label of that name. If nothing is found in time, returns an error of kind
            /// [`UnclearOutcome`](::kestra_core::ErrorKind::UnclearOutcome), which has the key.
            pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
                crate::extensions::set_key(&mut self.call, $labels, key.into());
                self
            }

            /// Sets how far back to search for an execution with the key. Defaults to 8 days.
            pub fn key_look_back(mut self, range: ::std::time::Duration) -> Self {
                self.call.key_mut().set_look_back(range);
                self
            }

            /// Sets how long to search after a failure that leaves it unclear whether there is an execution. Defaults to 15 s,
            /// as servers find an execution only some time after they accepted it.
            pub fn look_up_for(mut self, time: ::std::time::Duration) -> Self {
                self.call.key_mut().set_look_up_for(time);
                self
            }
        }
    };
}

pub(crate) use {idempotency, inputs, look_back};

/// Adds an input unless its value is absent.
pub(crate) fn add_input(call: &mut Call, name: String, value: InputValue) {
    if value != InputValue::Absent {
        call.multipart().text(name, value.to_text());
    }
}

/// Adds the fields of a value as inputs, except those that are null.
pub(crate) fn add_inputs(call: &mut Call, value: &(impl Serialize + ?Sized)) {
    match fields(serde_json::to_value(value)) {
        Ok(inputs) => {
            for (name, value) in inputs {
                call.multipart().text(name, value.to_text());
            }
        }
        Err(problem) => call.fail(problem),
    }
}

fn fields(value: serde_json::Result<Value>) -> Result<Vec<(String, InputValue)>, Error> {
    match value {
        Ok(Value::Object(fields)) => Ok(fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, typed(value)))
            .collect()),
        Ok(_) => Err(Error::invalid("inputs", "they must be a struct or a map with a field for each input")),
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

pub(crate) fn set_key(call: &mut Call, labels: usize, key: String) {
    if let Err(problem) = IdempotencyKey::check(&key) {
        call.fail(problem);
    } else if call.has_query_value(labels, &format!("{CORRELATION_LABEL}:")) {
        call.fail(Error::invalid(
            "idempotency_key",
            format_args!("there is a label `{CORRELATION_LABEL}` already: remove one of the two"),
        ));
    } else {
        call.add_query(labels, format!("{CORRELATION_LABEL}:{key}"));
        call.key_mut().set_text(key);
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
            fields(Ok(value)).unwrap().into_iter().map(|(name, value)| (name, value.to_text())).collect();
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
        assert!(fields(Ok("text".into())).is_err());
    }
}
