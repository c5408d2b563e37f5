use serde_json::{Value, json};

use super::expression::Scope;
use super::flow::InputDefinition;
use super::input_convert::unveil;
use super::inputs::{GivenInputs, ResolvedInputs, resolve};
use crate::dialect::Dialect;

fn declared(list: Value) -> Vec<InputDefinition> {
    InputDefinition::list(Some(&list))
}

fn resolved(list: Value, given: Value, dialect: Dialect) -> ResolvedInputs {
    let given = GivenInputs::from_json(given.as_object().unwrap_or(&serde_json::Map::new()));
    resolve(&declared(list), &given, "kestra:///a/b/executions/x", &Scope::default(), dialect)
}

fn message(list: Value, given: Value, dialect: Dialect) -> String {
    let error = resolved(list, given, dialect).first_error();
    error.map(|error| error.message(dialect)).unwrap_or_default()
}

#[test]
fn values_have_the_type_that_is_declared() {
    let list = json!([
        {"id": "int", "type": "INT"},
        {"id": "float", "type": "FLOAT"},
        {"id": "bool", "type": "BOOL"},
        {"id": "datetime", "type": "DATETIME"},
        {"id": "duration", "type": "DURATION"},
        {"id": "json", "type": "JSON"},
        {"id": "array", "type": "ARRAY", "itemType": "INT"},
        {"id": "nested.value", "type": "STRING"},
        {"id": "optional", "type": "STRING", "required": false},
        {"id": "defaulted", "type": "INT", "defaults": 42},
        {"id": "rendered", "type": "STRING", "defaults": "{{ inputs.int }}!"},
    ]);
    let given = json!({
        "int": "5",
        "float": "1.5",
        "bool": "yes",
        "datetime": "2026-01-02T03:04:05.678Z",
        "duration": "PT1H30M",
        "json": "{\"a\": [1]}",
        "array": "[1, 2]",
        "nested.value": "deep",
        "unknown": "dropped",
    });
    let inputs = resolved(list, given, Dialect::V1_3);
    assert_eq!(inputs.first_error(), None);
    assert_eq!(
        Value::Object(inputs.stored()),
        json!({
            "int": 5,
            "float": 1.5,
            "bool": false,
            "datetime": "2026-01-02T03:04:05.678000Z",
            "duration": 5400.0,
            "json": {"a": [1]},
            "array": [1, 2],
            "nested": {"value": "deep"},
            "optional": null,
            "defaulted": 42,
            "rendered": "5!",
        })
    );
    assert_eq!(inputs.fresh()["duration"], json!("PT1H30M"));
    assert_eq!(inputs.fresh()["datetime"], json!("2026-01-02T03:04:05.678Z"));
}

#[test]
fn each_dialect_has_its_own_words() {
    let int = || json!([{"id": "int", "type": "INT", "max": 10}]);
    assert_eq!(
        message(int(), json!({"int": "11"}), Dialect::V1_0),
        "Invalid input for `int`, it must be less than `10`, but received `11`"
    );
    assert_eq!(
        message(int(), json!({"int": "11"}), Dialect::V1_3),
        "Invalid value for input `int`. Cause: it must be less than `10`"
    );
    assert_eq!(
        message(int(), json!({"int": "x"}), Dialect::V1_3),
        "Invalid value for input `int`. Cause: For input string: \"x\""
    );
    assert_eq!(
        message(int(), json!({"int": "x"}), Dialect::V2_0),
        "Invalid value for input `int`. Cause: Cannot convert value 'x' to Integer"
    );
    assert_eq!(message(int(), json!({}), Dialect::V2_0), "Missing required input:int");
    let date = || json!([{"id": "date", "type": "DATE"}]);
    assert_eq!(
        message(date(), json!({"date": "2.1.2026"}), Dialect::V1_3),
        " errors:\n```\nText '2.1.2026' could not be parsed at index 0\n```"
    );
}

