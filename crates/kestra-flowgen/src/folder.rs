//! The files of a folder, and what they say of each other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use kestra_flow::{Finding, Flow, Severity};

/// A file and what was found in it.
pub(crate) struct Checked {
    pub(crate) path: PathBuf,
    pub(crate) source: String,
    pub(crate) findings: Vec<Finding>,
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
