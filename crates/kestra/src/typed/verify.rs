//! Comparing types with the flows that are deployed. All of it is `#[inline]`, so that only programs that call it compile it.

use futures_util::{StreamExt as _, stream};
use kestra_core::{Error, ErrorKind};
use kestra_models::{FlowWithSource, Input};
use serde_json::{Map, Value};

use super::{FlowInputs, FlowSignature, InputSignature, OutputSignature};
use crate::Client;

/// How many flows are read at once.
const CONCURRENCY: usize = 16;

impl Client {
    /// Compares a type with the flow that is deployed. All versions.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Refused`](ErrorKind::Refused) if a call by the type would fail, or could be misread, now: an
    /// input is gone, has another type or must be given, a value of a SELECT is gone, an output is gone, has another type or may be
    /// missing, the flow is disabled, or there is no such flow. [`failures`](Error::failures) has a sentence for each.
    pub fn verify<F: FlowInputs>(&self) -> Verify {
        self.verify_all([FlowSignature::of::<F>()])
    }

    /// Compares types with the flows that are deployed, as [`verify`](Self::verify) does, such as when a program starts. One error
    /// has the differences of all flows. Generated types have the list of all as `ALL`.
    pub fn verify_all(&self, flows: impl IntoIterator<Item = FlowSignature>) -> Verify {
        Verify { client: self.clone(), flows: flows.into_iter().collect(), namespace: None }
    }
}

/// A comparison of types with the flows that are deployed; see [`Client::verify_all`].
#[must_use = "nothing is compared until it is awaited"]
#[derive(Clone, Debug)]
pub struct Verify {
    client: Client,
    flows: Vec<FlowSignature>,
    namespace: Option<String>,
}

impl Verify {
    /// Sets the namespace that all the flows are deployed to. Defaults to those of the types.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    #[inline]
    async fn run(self) -> Result<(), Error> {
        let (client, namespace) = (&self.client, self.namespace.as_deref());
        let mut read = stream::iter(self.flows)
            .map(|flow| async move {
                let namespace = namespace.unwrap_or(flow.namespace);
                let deployed = client.flows().get_flow(namespace, flow.flow).source(false).await;
                (format!("{namespace}.{}", flow.flow), flow, deployed)
            })
            .buffered(CONCURRENCY);
        let mut failures = Vec::new();
        while let Some((name, flow, deployed)) = read.next().await {
            match deployed {
                Ok(deployed) => {
                    let revision = deployed.revision.unwrap_or_default();
                    let drift = drift(&flow, &deployed);
                    failures.extend(
                        drift.into_iter().map(|text| format!("{name} (revision {revision}): {text}")),
                    );
                }
                Err(error) if error.is_missing() => {
                    failures.push(format!("{name}: the flow is not deployed"))
                }
                Err(error) => return Err(error),
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        let message = format!(
            "{}: deploy the flows that the types were made for, or make the types anew",
            failures.join("; ")
        );
        Err(Error::new(ErrorKind::Refused, message).with_failures(failures))
    }
}

several_calls!(Verify: client, "verify" => (), Verify::run);

/// Returns a sentence for each difference that breaks calls by the type.
#[inline]
fn drift(flow: &FlowSignature, deployed: &FlowWithSource) -> Vec<String> {
    let inputs = flattened(&deployed.inputs);
    let mut found = Vec::new();
    if deployed.disabled == Some(true) {
        found.push("the flow is disabled".to_owned());
    }
    for input in flow.inputs {
        match inputs.iter().find(|deployed| deployed.id == input.id) {
            Some(deployed) => of_input(input, deployed, &mut found),
            None => found.push(format!("the input `{}` is gone", input.id)),
        }
    }
    for deployed in inputs.iter().filter(|deployed| deployed.must_be_given) {
        let known = flow.inputs.iter().find(|input| input.id == deployed.id);
        if known.is_none_or(|input| !input.is_given) {
            found.push(format!("the input `{}` must be given now", deployed.id));
        }
    }
    for output in flow.outputs {
        match deployed.outputs.iter().find(|deployed| deployed.id() == Some(output.id)) {
            Some(deployed) => of_output(output, deployed.fields(), &mut found),
            None => found.push(format!("the output `{}` is gone", output.id)),
        }
    }
    found
}

#[inline]
fn of_input(input: &InputSignature, deployed: &Deployed<'_>, found: &mut Vec<String>) {
    let id = input.id;
    let was = current(input.type_);
    let is = match (deployed.type_, deployed.item_type) {
        // A type that says nothing of the items takes all.
        ("ARRAY", Some(items)) if was != "ARRAY" => format!("ARRAY<{}>", current(items)),
        (type_, _) => current(type_).to_owned(),
    };
    if was != is {
        found.push(format!("the input `{id}` was {was} and is {is}"));
        return;
    }
    let Some(values) = &deployed.values else { return };
    for gone in input.values.iter().filter(|value| !values.contains(&(**value).to_owned())) {
        found.push(format!("the input `{id}` does not take `{gone}` any more"));
    }
}

#[inline]
fn of_output(output: &OutputSignature, deployed: &Map<String, Value>, found: &mut Vec<String>) {
    let id = output.id;
    let is = deployed.get("type").and_then(Value::as_str).unwrap_or_default();
    if let [was, ..] = output.types
        && !output.types.contains(&is)
    {
        found.push(format!("the output `{id}` was {was} and is {is}"));
    } else if output.required && is_false(deployed.get("required")) {
        found.push(format!("the output `{id}` may be missing now"));
    }
}

/// An input as it is deployed.
struct Deployed<'a> {
    id: String,
    type_: &'a str,
    item_type: Option<&'a str>,
    must_be_given: bool,
    /// The values of a SELECT or MULTISELECT that takes no others.
    values: Option<Vec<String>>,
}

/// Returns the inputs, those within a FORM as `form.child`.
#[inline]
fn flattened(inputs: &[Input]) -> Vec<Deployed<'_>> {
    let mut all = Vec::new();
    inputs.iter().for_each(|input| flatten(input.fields(), "", &mut all));
    all
}

