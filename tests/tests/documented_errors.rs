//! Each refusal that was recorded is one that the operation's documentation names, under the predicate that is true of it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kestra_core::{Edition, Error, ErrorResponse, Version};
use kestra_tests::recorded::{Exchange, find, load};

/// The documentation of each method of the facade, by its name.
fn documentation() -> BTreeMap<String, String> {
    let mut methods = BTreeMap::new();
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/kestra/src/generated")) {
        let mut doc = String::new();
        for line in fs::read_to_string(file).unwrap().lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("///") {
                doc.push_str(text);
                doc.push('\n');
            } else if let Some(name) = line.strip_prefix("pub fn ").and_then(|rest| rest.split('(').next()) {
                methods.insert(name.to_owned(), std::mem::take(&mut doc));
            }
        }
    }
    methods
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn error(exchange: &Exchange) -> Option<Error> {
    let status = exchange.response.status.filter(|status| (400..500).contains(status))?;
    let body = exchange.response.body.as_ref().and_then(|body| body.bytes()).unwrap_or_default();
    let mut response = http::Response::builder().status(status);
    for (name, value) in &exchange.response.headers {
        response = response.header(name, value);
    }
    let (parts, ()) = response.body(()).unwrap().into_parts();
    Some(Error::from_response(ErrorResponse::new(parts, Bytes::from(body))))
}

#[test]
fn recorded_refusals_are_documented() {
    let documentation = documentation();
    let (mut checked, mut missing) = (0, BTreeSet::new());
    for exchange in load().unwrap() {
        let Some(error) = error(&exchange) else { continue };
        let version = exchange.recorded.server_version.parse().unwrap_or(Version::NEWEST);
        let found = find(&exchange.request.method, &exchange.request.path, version);
        let Some(found) = found.first() else { continue };
        // The servers were open source: they have no such route.
        if found.info.edition == Edition::Enterprise {
            continue;
        }
        let doc = documentation.get(found.info.name).unwrap_or_else(|| panic!("{}", found.info.name));
        // A call that names a task run knows more of its error than a response alone tells.
        let names_a_task_run = exchange.request.query.iter().any(|(name, _)| name == "taskRunId");
        let conflicts = error.is_conflict() && !error.already_exists() && !names_a_task_run;
        let predicates = [
            ("is_not_found", error.is_not_found()),
            ("already_exists", error.already_exists()),
            ("is_conflict", conflicts),
        ];
        for (predicate, holds) in predicates {
            checked += usize::from(holds);
            if holds && !doc.contains(&format!("[`{predicate}`]")) {
                missing.insert(format!("{} lacks {predicate}: {}: {error}", found.info.name, exchange.name));
            }
        }
    }
    assert!(checked > 150, "{checked} refusals");
    let missing: Vec<String> = missing.into_iter().collect();
    assert!(missing.is_empty(), "add these to api/summaries/errors.yaml:\n{}", missing.join("\n"));
}
