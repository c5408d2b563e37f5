//! The documents say what is there: links, commands, examples and paths of files.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|problem| panic!("{path}: {problem}"))
}

/// Names of the files of a folder that end so.
fn files(folder: &str, end: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|problem| panic!("{folder}: {problem}"));
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(end)).collect();
    names.sort();
    names
}

/// All documents that people read, from the root.
fn documents() -> Vec<String> {
    let mut all = files(".", ".md");
    for folder in ["crates/kestra/docs", "api", "examples", ".github"] {
        all.extend(files(folder, ".md").into_iter().map(|name| format!("{folder}/{name}")));
    }
    let crates = [
        "kestra-core",
        "kestra-derive",
        "kestra-flow",
        "kestra-flowgen",
        "kestra-task",
        "kestra-models",
        "kestra-operations",
        "kestra-testkit",
        "kestra-tower",
    ];
    all.extend(crates.map(|name| format!("crates/{name}/README.md")));
    all
}

/// The lines outside of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// Where the links, definitions of links and pictures of a document lead.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        for (before, end) in [("](", ')'), ("src=\"", '"')] {
            let places = line.match_indices(before).map(|(place, _)| &line[place + before.len()..]);
            found.extend(places.filter_map(|rest| rest.split(end).next()).map(str::to_owned));
        }
        found.extend(definition(line).map(|(_, target)| target.to_owned()));
    }
    found
}

/// The label and the target, if the line defines a link.
fn definition(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once("]: ").map(|(label, target)| (label, target.trim()))
}

/// The anchors of a document's headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let slug = |heading: &str| -> String {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(slug).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut checked = 0;
    for document in documents() {
        let text = read(&document);
        let folder = Path::new(&document).parent().unwrap().to_owned();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target =
                if path.is_empty() { document.clone() } else { folder.join(path).display().to_string() };
            assert!(root().join(&target).exists(), "{document} leads to {link}, which isn't there");
            assert!(
                !target.starts_with("docs/"),
                "{document}: {link} goes through `docs`, a link that websites don't follow"
            );
            assert!(
                anchor.is_empty() || anchors(&read(&target)).contains(anchor),
                "{document} leads to {link}, and there is no such heading"
            );
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn nothing_leads_into_the_repository_of_others_or_to_what_is_not_published() {
    let manifests = files("crates", "").into_iter().map(|name| format!("crates/{name}/Cargo.toml"));
    for document in documents().into_iter().chain(manifests).chain(["Cargo.toml".to_owned()]) {
        let text = read(&document);
        for target in ["github.com/kestra-io", "docs.rs/kestra", "crates.io/crates/kestra"] {
            assert!(!text.contains(target), "{document} names {target}");
        }
    }
}

#[test]
fn links_between_the_pages_lead_to_modules_in_rustdoc() {
    let guide = read("crates/kestra/src/guide.rs");
    let modules: BTreeSet<_> =
        guide.lines().filter_map(|line| definition(line.trim().trim_start_matches("/// "))).collect();
    for page in files("docs", ".md") {
        if !guide.contains(&format!("\"../docs/{page}\"")) {
            continue;
        }
        for (label, target) in prose(&read(&format!("docs/{page}"))).filter_map(definition) {
            assert_eq!(label, target, "{page}: the label of a link is its target");
            let found = modules.iter().find(|(known, _)| *known == label);
            assert!(found.is_some(), "{page} defines {label}, and guide.rs doesn't");
        }
        let text = read(&format!("docs/{page}"));
        for used in prose(&text).flat_map(|line| line.split("][").skip(1)).filter(|used| used.contains(".md"))
        {
            let label = used.split(']').next().unwrap();
            assert!(
                text.contains(&format!("\n[{label}]: ")),
                "{page} uses the link {label}, and doesn't define it"
            );
        }
        let inline = links(&read(&format!("docs/{page}"))).into_iter();
        let inline: Vec<_> = inline.filter(|link| link.contains(".md")).collect();
        let defined = prose(&read(&format!("docs/{page}"))).filter_map(definition).count();
        assert_eq!(inline.len(), defined, "{page}: a link to another page needs a definition: {inline:?}");
    }
}

#[test]
fn the_readme_is_short_and_its_commands_are_those_of_the_gate() {
    let (readme, gate) = (read("README.md"), read(".ci/run"));
    assert!(readme.lines().count() <= 220, "{} lines", readme.lines().count());
    // Hidden lines of rustdoc are shown where the repository is read.
    assert!(
        !readme.lines().any(|line| line.starts_with("# use ") || line.starts_with("# async ")),
        "a hidden line"
    );
    for (command, of_gate) in [
        ("cargo test --workspace", "\ncargo test --workspace\n"),
        (
            "cargo run -p kestra-examples --example create_and_run_flow",
            "-p kestra-examples --example create_and_run_flow",
        ),
    ] {
        assert!(readme.contains(command) && gate.contains(of_gate), "{command}");
    }
    let manifest = read("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(readme.contains(&format!("Rust {version}")), "the README names another version than {version}");
}

#[test]
fn every_example_is_listed() {
    let listed = read("examples/README.md");
    let listed: BTreeSet<_> =
        listed.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let there = files("examples/examples", ".rs");
    let there: BTreeSet<_> = there.iter().filter_map(|name| name.strip_suffix(".rs")).collect();
    assert_eq!(listed, there);
}

#[test]
fn paths_in_the_architecture_and_the_guide_for_changes_are_there() {
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = read(document);
        let quoted = text.split('`').skip(1).step_by(2);
        let is_path = |text: &&str| text.contains('/') && !text.contains([' ', '<', '*', ':']);
        let paths: Vec<_> = quoted.filter(is_path).collect();
        assert!(paths.len() > 3, "{document}: {paths:?}");
        for path in paths {
            assert!(root().join(path).exists(), "{document} names {path}, which isn't there");
        }
    }
}

#[test]
fn every_threat_is_shown_by_tests_that_are_there() {
    let sources = sources();
    let document = read("crates/kestra/docs/threats.md");
    let rows: Vec<_> =
        document.lines().filter(|line| line.starts_with("| ") && !line.contains("| test |")).collect();
    assert!(rows.len() > 30, "{}", rows.len());
    for row in rows {
        let tests = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test shows: {row}");
        for name in names {
            assert!(sources.contains(&format!("fn {name}(")), "there is no test {name}");
        }
    }
}

/// The code of the crates and of their tests.
fn sources() -> String {
    let mut folders = vec![root().join("crates"), root().join("tests")];
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("generated") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                code.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    code
}

#[test]
fn the_picture_has_the_layers_in_the_order_of_the_page() {
    let (picture, page) = (read("docs/pictures/layers.svg"), read("docs/layers.md"));
    let names = [
        "TraceLayer::call",
        "TimeoutLayer::total",
        ".layer(..)",
        "RetryLayer",
        "TraceLayer::attempt",
        "TimeoutLayer::attempt",
        "ServerLayer",
        "AuthLayer",
        ".attempt_layer(..)",
        "Transport",
    ];
    let order = |text: &str, wanted: &dyn Fn(&str) -> String| -> Vec<usize> {
        names.map(|name| text.find(&wanted(name)).unwrap_or_else(|| panic!("{name} is missing"))).to_vec()
    };
    let rows: String = page.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(order(&picture, &|name| format!(">{name}<")).is_sorted());
    assert!(
        order(&rows, &|name| format!("`{}", name.trim_end_matches("(..)").trim_start_matches('.')))
            .is_sorted()
    );
}
