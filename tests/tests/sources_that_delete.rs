//! What the guard against `deleted: true` makes of sources: nothing that a server reads so gets by, and no usual flow is
//! refused.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};

use kestra_core::internal::refuse_deleted;
use kestra_tests::fuzz::deletes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use serde_json::Value;

fn config() -> ProptestConfig {
    let known = FileFailurePersistence::Direct("proptest-regressions/sources_that_delete.txt");
    let default = ProptestConfig::default();
    // More can be asked for by `PROPTEST_CASES`.
    ProptestConfig { cases: default.cases.max(2_000), failure_persistence: Some(Box::new(known)), ..default }
}

fn check(source: &str) -> Result<(), TestCaseError> {
    let is_refused = refuse_deleted(source).is_err();
    prop_assert!(is_refused || !deletes(source), "{source:?} deletes");
    Ok(())
}

const PIECES: &[&str] = &[
    "deleted",
    "deleted: true",
    "deleted: false",
    "\"deleted\"",
    "'deleted'",
    "\"\\x64eleted\"",
    "\"del\\\neted\"",
    "id: a",
    "id",
    "x",
    "true",
    "yes",
    "false",
    "null",
    "~",
    ":",
    ": ",
    " ",
    "  ",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\r",
    "\r\n",
    "\t",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "? ",
    "?\n",
    "- ",
    "-\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    ", ",
    "#",
    " # c\n",
    "&a ",
    "&a\n",
    "*a",
    "*a ",
    "!!str ",
    "!!map\n",
    "!x ",
    "---\n",
    "--- ",
    "...\n",
    "%YAML 1.1\n",
    "|\n",
    ">-\n",
    "\"",
    "'",
    "\\",
    "<<",
    "<<: *a\n",
    "\"a\": ",
];

fn breaks() -> impl Strategy<Value = &'static str> {
    select(&["\n", "\n", "\r\n", "\r", "\u{85}", "\u{2028}"][..])
}

fn key() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "id",
            "deleted",
            "deleted ",
            "deleted\t",
            "\"deleted\"",
            "'deleted'",
            "\"\\x64eleted\"",
            "\"\\u0064eleted\"",
            "!!str deleted",
            "&a deleted",
            "&a !!str \"deleted\"",
            "? deleted\n",
            "? \"deleted\"\n",
            "*a ",
            "<<",
            "tasks",
            "\"a b\"",
            "deleted_at",
        ][..],
    )
}

fn value() -> impl Strategy<Value = &'static str> {
    select(
        &[
            " true",
            " false",
            " yes",
            " 1",
            " \"true\"",
            " null",
            "",
            " ~ # c",
            " !!bool true",
            " &b true",
            " *b",
            "\n  true",
            "\n\n    true",
            " |\n  true",
            " >-\n  deleted: true",
            " {deleted: true}",
            "\n- deleted: true",
            "\n  deleted: true",
            " false\n  or true",
            " false # c",
            "\t# c\n  true",
            " \"a\n  deleted: true\"",
            " 'a",
        ][..],
    )
}

/// Lines of a block mapping, mostly.
fn block() -> impl Strategy<Value = String> {
    let line = (select(&["", "", "", " ", "  ", "\t"][..]), key(), value(), breaks());
    let start = select(
        &["", "---\n", "--- ", "--- !!map\n", "\u{feff}", "%YAML 1.1\n---\n", "# c\n", "&x\n", "  "][..],
    );
    (start, vec(line, 1..6)).prop_map(|(start, lines)| {
        let line = |(indent, key, value, end)| format!("{indent}{key}:{value}{end}");
        start.to_owned() + &lines.into_iter().map(line).collect::<String>()
    })
}

