//! Every operation, with all parameters and with only the required ones, keeps to the OpenAPI documents of each version:
//! those that are exported from the catalogue, and Kestra's own, of which the catalogue keeps a compact form.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

mod contract;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use contract::{Document, Outcome, catalogue, hold};
use kestra_codegen::{export, openapi};

fn api() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../api")
}

#[test]
fn operations_keep_to_the_exported_documents() {
    let catalogue = catalogue();
    let versions = catalogue.documented_versions();
    assert!(versions.len() > 5, "{versions:?}");
    for version in versions {
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

#[test]
fn operations_keep_to_the_documents_of_kestra() {
    let catalogue = catalogue();
    let errors = Errors::load();
    let mut used = BTreeSet::new();
    let mut failures = Vec::new();
    let documents = openapi::Document::kept(&api().join("documents")).unwrap();
    assert!(documents.len() >= 3, "only {} documents", documents.len());
    for kept in documents {
        let (name, version) = (kept.version, kept.server_version());
        let document = Document::new(kept.into_value());
        let outcome = hold(&catalogue, version, &document);
        println!("{name}: {} requests, {} without a route there", outcome.requests, outcome.missing.len());
        let missing = outcome.missing.iter().map(|name| format!("{name} route: isn't there"));
        for violation in outcome.violations.into_iter().chain(missing) {
            let violation = format!("{name} {violation}");
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
