//! The files of a folder, and what they say of each other.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::path::PathBuf;

use kestra_flow::{Edit, Finding, Flow, Severity};

use crate::links::{Link, Name, links};

/// A file and what was found in it.
pub(crate) struct Checked {
    pub(crate) path: PathBuf,
    pub(crate) source: String,
    pub(crate) findings: Vec<Finding>,
}

/// Warns of subflows and triggers that name no flow of the folder, where the folder has flows of their namespace, and of flows that
/// run each other without end.
pub(crate) fn check_links(checked: &mut [Checked]) {
    let flows: Vec<Option<Flow>> = checked.iter().map(|file| file.source.parse().ok()).collect();
    let known: BTreeSet<Name> = flows.iter().flatten().map(name).collect();
    let namespaces: BTreeSet<&str> = known.iter().map(|(namespace, _)| namespace.as_str()).collect();
    let found: Vec<(usize, Link)> = flows
        .iter()
        .enumerate()
        .filter_map(|(file, flow)| Some((file, flow.as_ref()?)))
        .flat_map(|(file, flow)| links(flow).into_iter().map(move |link| (file, link)))
        .collect();
    let mut certain: Certain<'_> = BTreeMap::new();
    for (_, link) in found.iter().filter(|(_, link)| link.is_certain) {
        certain.entry(&link.runner).or_default().push(&link.runs);
    }
    let mut reported = BTreeSet::new();
    for (file, link) in &found {
        let named = link.named();
        if namespaces.contains(named.0.as_str()) && !known.contains(named) {
            let message =
                format!("no checked file has a flow `{}`: correct the name, or add its file", shown(named));
            warn(&mut checked[*file], link, message);
        }
        if let Some(circle) = circle(link, &certain)
            && !circle.iter().any(|name| reported.contains(*name))
        {
            let names: Vec<String> = circle.iter().map(|name| format!("`{}`", shown(name))).collect();
            let message =
                format!("infinite loop: {} run each other without end: add a condition", names.join(" and "));
            warn(&mut checked[*file], link, message);
            reported.extend(circle.into_iter().cloned());
        }
    }
    for file in checked {
        file.findings.sort_by_key(|finding| (finding.line, finding.column));
    }
}

fn name(flow: &Flow) -> Name {
    (flow.namespace().to_owned(), flow.id().to_owned())
}

fn shown((namespace, id): &Name) -> String {
    format!("{namespace}.{id}")
}

/// The flows that each flow runs without a condition.
type Certain<'a> = BTreeMap<&'a Name, Vec<&'a Name>>;

/// Returns the flows that run each other by this link and others without a condition.
fn circle<'a>(link: &'a Link, certain: &Certain<'a>) -> Option<Vec<&'a Name>> {
    if !link.is_certain || link.runner == link.runs {
        return None;
    }
    // The flows that the link leads to, each with the one that runs it.
    let mut run_by = BTreeMap::from([(&link.runs, &link.runner)]);
    let mut left = vec![&link.runs];
    while let Some(flow) = left.pop() {
        for next in certain.get(flow).into_iter().flatten().copied() {
            if *next == link.runner {
                let mut way: Vec<_> = successors(Some(flow), |flow| run_by.get(flow).copied()).collect();
                way.reverse();
                return Some(way);
            }
            if !run_by.contains_key(next) {
                run_by.insert(next, flow);
                left.push(next);
            }
        }
    }
    None
}

fn warn(file: &mut Checked, link: &Link, message: String) {
    let steps: Vec<&str> = link.path.iter().map(String::as_str).collect();
    let (line, column) = Edit::new(&*file.source).position(&steps).unwrap_or((1, 1));
    let mut path = String::new();
    for step in steps {
        let is_position = step.bytes().all(|byte| byte.is_ascii_digit());
        path.push_str(&match (is_position, path.is_empty()) {
            (true, _) => format!("[{step}]"),
            (false, true) => step.to_owned(),
            (false, false) => format!(".{step}"),
        });
    }
    file.findings.push(Finding::new(Severity::Warning, line, column, path, message));
}
