//! Edits change what they are told in the text, and nothing else.
#![cfg(feature = "edit")]
#![allow(clippy::panic, reason = "helpers of tests")]

use kestra_flow::{Edit, Map, Node, Task, read};
use serde_json::json;

const SOURCE: &str = r#"# The first one.
id: "hello" # quoted
namespace: company.team

labels: {team: data, "a b": c}   # in one line
variables:
    wide:   "aligned"   # far
tasks:

  # says it
  - id: answer
    type: io.kestra.plugin.core.debug.Return   # a type
    format: |- # kept
      one

      two
    # before the list
    list:
    - 1
    - - 2
      - 3

  - id: steps
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - id: inner # nested
        # about the type
        type: io.kestra.plugin.core.log.Log
        message: this is
          plain
    empty:   # nothing
  # the end of the tasks
disabled: false
"#;

fn set(path: &[&str], value: impl Into<Node>) -> String {
    let mut edit = Edit::new(SOURCE);
    edit.set(path, value).unwrap_or_else(|error| panic!("{error}"));
    edit.to_string()
}

/// The lines that an edit took away and those that it added.
fn changed(after: &str) -> (Vec<&str>, Vec<&str>) {
    let mut old: Vec<&str> = SOURCE.lines().collect();
    let mut new: Vec<&str> = after.lines().collect();
    while !old.is_empty() && old.first() == new.first() {
        old.remove(0);
        new.remove(0);
    }
    while !old.is_empty() && old.last() == new.last() {
        old.pop();
        new.pop();
    }
    (old, new)
}

#[test]
fn a_value_is_replaced_beside_its_key() {
    for (path, value, old, new) in [
        (&["id"][..], Node::from("other"), "id: \"hello\" # quoted", "id: other # quoted"),
        (&["disabled"], true.into(), "disabled: false", "disabled: true"),
        (&["variables", "wide"], 7.into(), "    wide:   \"aligned\"   # far", "    wide:   7   # far"),
        (
            &["tasks", "answer", "type"],
            "a.B".into(),
            "    type: io.kestra.plugin.core.debug.Return   # a type",
            "    type: a.B   # a type",
        ),
        (&["tasks", "inner"], "x".into(), "", ""),
        (&["tasks", "0", "id"], "{{ x }}".into(), "  - id: answer", "  - id: \"{{ x }}\""),
        (&["tasks", "answer", "list", "0"], "x".into(), "    - 1", "    - x"),
        (&["tasks", "answer", "list", "1", "1"], 4.into(), "      - 3", "      - 4"),
        (
            &["labels", "team"],
            "a, b".into(),
            "labels: {team: data, \"a b\": c}   # in one line",
            "labels: {team: \"a, b\", \"a b\": c}   # in one line",
        ),
        (
            &["tasks", "steps", "empty"],
            "full".into(),
            "    empty:   # nothing",
            "    empty: full   # nothing",
        ),
    ] {
        if old.is_empty() {
            let error = Edit::new(SOURCE).set(path, value).unwrap_err().to_string();
            assert!(error.contains("no item of the list has the id or position `inner`"), "{error}");
            continue;
        }
        assert_eq!(changed(&set(path, value)), (vec![old], vec![new]), "{path:?}");
    }
}

#[test]
fn text_of_several_lines_comes_and_goes() {
    let after = set(&["tasks", "answer", "format"], "three\n");
    assert_eq!(
        changed(&after),
        (
            vec!["    format: |- # kept", "      one", "", "      two"],
            vec!["    format: | # kept", "      three"]
        )
    );
    let after = set(&["tasks", "answer", "format"], "Hi");
    assert_eq!(changed(&after).1, ["    format: Hi # kept"]);
    let after = set(&["tasks", "steps", "tasks", "inner", "message"], "a\nb");
    assert_eq!(
        changed(&after),
        (
            vec!["        message: this is", "          plain"],
            vec!["        message: |-", "          a", "          b"]
        )
    );
    let after = set(&["id"], "a\nb");
    assert_eq!(changed(&after).1, ["id: |- # quoted", "  a", "  b"]);
    let after = set(&["labels", "team"], "a\nb");
    assert_eq!(changed(&after).1, ["labels: {team: \"a\\nb\", \"a b\": c}   # in one line"]);
}

