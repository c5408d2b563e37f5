use serde_json::json;

use super::{ExpressionError, Scope, render};

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.set("inputs", json!({"name": "Ada", "count": 3, "none": null, "list": ["a", "b"], "my-key": 1}));
    scope.set("outputs", json!({"greet": {"value": "Hello"}}));
    scope.set("flow", json!({"id": "hello", "namespace": "a.b"}));
    scope
}

#[track_caller]
fn gives(template: &str, expected: &str) {
    assert_eq!(render(template, &scope()).as_deref(), Ok(expected), "{template}");
}

#[test]
fn variables_are_replaced() {
    gives("Hello {{ inputs.name }} in {{flow.id}}!", "Hello Ada in hello!");
    gives("{{ outputs.greet.value }}", "Hello");
    gives("{{ inputs['my-key'] }}{{ inputs[\"name\"] }}", "1Ada");
    gives("{{ inputs.list[1] }}", "b");
    gives("no expression }} here", "no expression }} here");
    gives("{# a comment #}x", "x");
}

#[test]
fn operators_bind_as_in_the_server() {
    gives("{{ 1 + 2 * 3 }}", "7");
    gives("{{ inputs.count < 100 }}", "true");
    gives("{{ inputs.count >= 4 or inputs.name == 'Ada' }}", "true");
    gives("{{ not inputs.none }}", "true");
    gives("{{ inputs.name ~ '-' ~ inputs.count }}", "Ada-3");
    gives("{{ inputs.count > 2 ? 'many' : 'few' }}", "many");
    gives("{{ 'a' in inputs.list }}", "true");
    gives("{{ inputs.name contains 'd' }}", "true");
    gives("{{ 7 / 2 }} {{ 7.0 / 2 }}", "3 3.5");
    gives("{{ -2 + 5 }}", "3");
}

#[test]
fn what_is_missing_can_be_replaced() {
    gives("{{ inputs.nope ?? 'nobody' }}", "nobody");
    gives("{{ nope.at.all ?? inputs.none ?? 'x' }}", "x");
    gives("{{ inputs.nope | default('d') }}", "d");
    gives("{{ inputs.nope is defined }}", "false");
    gives("{{ inputs.none is null }}", "true");
    gives("{{ inputs.none }}", "");
}

#[test]
fn filters_and_functions_work() {
    gives("{{ inputs.name | upper }}", "ADA");
    gives("{{ inputs.list | join(', ') }}", "a, b");
    gives("{{ inputs.list | length }}", "2");
    gives("{{ inputs.list | first ~ inputs.list | last }}", "ab");
    gives("{{ inputs.list }}", r#"["a","b"]"#);
    gives("{{ inputs.list | toJson }}", r#"["a","b"]"#);
    gives("{{ 'a-b' | replace({'-': '+'}) }}", "a+b");
    gives("{{ fromJson('{\"a\": [1]}').a[0] }}", "1");
    gives("{{ '2026-01-02T03:04:05Z' | date('yyyy/MM/dd HH:mm') }}", "2026/01/02 03:04");
    assert!(render("{{ now() }}", &scope()).is_ok_and(|text| text.ends_with('Z')));
}

#[test]
fn a_miss_is_an_error_that_names_it() {
    let error = render("{{ outputs.nope.value }}", &scope()).map_err(|error| error.to_string());
    let message = "Unable to find `nope` used in the expression `{{ outputs.nope.value }}` at line 1";
    assert_eq!(error, Err(message.to_owned()));
    let error = render("a\n{{ nope }}", &scope());
    assert!(matches!(error, Err(ExpressionError::Missing { line: 2, .. })));
}

#[test]
fn what_is_no_expression_is_an_error() {
    for bad in ["{{ inputs. ", "{{ inputs. }}", "{{ 'open }}", "{{ (1 }}", "{{ 1 2 }}", "{{ }}", "{{ a | }}"]
    {
        assert!(matches!(render(bad, &scope()), Err(ExpressionError::Malformed { .. })), "{bad}");
    }
    for bad in ["{{ nope() }}", "{{ 1 | nope }}", "{{ 1 / 0 }}", "{{ 'a' * 2 }}"] {
        assert!(matches!(render(bad, &scope()), Err(ExpressionError::Failed { .. })), "{bad}");
    }
}

#[test]
fn the_longest_expression_fits_on_the_stack_of_a_worker() {
    let template = format!("{{{{ {}1 }}}}", "1 + ".repeat(200));
    let small = std::thread::Builder::new().stack_size(3 << 19);
    let rendered = small.spawn(move || render(&template, &Scope::default())).unwrap().join().unwrap();
    assert_eq!(rendered, Ok("201".to_owned()));
}
