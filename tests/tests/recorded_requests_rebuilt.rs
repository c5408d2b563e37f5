//! Every recorded request that our builders can express is made equal by them.

use std::collections::BTreeMap;

use kestra_tests::recorded::{Exceptions, Rebuilt, load, rebuild};

#[test]
fn recorded_requests_rebuilt() {
    let mut exceptions = Exceptions::load("request_exceptions.json").unwrap();
    let mut rules = Exceptions::load("request_rules.json").unwrap();
    let mut same = 0;
    let mut in_meaning = Vec::new();
    let mut forced = Vec::new();
    let mut not_expressible: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut failures = Vec::new();
    for exchange in load().unwrap() {
        match rebuild(&exchange) {
            Rebuilt::Same => same += 1,
            Rebuilt::SameInMeaning(otherwise) => in_meaning.push(format!("{}: {otherwise}", exchange.name)),
            Rebuilt::SameWhenForced(reason) => forced.push(format!("{}: {reason}", exchange.name)),
            Rebuilt::NotExpressible(obstacle) => {
                not_expressible
                    .entry(obstacle.rule)
                    .or_default()
                    .push(format!("{}: {}", exchange.name, obstacle.what));
            }
            Rebuilt::Different(found) => {
                if exceptions.reason(&exchange.name).is_none() {
                    failures.push(format!("{}: {}", exchange.name, found.join("; ")));
                }
            }
        }
    }
    println!("{same:5} equal");
    println!("{:5} equal in what they ask for", in_meaning.len());
    println!("{:5} equal with any_version() and unchecked()", forced.len());
    println!("{:5} listed exceptions", exceptions.used());
    for (rule, recordings) in &not_expressible {
        println!("{:5} not expressible: {rule}", recordings.len());
        assert!(rules.reason(rule).is_some(), "`{rule}` is no listed reason: {recordings:?}");
        if std::env::var_os("KESTRA_LIST").is_some() {
            recordings.iter().for_each(|recording| println!("        {recording}"));
        }
    }
    assert!(same > 0, "there are no recordings");
    if std::env::var_os("KESTRA_LIST").is_some() {
        in_meaning.iter().chain(&forced).for_each(|recording| println!("        {recording}"));
    }
    let listed = exceptions.unused();
    assert!(failures.is_empty(), "{} requests differ:\n{}", failures.len(), failures.join("\n"));
    assert!(listed.is_empty(), "these are listed as exceptions but pass: {listed:?}");
}