#[test]
fn collections_are_replaced_as_a_whole() {
    let after = set(&["tasks", "answer", "list"], ["x"]);
    assert_eq!(changed(&after), (vec!["    - 1", "    - - 2", "      - 3"], vec!["      - x"]));
    let after = set(&["tasks", "answer", "list"], "scalar");
    assert_eq!(changed(&after).1, ["    list: scalar"]);
    let after = set(&["labels"], json!({"a": {"b": [1]}}));
    assert_eq!(changed(&after).1, ["labels:   # in one line", "  a:", "    b:", "      - 1"]);
    let after = set(&["tasks", "steps", "tasks", "inner"], Task::log("new", "a\nb"));
    assert_eq!(
        changed(&after).1,
        [
            "      - id: new",
            "        type: io.kestra.plugin.core.log.Log",
            "        message: |-",
            "          a",
            "          b"
        ]
    );
    assert!(after.contains("    empty:   # nothing"));
    let after = set(&["tasks", "answer", "list", "1"], "x");
    assert_eq!(changed(&after), (vec!["    - - 2", "      - 3"], vec!["    - x"]));
}

#[test]
fn fields_and_items_are_added_at_the_end() {
    let after = set(&["description"], "a\nb");
    assert_eq!(changed(&after), (vec![], vec!["description: |-", "  a", "  b"]));
    let after = set(&["tasks", "answer", "timeout"], "PT1S");
    assert_eq!(changed(&after), (vec![], vec!["    timeout: PT1S"]));
    let after = set(&["tasks", "steps", "tasks", "inner", "retry", "type"], "constant");
    assert_eq!(changed(&after), (vec![], vec!["        retry:", "          type: constant"]));
    let after = set(&["labels", "x"], "z");
    assert_eq!(changed(&after).1, ["labels: {team: data, \"a b\": c, x: z}   # in one line"]);
    let after = set(&["variables", "more"], Map::new().with("a", 1));
    assert_eq!(changed(&after).1, ["    more:", "      a: 1"]);

    let append = |path: &[&str], value: Node| {
        let mut edit = Edit::new(SOURCE);
        edit.append(path, value).unwrap_or_else(|error| panic!("{error}"));
        edit.to_string()
    };
    let log: Node = Task::log("done", "over").into();
    let lines = ["- id: done", "  type: io.kestra.plugin.core.log.Log", "  message: over"];
    let after = append(&["tasks"], log.clone());
    assert_eq!(
        changed(&after),
        (vec![], lines.map(|line| format!("  {line}")).iter().map(String::as_str).collect())
    );
    let after = append(&["tasks", "steps", "tasks"], log.clone());
    assert_eq!(changed(&after).1, lines.map(|line| format!("      {line}")));
    let after = append(&["triggers"], log.clone());
    assert_eq!(changed(&after).1[0], "triggers:");
    assert_eq!(changed(&after).1[1], "  - id: done");
    let after = append(&["tasks", "answer", "list"], 5.into());
    assert_eq!(changed(&after).1, ["    - 5"]);
    let after = append(&["tasks", "answer", "list", "1"], 5.into());
    assert_eq!(changed(&after).1, ["      - 5"]);
    let after = append(&["tasks", "steps", "empty"], log);
    assert_eq!(changed(&after).1[0], "      - id: done");
}

