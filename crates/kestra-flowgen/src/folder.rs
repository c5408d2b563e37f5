//! The files of a folder, and what they say of each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kestra_flow::{Finding, Flow, Severity};

use crate::Failure;

/// A file and what was found in it.
pub(crate) struct Checked {
    pub(crate) path: PathBuf,
    pub(crate) source: String,
    pub(crate) findings: Vec<Finding>,
}

/// Returns the files that are named, and those below the folders that are named, in order.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            below(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        return Err("there is no file that ends in .yaml or .yml".into());
    }
    Ok(found)
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |problem| format!("{}: {problem}", folder.display());
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            below(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            found.push(path);
        }
    }
    Ok(())
}

/// Warns of subflows that name no flow of the folder, where the folder has flows of their namespace.
pub(crate) fn unknown_subflows(checked: &mut [Checked]) {
    let flows: Vec<Option<Flow>> = checked.iter().map(|file| file.source.parse().ok()).collect();
    let known: BTreeSet<(String, String)> =
        flows.iter().flatten().map(|flow| (flow.namespace().to_owned(), flow.id().to_owned())).collect();
    let namespaces: BTreeSet<&String> = known.iter().map(|(namespace, _)| namespace).collect();
    for (file, flow) in checked.iter_mut().zip(&flows) {
        for called in flow.iter().flat_map(Flow::subflows) {
            let (namespace, id) = &called;
            let is_dynamic = namespace.contains("{{") || id.contains("{{");
            if !is_dynamic && namespaces.contains(namespace) && !known.contains(&called) {
                let line = file
                    .source
                    .lines()
                    .position(|line| line.contains("flowId") && line.contains(id.as_str()));
                let line = line.map_or(1, |line| line + 1);
                let message = format!("there is no flow `{namespace}.{id}` among these");
                file.findings.push(Finding::new(Severity::Warning, line, 1, "", message));
            }
        }
        file.findings.sort_by_key(|finding| (finding.line, finding.column));
    }
}
