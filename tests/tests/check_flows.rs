//! What the check of flows says, beside what real servers said of the same sources.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use kestra_flow::{Release, Severity, check};
use kestra_tests::flow_sources::{RELEASES, broken, key, stored};

fn is_refused(source: &str, release: Release) -> bool {
    check(source, release).iter().any(|finding| finding.severity == Severity::Error)
}

#[test]
fn what_servers_store_has_no_errors() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for (release, sources) in stored().unwrap() {
        for source in sources {
            count += 1;
            let found = check(&source, release);
            let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
            wrong.extend(errors.map(|error| format!("{release:?}: {error}\n{source}")));
        }
    }
    assert!(count > 50, "{count}");
    assert!(wrong.is_empty(), "{} of {count}: {}", wrong.len(), wrong.join("\n\n"));
}

/// Whether each of the three releases refuses a source, by its key.
fn verdicts() -> BTreeMap<&'static str, [bool; 3]> {
    let lines = include_str!("../fixtures/flow_verdicts.txt").lines().filter(|line| !line.starts_with('#'));
    let read = lines.map(|line| {
        let (key, said) = line.split_once(' ').unwrap();
        let said: Vec<bool> = said.bytes().map(|byte| byte == b'x').collect();
        (key, said.try_into().unwrap())
    });
    read.collect()
}

#[test]
fn what_servers_refuse_is_found_and_what_they_take_is_not_called_an_error() {
    let verdicts = verdicts();
    let (mut known, mut false_errors) = (0, Vec::new());
    let (mut refused, mut found) = ([0; 3], [0; 3]);
    let (mut upgrade, mut upgrade_found) = (0, 0);
    for source in broken().unwrap() {
        let Some(said) = verdicts.get(key(&source).as_str()) else { continue };
        known += 1;
        for (place, release) in RELEASES.into_iter().enumerate() {
            let is_error = is_refused(&source, release);
            if said[place] {
                refused[place] += 1;
                found[place] += usize::from(is_error);
            } else if is_error {
                false_errors.push(format!("{release:?}: {:?}\n{source}", check(&source, release)));
            }
        }
        if !said[1] && said[2] {
            upgrade += 1;
            upgrade_found += usize::from(is_refused(&source, Release::V2_0));
        }
    }
    assert!(known > 1_000, "the verdicts are of other sources: {known} known");
    assert!(false_errors.is_empty(), "{}: {}", false_errors.len(), false_errors.join("\n\n"));
    for (refused, found) in refused.into_iter().zip(found) {
        assert!(found * 100 >= refused * 99, "{found} of {refused}");
    }
    assert!(upgrade > 50 && upgrade_found * 100 >= upgrade * 99, "{upgrade_found} of {upgrade}");
}

/// Short sources, each for one rule that servers hold flows to besides their schemas, and what each of the three releases says.
fn rules() -> impl Iterator<Item = (String, [bool; 3])> {
    let lines = include_str!("../fixtures/flow_rules.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (said, line) = line.split_once(' ').unwrap();
        let said: Vec<bool> = said.bytes().map(|byte| byte == b'x').collect();
        let task = "tasks: [{id: log, type: io.kestra.plugin.core.log.Log, message: hi}]\n";
        let task = if line.starts_with("tasks") { "" } else { task };
        let line = line.replace("]\\ntriggers", "]\ntriggers");
        (format!("id: hello\nnamespace: company.team\n{task}{line}\n"), said.try_into().unwrap())
    })
}

#[test]
fn rules_besides_the_schema_are_those_of_servers() {
    let (mut false_errors, mut missed, mut refused) = (Vec::new(), Vec::new(), 0);
    for (source, said) in rules() {
        for (release, is_refused_by_server) in RELEASES.into_iter().zip(said) {
            let is_error = is_refused(&source, release);
            refused += usize::from(is_refused_by_server);
            let wrong = || format!("{release:?}: {}", source.lines().last().unwrap_or_default());
            match (is_refused_by_server, is_error) {
                (false, true) => false_errors.push(format!("{}: {:?}", wrong(), check(&source, release))),
                (true, false) => missed.push(wrong()),
                _ => {}
            }
        }
    }
    assert!(refused > 500, "{refused}");
    assert!(false_errors.is_empty(), "{}: {}", false_errors.len(), false_errors.join("\n"));
    assert!(missed.len() * 100 <= refused * 3, "{} of {refused} missed: {}", missed.len(), missed.join("\n"));
}