#[test]
fn choices_and_patterns_are_checked() {
    let select = json!([{"id": "s", "type": "SELECT", "values": ["red", "blue"]}]);
    let cause = "Invalid value for input `s`. Cause: it must match the values `[red, blue]`";
    assert_eq!(message(select, json!({"s": "black"}), Dialect::V2_0), cause);
    let many = json!([{"id": "m", "type": "MULTISELECT", "values": ["x", "y"]}]);
    let cause = "Invalid value for input `m`. Cause: value `q` doesn't match the values `[x, y]`";
    assert_eq!(message(many, json!({"m": "[\"q\"]"}), Dialect::V2_0), cause);
    let text = json!([{"id": "t", "type": "STRING", "validator": "^[a-z ]+$"}]);
    let cause = "Invalid value for input `t`. Cause: it must match the pattern `^[a-z ]+$`";
    assert_eq!(message(text, json!({"t": "A"}), Dialect::V2_0), cause);
    let email = json!([{"id": "e", "type": "EMAIL"}]);
    assert!(message(email, json!({"e": "ada"}), Dialect::V2_0).ends_with("must be a valid email"));
}

#[test]
fn secrets_are_hidden_and_still_there_for_expressions() {
    let list = || json!([{"id": "password", "type": "SECRET"}]);
    let inputs = resolved(list(), json!({"password": "hush"}), Dialect::V2_0).stored();
    assert_eq!(inputs["password"]["type"], json!("io.kestra.datatype:aes_encrypted"));
    assert!(!inputs["password"]["value"].to_string().contains("hush"));
    assert_eq!(unveil(&inputs["password"]), json!("hush"));
    assert!(
        message(list(), json!({"password": "hush"}), Dialect::V1_3).contains("encryption is not configured")
    );
}

#[test]
fn an_input_may_depend_on_another() {
    let list = json!([
        {"id": "mode", "type": "STRING"},
        {"id": "extra", "type": "STRING", "dependsOn": {"inputs": ["mode"], "condition": "{{ inputs.mode == 'full' }}"}},
    ]);
    let inputs = resolved(list.clone(), json!({"mode": "short"}), Dialect::V2_0);
    assert_eq!((inputs.first_error(), inputs.inputs[1].enabled), (None, false));
    assert_eq!(message(list, json!({"mode": "full"}), Dialect::V2_0), "Missing required input:extra");
}

#[test]
fn a_form_is_its_inputs_whether_or_not_it_is_required() {
    let list = json!([{"id": "order", "type": "FORM", "required": false, "dependsOn": {"condition": "{{ false }}"}, "inputs": [
        {"id": "count", "type": "INT"},
        {"id": "size", "type": "SELECT", "values": ["small", "large"], "defaults": "small"},
    ]}]);
    let missing = "Missing required input:order.count";
    assert_eq!(message(list.clone(), json!({}), Dialect::V1_3), missing);
    assert_eq!(message(list.clone(), json!({"count": 1}), Dialect::V2_0), missing);
    let other = message(list.clone(), json!({"order.count": 1, "order.size": "x"}), Dialect::V2_0);
    assert_eq!(
        other,
        "Invalid value for input `order.size`. Cause: it must match the values `[small, large]`"
    );
    let inputs = resolved(list, json!({"order.count": 1}), Dialect::V1_3);
    assert_eq!(Value::Object(inputs.stored()), json!({"order": {"count": 1, "size": "small"}}));
}

#[test]
fn a_value_with_a_label_is_given_without_it() {
    let list = json!([
        {"id": "one", "type": "SELECT", "values": [{"label": "First", "value": "a"}, "b"]},
        {"id": "some", "type": "MULTISELECT", "required": false, "values": [{"label": "X", "value": 1}]},
    ]);
    let given =
        |one: &str, some: &str| message(list.clone(), json!({"one": one, "some": some}), Dialect::V2_0);
    assert_eq!(given("a", "[\"1\"]"), "");
    assert_eq!(
        given("First", "[]"),
        "Invalid value for input `one`. Cause: it must match the values `[a, b]`"
    );
    assert_eq!(
        given("b", "[\"X\"]"),
        "Invalid value for input `some`. Cause: value `X` doesn't match the values `[1]`"
    );
}
