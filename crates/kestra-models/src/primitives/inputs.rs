//! Which inputs an execution took.

use kestra_core::internal::ShowsInputs;
use serde_json::{Map, Value};

use crate::Execution;

impl Execution {
    /// Returns the given inputs that the execution lacks: the server drops an input that the flow doesn't
    /// have, and the flow runs with its defaults.
    ///
    /// ```
    /// use kestra_models::Execution;
    ///
    /// let execution: Execution = serde_json::from_str(r#"{"id": "4kJ", "inputs": {"name": "world"}}"#)?;
    /// assert_eq!(execution.dropped_inputs(["name", "dryrun"]), ["dryrun"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn dropped_inputs<'a>(&self, started_with: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        started_with.into_iter().filter(|name| !shows(&self.inputs, name)).collect()
    }
}

impl ShowsInputs for Execution {
    fn execution_id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| !id.is_empty())
    }

    fn lacks<'a>(&self, sent: &'a [String]) -> Vec<&'a str> {
        self.dropped_inputs(sent.iter().map(String::as_str))
    }
}

/// Whether an input is there, by its name or, as a field of a form, by the path to it.
fn shows(inputs: &Map<String, Value>, name: &str) -> bool {
    if inputs.contains_key(name) {
        return true;
    }
    let Some((form, field)) = name.split_once('.') else { return false };
    inputs.get(form).and_then(Value::as_object).is_some_and(|fields| shows(fields, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_form_is_named_by_its_path() {
        let inputs = serde_json::json!({"environment": {"region": null}, "a.b": 1});
        let inputs = inputs.as_object().cloned().unwrap_or_default();
        let execution = Execution { inputs, ..Execution::default() };
        let started_with = ["environment.region", "environment.zone", "a.b", "environment", "region"];
        assert_eq!(execution.dropped_inputs(started_with), ["environment.zone", "region"]);
    }
}
