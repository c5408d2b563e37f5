//! What is known of Kestra's API is in `api/`, and reaches the code by the generator: hand-written code names no operation and,
//! but for the places below, no version of the server.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 5] = ["kestra-core", "kestra-models", "kestra-operations", "kestra-tower", "kestra"];

/// Operations that a file names, with the reason why no builder can stand there.
const NAMES: &[(&str, &str, &str)] = &[(
    "kestra-core/src/transient/retry.rs",
    "get_configuration",
    "the request that tells whether a server is healthy is below all builders",
)];

/// Files whose code depends on a version, with the reason why that is no data.
const VERSIONS: &[(&str, &str)] = &[
    ("kestra-core/src/guard/mod.rs", "how a body is amended before 2.0 is code, and its guard is data"),
    ("kestra/src/files/sync/names.rs", "how a revision's name is formed from 1.2 on is code"),
];

/// The hand-written sources of the library, without their tests and comments.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut files = Vec::new();
    for name in CRATES {
        collect(&root.join(name).join("src"), &mut files);
    }
    let text = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    files.iter().map(|path| (name(path), text(path))).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["generated", "tests"].contains(&name.as_str()) {
                collect(&path, files);
            }
        } else if name.ends_with(".rs")
            && !["interleavings.rs", "tests.rs", "test_support.rs"].contains(&name.as_str())
        {
            files.push(path);
        }
    }
}

#[test]
fn no_operation_is_named_as_text_or_by_its_facts() {
    let sources = sources();
    assert!(sources.len() > 100, "the sources are found: {}", sources.len());
    let names: Vec<String> = kestra::operations::operations()
        .map(|operation| format!("{:?}", operation.name))
        .filter(|name| name.contains('_'))
        .collect();
    let mut found = Vec::new();
    for (file, code) in &sources {
        let is_listed = |name: &&String| {
            NAMES.iter().any(|(known, listed, _)| known == file && name.trim_matches('"') == *listed)
        };
        let named = names.iter().filter(|name| code.contains(*name) && !is_listed(name));
        found.extend(named.map(|name| format!("{file}: {name}")));
        if code.contains("::INFO") {
            found.push(format!("{file}: INFO"));
        }
    }
    assert!(found.is_empty(), "give `OperationInfo` a field for the fact, and say it in `api/`: {found:#?}");
}

#[test]
fn versions_are_named_where_a_reason_says_so() {
    let found: BTreeSet<String> = sources()
        .into_iter()
        .filter(|(_, code)| code.contains("Version::new("))
        .map(|(file, _)| file)
        .collect();
    let listed: BTreeSet<String> = VERSIONS.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(found, listed);
}
