//! Sources are read as servers read them.
#![cfg(feature = "edit")]

use kestra_flow::{Flow, ParseError, Task};
use serde_json::{Value, json};

fn read(source: &str) -> Result<Value, ParseError> {
    kestra_flow::read(source).map(Value::from)
}

fn read_all(source: &str) -> Result<Vec<Value>, ParseError> {
    Ok(kestra_flow::read_all(source)?.into_iter().map(Value::from).collect())
}

fn value(source: &str) -> Value {
    read(source).unwrap_or_else(|error| Value::from(error.to_string()))
}
#[test]
fn plain_scalars_are_read_by_the_rules_of_servers() {
    for (text, expected) in [
        ("yes", json!(true)),
        ("On", json!(true)),
        ("NO", json!(false)),
        ("off", json!(false)),
        ("'off'", json!("off")),
        ("y", json!("y")),
        ("N", json!("N")),
        ("yEs", json!("yEs")),
        ("~", json!(null)),
        ("Null", json!(null)),
        ("nULL", json!("nULL")),
        ("''", json!("")),
        ("012", json!(10)),
        ("-012", json!(-10)),
        ("0x1F", json!(31)),
        ("0X1F", json!("0X1F")),
        ("0b11", json!(3)),
        ("1_000", json!(1000)),
        ("+1", json!(1)),
        ("0", json!(0)),
        ("08", json!("08")),
        ("0o17", json!("0o17")),
        ("1:30", json!("1:30")),
        ("2026-01-02", json!("2026-01-02")),
        ("1e3", json!(1000.0)),
        ("1.", json!(1.0)),
        (".5", json!(0.5)),
        ("-.5", json!("-.5")),
        ("08.5", json!(8.5)),
        ("1_0.5", json!(10.5)),
        ("1.2.3", json!("1.2.3")),
        ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
        ("123456789012345678901", json!("123456789012345678901")),
        ("!!str 12", json!("12")),
        ("!!int \"12\"", json!(12)),
        ("!!bool 'yes'", json!(true)),
        ("!!float 1", json!(1.0)),
        ("!other 12", json!("12")),
        ("! 12", json!("12")),
        ("|\n  12", json!("12")),
    ] {
        assert_eq!(value(&format!("x: {text}"))["x"], expected, "{text}");
    }
    for text in [".inf", "-.INF", ".nan", "1:30.5", "1e999"] {
        assert!(read(&format!("x: {text}")).is_err(), "{text}");
    }
}

#[test]
fn keys_are_text_and_the_last_of_equal_ones_wins() {
    assert_eq!(value("a: 1\nb: 2\na: 3"), json!({"a": 3, "b": 2}));
    assert_eq!(value("yes: 1\n012: 2\n~: 3"), json!({"yes": 1, "012": 2, "~": 3}));
    assert_eq!(value("\"\\x64eleted\": true"), json!({"deleted": true}));
    assert_eq!(value("? a\n: 1"), json!({"a": 1}));
    for source in ["[a]: 1", "? {a: 1}\n: 2", "x: &a b\n*a : 1"] {
        let refused = read(source).map_err(|error| error.cause().contains("Expected a field name"));
        assert_eq!(refused, Err(true), "{source}");
    }
}

#[test]
fn aliases_are_names() {
    assert_eq!(value("a: &x 1\nb: *x\nc: *nowhere"), json!({"a": 1, "b": "x", "c": "nowhere"}));
    assert_eq!(value("a: &x {b: 1}\n<<: *x"), json!({"a": {"b": 1}, "<<": "x"}));
}

#[test]
fn only_the_first_document_counts() {
    assert_eq!(value("a: 1\n---\nb: ["), json!({"a": 1}));
    assert_eq!(value("---\na: 1\n...\n"), json!({"a": 1}));
    assert_eq!(value("# nothing\n"), json!(null));
    assert_eq!(read_all("a: 1\n---\nb: 2").ok(), Some(vec![json!({"a": 1}), json!({"b": 2})]));
    assert!(read_all("a: 1\n---\nb: [").is_err());
}

#[test]
fn lines_may_end_as_in_yaml_1_1() {
    assert_eq!(value("a: 1\u{85}b: 2\rc: 3\r\nd: 4"), json!({"a": 1, "b": 2, "c": 3, "d": 4}));
    assert_eq!(value("\u{feff}a: 1"), json!({"a": 1}));
    assert!(read("a: \"\u{7}\"").is_err());
}

#[test]
fn an_error_says_where() {
    let error = read("a: 1\nid: [").unwrap_err();
    assert_eq!((error.line(), error.line_text()), (2, "id: ["));
    let error = read("a: \"\u{7}\"").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the source can't be read: line 1, column 5: special characters are not allowed"
    );
}

#[test]
fn a_flow_keeps_its_order_and_what_it_does_not_know() {
    let source = "namespace: team\nid: f\ncolour: blue\ntasks:\n  - type: a.B\n    id: t\n    deep: { z: 1, a: [on] }\n";
    let mut flow: Flow = source.parse().unwrap();
    assert_eq!((flow.namespace(), flow.id()), ("team", "f"));
    assert_eq!(flow.as_map().keys().collect::<Vec<_>>(), ["namespace", "id", "colour", "tasks"]);
    flow.task_mut("t").unwrap().set("deep", "no");
    let flow = flow.task(Task::log("log", "over"));
    let expected = "namespace: team\nid: f\ncolour: blue\ntasks:\n  - type: a.B\n    id: t\n    deep: \"no\"\n  \
                    - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: over\n";
    assert_eq!(flow.to_yaml(), expected);
    assert!("- a".parse::<Flow>().unwrap_err().to_string().contains("a flow is a map"));
}

#[test]
fn nesting_has_a_limit() {
    for (depth, is_read) in [(250, true), (251, false)] {
        let block = "- ".repeat(depth) + "x";
        let mixed = "- ".repeat(depth / 2) + &"[".repeat(depth - depth / 2) + &"]".repeat(depth - depth / 2);
        for source in [block, mixed] {
            let node = kestra_flow::read(&source);
            assert_eq!(node.is_ok(), is_read, "{depth}");
            assert!(node.is_err() || kestra_flow::read(&node.clone().unwrap().to_yaml()) == node);
        }
    }
}