/// Entries of a flow mapping, mostly.
fn flow() -> impl Strategy<Value = String> {
    let entry = (key(), value(), select(&["", " ", "\n", " # c\n"][..]));
    (select(&["{", "--- {", "!!map {", "&x\n{", "\u{feff}{ "][..]), vec(entry, 1..5)).prop_map(
        |(start, entries)| {
            let entry = |(key, value, space)| format!("{key}{space}:{value}{space}");
            format!("{start}{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(","))
        },
    )
}

/// A list of flows in block style, in lists of lists too.
fn list() -> impl Strategy<Value = String> {
    let start = select(&["", "---\n", "&x\n", "\u{feff}", "  "][..]);
    let item = (
        select(&["- ", "-   ", "-\t", "- - ", "- &a ", "- !!map ", "-\n  "][..]),
        prop_oneof![block(), flow()],
    );
    (start, select(&["", " ", "   "][..]), vec(item, 1..4)).prop_map(|(start, indent, items)| {
        let item = |(dash, flow): (&str, String)| {
            let rest = format!("\n{indent}{}", " ".repeat(dash.trim_start_matches("-\n").chars().count()));
            format!("{indent}{dash}{}\n", flow.trim_end().replace('\n', &rest))
        };
        start.to_owned() + &items.into_iter().map(item).collect::<String>()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_that_deletes_gets_by(pieces in vec(select(PIECES), 1..24)) {
        check(&pieces.concat())?;
    }

    #[test]
    fn no_block_mapping_that_deletes_gets_by(source in block()) {
        check(&source)?;
    }

    #[test]
    fn no_flow_mapping_that_deletes_gets_by(source in flow()) {
        check(&source)?;
    }

    #[test]
    fn no_list_that_deletes_gets_by(source in list()) {
        check(&source)?;
    }

    #[test]
    fn no_list_in_flow_style_that_deletes_gets_by(sources in vec(flow(), 1..4)) {
        check(&format!("[{}]", sources.join(", ")))?;
    }

    #[test]
    fn no_document_of_several_gets_by(sources in vec(prop_oneof![block(), flow(), list()], 1..4)) {
        check(&sources.join("\n---\n"))?;
    }

    #[test]
    fn the_key_is_found_at_the_top_and_nowhere_else(
        lines in vec("[ -~]{0,20}", 0..4),
        indent in 1_usize..5,
        at_top in any::<bool>(),
    ) {
        let text: String = lines.iter().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect();
        let nested = format!("{}deleted: true\n", " ".repeat(indent));
        let top = if at_top { "deleted: true\n" } else { "" };
        let source = format!("id: a\ndescription: |{indent}\n{text}{nested}{top}namespace: b\n");
        prop_assert_eq!(deletes(&source), at_top);
        prop_assert_eq!(refuse_deleted(&source).is_err(), at_top);
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, found);
        } else {
            found.push(entry);
        }
    }
}

/// The texts under one of the keys, at any depth.
fn texts(value: &Value, keys: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, keys, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                found.extend(value.as_str().filter(|_| keys.contains(&key.as_str())).map(ToOwned::to_owned));
                texts(value, keys, found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_source_of_the_recordings_is_refused() {
    let (mut paths, mut found) = (Vec::new(), Vec::new());
    files(&root().join("tests/fixtures/exchanges"), &mut paths);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let exchange: Value = serde_json::from_str(&text).unwrap_or_default();
        texts(&exchange["request"]["body"], &["value", "text"], &mut found);
        let body = exchange.pointer("/response/body/value").and_then(Value::as_str);
        let body = body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        texts(&body, &["source"], &mut found);
    }
    found.retain(|text| text.contains("id:") || text.contains("\"id\""));
    assert!(found.len() > 300, "{}", found.len());
    for source in &found {
        assert!(refuse_deleted(source).is_ok(), "{source}");
        assert!(!deletes(source), "{source}");
    }
}

#[test]
fn no_source_of_examples_and_tests_is_refused() {
    let mut paths = Vec::new();
    for folder in ["examples", "tests/interop", "docs", "crates/kestra/src", "crates/kestra-testkit"] {
        files(&root().join(folder), &mut paths);
    }
    let texts = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    // Whole files of YAML, and texts of several lines in code.
    let sources: Vec<String> = texts
        .flat_map(|text| text.split('"').map(|piece| piece.replace("\\n", "\n")).collect::<Vec<_>>())
        .filter(|text| text.contains("namespace:") && text.contains("tasks:"))
        .collect();
    assert!(sources.len() > 20, "{}", sources.len());
    for source in &sources {
        assert!(refuse_deleted(source.trim_start_matches("\\\n")).is_ok(), "{source}");
    }
}
