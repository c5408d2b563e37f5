//! Checking inputs against the flow, since servers don't: a name that the flow lacks is dropped, a BOOL that is neither `true`
//! nor `false` is false.

use kestra_core::{Error, ErrorKind};
use kestra_models::{Input, InputValue};

use super::creation::Creation;
use crate::Client;

/// How to send it all the same.
const INSIST: &str = "call `.unchecked()` to send it anyway";

/// Refuses inputs that the flow would not get as they are meant.
pub(super) async fn inputs(client: &Client, creation: &mut Creation) -> Result<(), Error> {
    if creation.inputs.is_empty() && creation.files.is_empty() {
        return Ok(());
    }
    let mut call = client.flows().get_flow(&creation.namespace, &creation.flow).source(false);
    if let Some(revision) = creation.revision {
        call = call.revision(revision);
    }
    let flow = call.await?;
    let flow_name = format!("{}.{}", creation.namespace, creation.flow);
    for (name, value) in &creation.inputs {
        let input = declared(&flow.inputs, name, &flow_name)?;
        if let Some(problem) = misfit(input, name, value) {
            let message = format!("input `{name}` of {flow_name} {problem}; {INSIST}");
            return Err(Error::new(ErrorKind::Refused, message).of_input(name));
        }
    }
    creation.files.iter().try_for_each(|(name, _)| declared(&flow.inputs, name, &flow_name).map(drop))
}

/// The input of a name; a dotted name is one within a form.
fn declared<'a>(inputs: &'a [Input], name: &str, flow: &str) -> Result<&'a Input, Error> {
    let known = |name: &str| inputs.iter().find(|input| id(input) == Some(name));
    let form = || {
        let (form, _) = name.split_once('.')?;
        known(form).filter(|input| input.type_() == Some("FORM"))
    };
    known(name).or_else(form).ok_or_else(|| {
        let names: Vec<_> = inputs.iter().filter_map(id).collect();
        let declared = match names.as_slice() {
            [] => "it has none".to_owned(),
            names => format!("it has {}", names.join(", ")),
        };
        Error::new(
            ErrorKind::Refused,
            format!("{flow} has no input `{name}`, the server would drop it ({declared}); {INSIST}"),
        )
        .of_input(name)
    })
}

/// The name of an input; old flows say `name`.
fn id(input: &Input) -> Option<&str> {
    input.id().or(input.name())
}

/// Why a value isn't one of the input's type. Values are not shown: they may be secrets.
fn misfit(input: &Input, name: &str, value: &InputValue) -> Option<String> {
    if id(input) != Some(name) {
        return None;
    }
    let text = value.to_text();
    let type_ = input.type_()?;
    let expected = match type_ {
        "BOOL" | "BOOLEAN" if text != "true" && text != "false" => "`true` or `false`",
        "INT" if text.parse::<i64>().is_err() => "an integer",
        "FLOAT" if text.parse::<f64>().is_err() => "a number",
        "ARRAY" | "MULTISELECT" if !is_list(&text) => "a list",
        "JSON" if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() => "JSON",
        _ => return None,
    };
    Some(format!("is of type {type_} and must be {expected}"))
}

fn is_list(text: &str) -> bool {
    serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(type_: &str) -> Input {
        Input::new().set("id", "it").set("type", type_)
    }

    #[test]
    fn loose_values_are_refused() {
        for (type_, value, fits) in [
            ("BOOL", InputValue::from(true), true),
            ("BOOL", InputValue::from("false"), true),
            ("BOOL", InputValue::from("yes"), false),
            ("BOOLEAN", InputValue::from(1), false),
            ("INT", InputValue::from("12"), true),
            ("INT", InputValue::from("a dozen"), false),
            ("FLOAT", InputValue::from(1), true),
            ("ARRAY", InputValue::from(["a"]), true),
            ("ARRAY", InputValue::from("a"), false),
            ("JSON", InputValue::from(serde_json::json!({"a": 1})), true),
            ("STRING", InputValue::from(true), true),
            ("NEWER", InputValue::from("x"), true),
        ] {
            assert_eq!(misfit(&input(type_), "it", &value).is_none(), fits, "{type_} {value:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_flow_or_within_a_form() {
        let inputs = [input("FORM"), Input::new().set("name", "old").set("type", "STRING")];
        assert!(declared(&inputs, "it.region", "f").is_ok() && declared(&inputs, "old", "f").is_ok());
        let error = declared(&inputs, "dry-run", "f").unwrap_err();
        assert_eq!(error.invalid_inputs(), ["dry-run"]);
        let message = error.to_string();
        assert!(message.contains("`dry-run`") && message.contains("it, old"), "{message}");
    }
}
