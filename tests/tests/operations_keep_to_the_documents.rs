//! Every operation, with all parameters and with only the required ones, keeps to the OpenAPI documents of each version:
//! those that are exported from the catalogue, and, asked for by `--include-ignored`, Kestra's own in the folder
//! `KESTRA_DOCUMENTS`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

mod contract;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use contract::{Document, Outcome, catalogue, hold};
use kestra_codegen::catalogue::Version;
use kestra_codegen::{export, openapi};

const fn version(major: u16, minor: u16, patch: u16) -> Version {
    Version { major, minor, patch }
}

#[test]
fn operations_keep_to_the_exported_documents() {
    let catalogue = catalogue();
    for version in [version(1, 0, 3), version(1, 3, 25), version(2, 0, 0), version(2, 0, 3)] {
        let document = Document::new(export::document(&catalogue, version));
        let Outcome { requests, missing, violations, unmade } = hold(&catalogue, version, &document);
        println!("{version}: {requests} requests");
        assert!(requests > 600, "{version}: only {requests} requests");
        assert!(unmade.is_empty(), "{version}: {} can't be made:\n{}", unmade.len(), unmade.join("\n"));
        assert!(missing.is_empty(), "{version}: these have no route: {missing:?}");
        assert!(
            violations.is_empty(),
            "{version}: {} violations:\n{}",
            violations.len(),
            violations.join("\n")
        );
    }
}

/// A document of Kestra, and the version that it is of.
struct Official {
    file: &'static str,
    version: Version,
}

/// Versions by what the documents are of, not by what they are called.
const OFFICIAL: [Official; 3] = [
    Official { file: "kestra-ee-1.0.yml", version: version(1, 2, 5) },
    Official { file: "kestra-ee-1.3.yml", version: version(1, 3, 26) },
    Official { file: "kestra-ee-2.0.yml", version: version(2, 0, 0) },
];

#[test]
#[ignore = "needs Kestra's documents, in the folder that KESTRA_DOCUMENTS names"]
fn operations_keep_to_the_official_documents() {
    let folder = PathBuf::from(std::env::var_os("KESTRA_DOCUMENTS").unwrap());
    let catalogue = catalogue();
    let errors = Errors::load();
    let mut used = BTreeSet::new();
    let mut failures = Vec::new();
    for official in OFFICIAL {
        let document = openapi::Document::read(official.version, &folder.join(official.file)).unwrap();
        let document = Document::new(document.into_value());
        let outcome = hold(&catalogue, official.version, &document);
        println!(
            "{}: {} requests, {} without a route there",
            official.file,
            outcome.requests,
            outcome.missing.len()
        );
        let missing = outcome.missing.iter().map(|name| format!("{name} route: isn't there"));
        for violation in outcome.violations.into_iter().chain(missing) {
            let violation = format!("{} {violation}", official.file);
            match errors.find(&violation) {
                Some(pattern) => drop(used.insert(pattern)),
                None => failures.push(violation),
            }
        }
    }
    failures.sort();
    failures.dedup();
    assert!(failures.is_empty(), "{} violations:\n{}", failures.len(), failures.join("\n"));
    let unused: Vec<&str> = errors.patterns().filter(|pattern| !used.contains(pattern)).collect();
    assert!(unused.is_empty(), "these are listed as errors of the documents and never met: {unused:?}");
}

/// Errors of the documents: patterns in which a star is any text, each with its reason.
struct Errors(Vec<(String, String)>);

impl Errors {
    fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/document_errors.json");
        let errors: std::collections::BTreeMap<String, String> =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        Self(errors.into_iter().collect())
    }

    fn find(&self, violation: &str) -> Option<&str> {
        self.patterns().find(|pattern| fits(pattern, violation))
    }

    fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(pattern, _)| pattern.as_str())
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .filter(|place| text.is_char_boundary(*place))
                .any(|place| fits(rest, &text[place..]))
        }),
    }
}
