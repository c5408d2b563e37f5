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