/// Adds an input, or those within a FORM, whose own `required` and `dependsOn` servers do not read.
#[inline]
fn flatten<'a>(fields: &'a Map<String, Value>, prefix: &str, all: &mut Vec<Deployed<'a>>) {
    let input = deployed(fields, prefix);
    match fields.get("inputs").and_then(Value::as_array) {
        Some(children) => {
            let prefix = format!("{}.", input.id);
            children.iter().filter_map(Value::as_object).for_each(|child| flatten(child, &prefix, all));
        }
        None => all.push(input),
    }
}

#[inline]
fn deployed<'a>(fields: &'a Map<String, Value>, prefix: &str) -> Deployed<'a> {
    let id = text(fields, "id").or_else(|| text(fields, "name")).unwrap_or_default();
    let takes_others =
        fields.get("allowCustomValue").is_some_and(|value| value == true) || is_there(fields, "expression");
    let values = fields.get("values").or_else(|| fields.get("options")).and_then(Value::as_array);
    // From 2.0 on a value may have a label.
    let value = |value: &Value| scalar(value.get("value").unwrap_or(value));
    Deployed {
        id: format!("{prefix}{id}"),
        type_: text(fields, "type").unwrap_or_default(),
        item_type: text(fields, "itemType"),
        must_be_given: !is_optional(fields),
        values: values.filter(|_| !takes_others).map(|values| values.iter().filter_map(value).collect()),
    }
}

/// Returns a value as servers read it where they take a string.
#[inline]
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[inline]
fn is_optional(fields: &Map<String, Value>) -> bool {
    is_false(fields.get("required")) || is_there(fields, "defaults") || is_there(fields, "dependsOn")
}

#[inline]
fn is_there(fields: &Map<String, Value>, name: &str) -> bool {
    fields.get(name).is_some_and(|value| !value.is_null())
}

/// The present name of a type that has two.
#[inline]
fn current(type_: &str) -> &str {
    match type_ {
        "BOOLEAN" => "BOOL",
        "ENUM" => "SELECT",
        other => other,
    }
}

#[inline]
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[inline]
fn is_false(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value == false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drift_from(inputs: &'static [InputSignature], deployed: Value) -> Vec<String> {
        let flow = FlowSignature { namespace: "company.team", flow: "report", inputs, outputs: &[] };
        let deployed = json!({"id": "report", "namespace": "company.team", "revision": 1, "source": "", "inputs": deployed});
        drift(&flow, &serde_json::from_value(deployed).unwrap())
    }

    #[test]
    fn values_that_are_no_strings_are_no_drift() {
        const INPUTS: &[InputSignature] =
            &[InputSignature::new("mode", "SELECT").values(&["1", "true", "a", "2"])];
        let values = json!([1, true, "a", {"label": "Two", "value": 2}]);
        assert_eq!(drift_from(INPUTS, json!([{"id": "mode", "type": "SELECT", "values": values}])), [""; 0]);
        let values = json!([1, false, "a", {"label": "Two", "value": 3}]);
        assert_eq!(
            drift_from(INPUTS, json!([{"id": "mode", "type": "SELECT", "values": values}])),
            ["the input `mode` does not take `true` any more", "the input `mode` does not take `2` any more"]
        );
    }

    #[test]
    fn forms_within_forms_are_compared() {
        const INPUTS: &[InputSignature] =
            &[InputSignature::new("a.b.c", "INT"), InputSignature::new("a.d.e", "INT").optional()];
        let deployed = |type_: &str| {
            json!([{"id": "a", "type": "FORM", "inputs": [
                {"id": "b", "type": "FORM", "inputs": [{"id": "c", "type": type_}]},
                {"id": "d", "type": "FORM", "inputs": [{"id": "e", "type": "INT", "required": false}]},
            ]}])
        };
        assert_eq!(drift_from(INPUTS, deployed("INT")), [""; 0]);
        assert_eq!(drift_from(INPUTS, deployed("BOOL")), ["the input `a.b.c` was INT and is BOOL"]);
    }
}