#[test]
fn what_is_removed_leaves_the_rest() {
    let remove = |path: &[&str]| {
        let mut edit = Edit::new(SOURCE);
        edit.remove(path).unwrap_or_else(|error| panic!("{error}"));
        edit.to_string()
    };
    let after = remove(&["disabled"]);
    assert_eq!(changed(&after), (vec!["disabled: false"], vec![]));
    let after = remove(&["id"]);
    assert_eq!(changed(&after), (vec!["id: \"hello\" # quoted"], vec![]));
    let after = remove(&["tasks", "answer", "format"]);
    assert_eq!(changed(&after).0, ["    format: |- # kept", "      one", "", "      two"]);
    let after = remove(&["tasks", "answer", "id"]);
    assert_eq!(
        changed(&after),
        (
            vec!["  - id: answer", "    type: io.kestra.plugin.core.debug.Return   # a type"],
            vec!["  - type: io.kestra.plugin.core.debug.Return   # a type"]
        )
    );
    let after = remove(&["tasks", "steps", "tasks", "inner", "id"]);
    assert_eq!(changed(&after).1, ["      - # nested"]);
    let after = remove(&["tasks", "steps", "tasks", "inner"]);
    assert_eq!(changed(&after).1, ["    tasks: []"]);
    let after = remove(&["labels", "team"]);
    assert_eq!(changed(&after).1, ["labels: {\"a b\": c}   # in one line"]);
    let after = remove(&["labels", "a b"]);
    assert_eq!(changed(&after).1, ["labels: {team: data}   # in one line"]);
    let after = remove(&["variables", "wide"]);
    assert_eq!(changed(&after).1, ["variables: {}"]);
    let after = remove(&["tasks", "answer", "list", "1", "0"]);
    assert_eq!(changed(&after), (vec!["    - - 2", "      - 3"], vec!["    - - 3"]));
    let after = remove(&["tasks", "steps"]);
    assert!(
        after.contains("  # the end of the tasks\ndisabled: false\n") && !after.contains("inner"),
        "{after}"
    );
}

#[test]
fn other_line_ends_and_no_line_end_are_kept() {
    let mut edit = Edit::new("id: a\r\ntasks:\r\n  - id: t\r\n    x: |\r\n      one\r\n");
    edit.set(&["tasks", "t", "x"], "two\nthree\n").unwrap().set(&["more"], [1]).unwrap();
    assert_eq!(
        edit.as_str(),
        "id: a\r\ntasks:\r\n  - id: t\r\n    x: |\r\n      two\r\n      three\r\nmore:\r\n  - 1\r\n"
    );
    let mut edit = Edit::new("id: a\nb: c");
    edit.set(&["d"], "e").unwrap().remove(&["d"]).unwrap().remove(&["id"]).unwrap().set(&["f"], "g").unwrap();
    assert_eq!(String::from(edit), "b: c\nf: g");
    let mut edit = Edit::new("---\nid: a # x\n");
    edit.set(&["id"], "b").unwrap().append(&["tasks"], Map::new().with("id", "t")).unwrap();
    assert_eq!(edit.as_str(), "---\nid: b # x\ntasks:\n  - id: t\n");
    let mut edit = Edit::new("{id: a, tasks: []}");
    edit.append(&["tasks"], Map::new().with("id", "t")).unwrap().set(&["x"], json!({"y": [true]})).unwrap();
    assert_eq!(edit.as_str(), "{id: a, tasks: [{id: t}], x: {\"y\": [true]}}");
}

#[test]
fn what_cannot_be_done_is_an_error_and_changes_nothing() {
    for (source, path, reason) in [
        ("id: [", &["id"][..], "the source can't be read: line 1"),
        ("id: a\n---\nid: b\n", &["id"], "the source has 2 documents"),
        ("", &["id"], "the source has 0 documents"),
        ("id: a\n", &["id", "x"], "it is a scalar"),
        ("t: [{id: a}, {id: a}]\n", &["t", "a", "x"], "2 items of the list have the id `a`"),
        ("t:\n  - id: a\n", &["t", "b", "x"], "no item of the list has the id or position `b`"),
        ("a: 1\u{85}b: 2\n", &["b"], "U+0085"),
    ] {
        let mut edit = Edit::new(source);
        let error = edit.set(path, 1).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("edit of `{}`: ", path.join("."))) && error.contains(reason),
            "{error}"
        );
        assert_eq!(edit.as_str(), source);
    }
    // An alias is its name, and a tag makes a string of a number.
    let mut edit = Edit::new("a: &x 1\nb: *x\nc: !!str 12\n");
    edit.set(&["a"], 2).unwrap().set(&["b"], 3).unwrap().set(&["c"], 13).unwrap();
    assert_eq!(read(edit.as_str()).map(serde_json::Value::from), Ok(json!({"a": 2, "b": 3, "c": 13})));
    let mut edit = Edit::new("a: 1\na: 2\n");
    assert!(edit.remove(&["a"]).is_err());
    edit.set(&["a"], 3).unwrap();
    assert_eq!(edit.as_str(), "a: 1\na: 3\n");
    assert!(edit.remove(&["nothing"]).unwrap_err().to_string().contains("nothing is there"));
    assert!(edit.append(&["a"], 1).unwrap_err().to_string().contains("no list"));
}
