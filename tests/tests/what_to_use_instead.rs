//! What is named instead of an operation that a version lacks is there, on a version that lacks it.

#![allow(clippy::panic, reason = "tests")]

use kestra_core::{OperationInfo, Version};

/// The first of each line, and what came with it.
const VERSIONS: [Version; 6] = [
    Version::new(1, 0, 0),
    Version::new(1, 1, 0),
    Version::new(1, 2, 0),
    Version::new(1, 3, 0),
    Version::new(2, 0, 0),
    Version::NEWEST,
];

/// The operations that a hint names, as `area().name(..)`.
fn named(hint: &str) -> Vec<(&str, &str)> {
    hint.split('`')
        .filter_map(|piece| {
            let (area, call) = piece.split_once("().")?;
            Some((area, call.split_once('(')?.0))
        })
        .collect()
}

#[test]
fn it_is_there() {
    let hints: Vec<(&OperationInfo, &str)> =
        kestra_operations::operations().filter_map(|info| Some((info, info.instead?))).collect();
    assert!(hints.len() > 30, "{}", hints.len());
    let mut operations = 0;
    for (info, hint) in hints {
        for (area, name) in named(hint) {
            let other = kestra_operations::operations()
                .find(|other| other.area == area && other.name == name)
                .unwrap_or_else(|| panic!("`{}` names {area}.{name}", info.name));
            let helps = |version: &Version| info.route(*version).is_none() && other.route(*version).is_some();
            assert!(VERSIONS.iter().any(helps), "{name} is of the versions of {}", info.name);
            operations += 1;
        }
    }
    assert!(operations > 20, "{operations}");
}

#[test]
fn what_2_0_took_away_says_what_to_use() {
    // Plugin defaults and lineage events of assets have nothing in their place.
    let gone_for_good = |name: &str| name.contains("plugin_defaults") || name.contains("lineage");
    for info in kestra_operations::operations() {
        let is_gone = info.route(Version::NEWEST).is_none();
        if is_gone && !gone_for_good(info.name) {
            assert!(info.instead.is_some(), "{}.{}", info.area, info.name);
        }
    }
}
