//! How values are written.

use kestra_flow::{Map, Node};
use serde_json::json;

fn written(value: impl Into<Node>) -> String {
    let yaml = Map::new().with("x", value).to_owned();
    Node::from(yaml).to_yaml()
}

#[test]
fn what_a_reader_may_take_for_something_else_is_quoted() {
    for text in [
        "",
        "true",
        "Yes",
        "oN",
        "off",
        "NO",
        "y",
        "n",
        "null",
        "~",
        "012",
        "0x1F",
        "0b11",
        "1_000",
        "+1",
        "1e3",
        "08",
        "0o17",
        "1:30",
        "2026-01-02",
        "2026-01-02 03:04:05",
        "1.5",
        ".5",
        "-1",
        "-",
        "--- x",
        "...",
        "... a?",
        ".inf",
        ".NaN",
        "=",
        "<<",
        "a: b",
        "a:",
        "a #b",
        "#a",
        " a",
        "a ",
        "{{ x }}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "- a",
        "? a",
        ": a",
        ",a",
        "'a",
        "1.3.25",
    ] {
        let yaml = written(text);
        let is_quoted = yaml.starts_with("x: \"") || yaml.starts_with("x: '");
        assert!(is_quoted, "{yaml}");
    }
}

#[test]
fn other_text_is_plain() {
    for text in [
        "Hello {{ inputs.name }}",
        "a:b",
        "a#b",
        "https://example.com/a?b=c",
        "0 3 * * *",
        "it's",
        "say \"hi\"",
        "C:\\x",
        "Grüße",
        "PT1M30S",
        "io.kestra.plugin.core.log.Log",
        "/path",
        "a - b",
        "yes please",
        "🚀",
        "x = y",
        "a, b",
    ] {
        assert_eq!(written(text), format!("x: {text}\n"));
    }
}

#[test]
fn quotes_are_those_that_need_no_escapes() {
    assert_eq!(written("{{ x }}"), "x: \"{{ x }}\"\n");
    assert_eq!(written("{{ \"x\" }}"), "x: '{{ \"x\" }}'\n");
    assert_eq!(written("{{ 'x' ~ \"y\" }}"), "x: \"{{ 'x' ~ \\\"y\\\" }}\"\n");
    assert_eq!(written("\\d: \\w"), "x: '\\d: \\w'\n");
    assert_eq!(written("a\tb"), "x: \"a\\tb\"\n");
    assert_eq!(written("a\u{85}\u{feff}\u{7}"), "x: \"a\\u0085\\uFEFF\\u0007\"\n");
}

#[test]
fn text_of_several_lines_is_a_block() {
    assert_eq!(written("a\nb"), "x: |-\n  a\n  b\n");
    assert_eq!(written("a\nb\n"), "x: |\n  a\n  b\n");
    assert_eq!(written("a\n\nb\n\n"), "x: |+\n  a\n\n  b\n\n");
    assert_eq!(written("  a\nb\n"), "x: |2\n    a\n  b\n");
    assert_eq!(written("\na\n"), "x: |2\n\n  a\n");
    assert_eq!(written("a\r\nb"), "x: \"a\\r\\nb\"\n");
    assert_eq!(written("a\n "), "x: \"a\\n \"\n");
    assert_eq!(written("\n\n"), "x: \"\\n\\n\"\n");
    assert_eq!(written(["a\nb"]), "x:\n  - |-\n    a\n    b\n");
}

#[test]
fn no_line_is_folded() {
    let long = "{{ outputs.a }} and ".repeat(100);
    let long = long.trim();
    assert_eq!(written(long).lines().count(), 1);
    let text = format!("{long}\n{long}");
    assert_eq!(written(text.as_str()).lines().count(), 3);
}

#[test]
fn numbers_keep_their_type() {
    for (node, expected) in [
        (Node::from(7_u8), "7"),
        (Node::from(u64::MAX), "18446744073709551615"),
        (Node::from(1.0), "1.0"),
        (Node::from(0.1_f32), "0.1"),
        (Node::from(1e21), "1.0e+21"),
        (Node::from(1.5e-9), "1.5e-9"),
        (Node::from(-0.25), "-0.25"),
        (Node::from(f64::NAN), "null"),
        (Node::from(true), "true"),
    ] {
        assert_eq!(node.to_yaml(), format!("{expected}\n"));
    }
}

#[test]
fn collections_are_in_block_style() {
    let node = Node::from(json!({"a": [[1, [2]], {"b": [], "c": {}}, null], "d": {"e": {"f": "g"}}}));
    assert_eq!(
        node.to_yaml(),
        "a:\n  - - 1\n    - - 2\n  - b: []\n    c: {}\n  - null\nd:\n  e:\n    f: g\n"
    );
    assert_eq!(Node::from(json!([{"a": 1}, "b"])).to_yaml(), "- a: 1\n- b\n");
    assert_eq!(Node::from(json!([])).to_yaml(), "[]\n");
}

#[test]
fn keys_are_quoted_as_values_are() {
    let map = Map::from([("on", 1), ("a b", 2), ("a: b", 3), ("a\nb", 4), ("", 5)]);
    assert_eq!(Node::from(map).to_yaml(), "\"on\": 1\na b: 2\n\"a: b\": 3\n\"a\\nb\": 4\n\"\": 5\n");
    let key = "k".repeat(1001);
    assert_eq!(Node::from(Map::new().with(key.clone(), ["v"])).to_yaml(), format!("? {key}\n:\n  - v\n"));
}
