//! Whatever is written is read back the same: by our reader, which has the rules of servers, and by an independent one.
#![cfg(feature = "edit")]

use kestra_flow::{Edit, Map, Node, read};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// What makes text hard to write.
const PIECES: [&str; 56] = [
    "",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\r\n",
    "a",
    "b c",
    "#",
    " #",
    ": ",
    ":",
    "-",
    "- ",
    "---",
    "...",
    "?",
    "{{",
    "}}",
    "[",
    "]",
    ",",
    "'",
    "\"",
    "\\",
    "|",
    ">",
    "&",
    "*",
    "!",
    "%",
    "@",
    "`",
    "=",
    "~",
    "<<",
    "null",
    "true",
    "Yes",
    "no",
    "0",
    "012",
    "0x1F",
    "1_000",
    "1e3",
    ".5",
    "+",
    "1:30",
    "2026-01-02",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "é",
    "🚀",
    "\u{7}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec(select(&PIECES[..]), 0..8).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        1 => Just(Node::Null),
        1 => any::<bool>().prop_map(Node::from),
        1 => any::<i64>().prop_map(Node::from),
        1 => any::<u64>().prop_map(Node::from),
        1 => any::<f64>().prop_filter("servers read no other numbers", |number| number.is_finite()).prop_map(Node::from),
        6 => text().prop_map(Node::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Node::from),
            vec((text(), inner), 0..5).prop_map(|fields| Node::from(fields.into_iter().collect::<Map>())),
        ]
    })
}

/// The paths of all values but the root.
fn collect(node: &Node, path: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Node)> = match node {
        Node::Map(map) => map.iter().map(|(key, node)| (key.to_owned(), node)).collect(),
        Node::List(items) => {
            items.iter().enumerate().map(|(index, node)| (index.to_string(), node)).collect()
        }
        _ => Vec::new(),
    };
    for (name, child) in children {
        path.push(name);
        all.push(path.clone());
        collect(child, path, all);
        path.pop();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(node in node()) {
        let yaml = node.to_yaml();
        let again = read(&yaml);
        prop_assert_eq!(again.as_ref(), Ok(&node), "{}", yaml);
        prop_assert!(yaml.ends_with('\n'));
    }

    #[test]
    fn what_is_written_can_be_edited(fields in vec((text(), node()), 1..5), value in node(), choice in any::<u64>()) {
        let root = Node::from(fields.into_iter().collect::<Map>());
        let mut paths = Vec::new();
        collect(&root, &mut Vec::new(), &mut paths);
        let path: Vec<&str> = paths[usize::try_from(choice % 1000).unwrap_or_default() % paths.len()].iter().map(String::as_str).collect();
        let yaml = root.to_yaml();
        let new_field: Vec<&str> = path.iter().copied().chain(["new"]).collect();
        // That the text says what is meant is checked by each edit itself.
        for (name, result) in [
            ("set", Edit::new(&yaml).set(&path, value.clone()).map(|edit| edit.to_string())),
            ("remove", Edit::new(&yaml).remove(&path).map(|edit| edit.to_string())),
            ("append", Edit::new(&yaml).append(&path, value.clone()).map(|edit| edit.to_string())),
            ("add", Edit::new(&yaml).set(&new_field, value.clone()).map(|edit| edit.to_string())),
        ] {
            let problem = result.err().map(|error| error.to_string()).unwrap_or_default();
            // What has another type can't be added to.
            let is_expected = problem.is_empty() || problem.contains(": it is ") || problem.contains("no item of the list");
            prop_assert!(is_expected, "{} of {:?} to {:?}: {}\n{}", name, path, value, problem, yaml);
        }
    }

    #[test]
    fn another_reader_agrees(node in node()) {
        let yaml = node.to_yaml();
        let other = serde_yaml_ng::from_str::<Value>(&yaml);
        prop_assert!(other.is_ok(), "{other:?}\n{yaml}");
        prop_assert_eq!(other.ok(), Some(Value::from(node)), "{}", yaml);
    }
}

#[test]
fn keys_that_are_too_long_for_one_line_are_read_back() {
    for length in [999, 1000, 1001, 1023, 1024, 1025, 3000] {
        let map =
            Map::new().with("a", Map::new().with("k".repeat(length), ["v"]).with("é".repeat(length), "v\nw"));
        let node = Node::from(map);
        assert_eq!(read(&node.to_yaml()), Ok(node.clone()), "{length}");
        assert_eq!(serde_yaml_ng::from_str::<Value>(&node.to_yaml()).unwrap(), Value::from(node));
    }
}
