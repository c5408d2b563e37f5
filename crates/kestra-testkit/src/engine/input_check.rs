//! What the server refuses in the inputs of a flow.

use serde_json::Value;

use super::flow::{FlowDefinition, InputDefinition, plain_text};
use crate::dialect::Dialect;

/// What is wrong with one input.
pub(super) fn fault(input: &InputDefinition, dialect: Dialect) -> Option<String> {
    if dialect < Dialect::V1_3 {
        return None;
    }
    let has = |key: &str| input.properties.get(key).is_some_and(|value| !value.is_null());
    if input.kind == "FORM" {
        if has("defaults") || has("prefill") {
            return Some(
                "A FORM input groups other inputs and cannot declare a default value or a prefill."
                    .to_owned(),
            );
        }
        if children(input).iter().any(|child| child.kind == "FORM") {
            return Some(
                "A FORM input cannot contain another FORM input; grouping is limited to a single level."
                    .to_owned(),
            );
        }
    }
    if has("defaults") && !input.required {
        return Some(
            "Inputs with a default value must be required, since the default is always applied.".to_owned(),
        );
    }
    if has("defaults") && has("prefill") {
        return Some("Inputs with a default value cannot also have a prefill.".to_owned());
    }
    let item = input.properties.get("itemType").map(plain_text).unwrap_or_default().to_ascii_uppercase();
    let is_list = matches!(input.kind.as_str(), "ARRAY" | "MULTISELECT");
    (is_list && matches!(item.as_str(), "ARRAY" | "SECRET" | "MULTISELECT" | "SELECT" | "ENUM"))
        .then(|| format!("`itemType` cannot be {item}"))
}

/// Inputs whose path begins with that of another: `a` beside `a.b`.
pub(super) fn path_conflicts(inputs: &[InputDefinition], dialect: Dialect) -> Vec<String> {
    if dialect < Dialect::V1_3 {
        return Vec::new();
    }
    let paths: Vec<String> = InputDefinition::leaves(inputs).into_iter().map(|input| input.id).collect();
    let below = |ancestor: &str| format!("{ancestor}.");
    let pairs = paths.iter().flat_map(|ancestor| {
        paths.iter().filter(move |path| path.starts_with(&below(ancestor))).map(move |path| (ancestor, path))
    });
    let conflict = |(ancestor, path)| {
        format!("Input path '{ancestor}' conflicts with '{path}'; one cannot be nested under the other.")
    };
    pairs.map(conflict).collect()
}

/// Schedules that leave out an input without a default, which 2.0 refuses.
pub(super) fn missing_for_schedules(flow: &FlowDefinition, dialect: Dialect) -> Vec<String> {
    if !dialect.is_v2() {
        return Vec::new();
    }
    let has_default =
        |input: &InputDefinition| input.properties.get("defaults").is_some_and(|value| !value.is_null());
    let wanted: Vec<String> = InputDefinition::leaves(&flow.inputs)
        .into_iter()
        .filter(|input| !has_default(input))
        .map(|input| input.id)
        .collect();
    let schedules = flow.triggers.iter().filter(|trigger| trigger.short_kind() == "Schedule");
    let missing = schedules.filter_map(|schedule| {
        let given = schedule.properties.get("inputs").and_then(Value::as_object);
        let is_missing = |path: &&String| given.is_none_or(|given| !given.contains_key(path.as_str()));
        let missing: Vec<&str> = wanted.iter().filter(is_missing).map(String::as_str).collect();
        (!missing.is_empty()).then(|| {
            let missing = missing.join(" | ");
            format!("Missing inputs for Schedule Trigger '{}', missing inputs: '{missing}'", schedule.id)
        })
    });
    missing.collect()
}

fn children(input: &InputDefinition) -> Vec<InputDefinition> {
    InputDefinition::list(input.properties.get("inputs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(inputs: &str, dialect: Dialect) -> String {
        let log = "tasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: Hello}\n";
        match FlowDefinition::parse(&format!("id: a\nnamespace: b\n{log}{inputs}"), dialect) {
            Ok(_) => String::new(),
            Err(problem) => problem.validation_text(dialect),
        }
    }

    #[test]
    fn a_default_goes_with_a_required_input_only() {
        let inputs = "inputs: [{id: x, type: STRING, defaults: a, required: false}]\n";
        assert_eq!(verdict(inputs, Dialect::V1_0), "");
        for dialect in [Dialect::V1_3, Dialect::V2_0] {
            assert_eq!(
                verdict(inputs, dialect),
                "Validation error: inputs[0]: Inputs with a default value must be required, since the default is always \
                 applied.\n"
            );
            assert_eq!(verdict(&inputs.replace("false", "yes"), dialect), "");
            assert_ne!(verdict(&inputs.replace("false", "No"), dialect), "");
        }
    }

    #[test]
    fn forms_and_lists_are_restricted() {
        let secrets = "inputs: [{id: x, type: ARRAY, itemType: SECRET}]\n";
        assert_eq!(verdict(secrets, Dialect::V1_0), "");
        assert_eq!(
            verdict(secrets, Dialect::V1_3),
            "Validation error: inputs[0]: `itemType` cannot be SECRET\n"
        );
        let form =
            "inputs: [{id: f, type: FORM, inputs: [{id: a, type: STRING}]}, {id: f.a.b, type: STRING}]\n";
        assert!(verdict(form, Dialect::V1_0).contains("Invalid type: FORM"));
        assert!(verdict(form, Dialect::V2_0).contains("Input path 'f.a' conflicts with 'f.a.b'"));
        assert!(verdict("inputs: [{id: x, type: ION}]\n", Dialect::V1_3).contains("Invalid type: ION"));
    }

    #[test]
    fn schedules_give_what_has_no_default_since_2_0() {
        let flow = "inputs: [{id: x, type: STRING}, {id: y, type: STRING, defaults: a}]\ntriggers:\n  - id: nightly\n    \
                    type: io.kestra.plugin.core.trigger.Schedule\n    cron: '0 3 * * *'\n";
        assert_eq!(verdict(flow, Dialect::V1_3), "");
        assert_eq!(
            verdict(flow, Dialect::V2_0),
            "Validation error:  Invalid Flow: Missing inputs for Schedule Trigger 'nightly', missing inputs: 'x'\n"
        );
        assert_eq!(verdict(&format!("{flow}    inputs: {{x: b}}\n"), Dialect::V2_0), "");
    }
}
