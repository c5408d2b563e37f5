//! Properties of what builders write into a path and a query: a server that decodes it as Kestra does reads what was meant.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use kestra_operations::{CreateExecution, DownloadFileFromExecution, GetKeyValue, SearchExecutions};
use kestra_tests::fuzz::Meant;
use kestra_tests::fuzz::read_back::{self, Group, query, segments};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn config() -> ProptestConfig {
    let known = FileFailurePersistence::Direct("proptest-regressions/encoders_round_trip.txt");
    ProptestConfig { failure_persistence: Some(Box::new(known)), ..ProptestConfig::default() }
}

/// Any text, short enough for the server's limit of a request line.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 1..40).prop_map(String::from_iter)
}

/// Text of a list that servers split at commas, and take brackets out of.
fn listed() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace([',', '[', ']'], "_"))
}

fn segment() -> impl Strategy<Value = String> {
    text().prop_filter("a path can't have these", |text| text != "." && text != "..")
}

fn condition() -> impl Strategy<Value = Meant> {
    let key = || proptest::option::of("[a-zA-Z%+&=. -]{0,4}[a-z](\\]\\[[a-z])?");
    let single = (key(), prop_oneof![Just("EQUALS"), Just("NOT_EQUALS"), Just("CONTAINS")], text());
    let several = (key(), prop_oneof![Just("IN"), Just("NOT_IN")], vec(listed(), 1..4));
    prop_oneof![
        single.prop_map(|(key, operation, value)| Meant::condition(key, operation, vec![value])),
        several.prop_map(|(key, operation, values)| Meant::condition(key, operation, values)),
    ]
}

fn filters() -> impl Strategy<Value = Vec<Meant>> {
    let member = condition().prop_recursive(2, 8, 3, |inner| {
        (any::<bool>(), vec(inner, 1..4)).prop_map(|(all, members)| Meant::Group { all, members })
    });
    vec(member, 1..4)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn variables_of_a_path(namespace in segment(), key in segment()) {
        let request = GetKeyValue::new(&namespace, &key).into_call().into_request().unwrap();
        let read = segments(request.uri().path());
        let place = |name: &str| read.iter().position(|segment| segment == name);
        prop_assert_eq!(place("kv"), Some(6));
        prop_assert_eq!((&read[5], &read[7]), (&namespace, &key));
        prop_assert_eq!(read.len(), 8);
    }

    #[test]
    fn a_value_of_a_query(path in text()) {
        let request = DownloadFileFromExecution::new("x", &path).into_call().into_request().unwrap();
        prop_assert_eq!(query(request.uri()), [("path".to_owned(), path)]);
    }

    #[test]
    fn values_of_a_query_by_name_again(sort in vec(text(), 1..4)) {
        let request = SearchExecutions::new().sort(&sort).into_call().into_request().unwrap();
        let read: Vec<String> = query(request.uri()).into_iter().map(|(_, value)| value).collect();
        prop_assert_eq!(read, sort);
    }

    #[test]
    fn values_in_commas_and_pairs(
        breakpoints in vec(listed(), 1..4),
        labels in btree_map("[^\\s:\\p{C}]{1,8}", "\\S{1,3}( \\S{1,3})?", 1..4),
    ) {
        let call = CreateExecution::new("company.team", "hello").breakpoints(&breakpoints).labels(&labels);
        let request = call.into_call().into_request().unwrap();
        let pairs = query(request.uri());
        let values = |name: &str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone()).collect::<Vec<_>>();
        prop_assert_eq!(values("breakpoints"), [breakpoints.join(",")]);
        let read: BTreeMap<String, String> = values("labels")
            .iter()
            .filter_map(|label| label.split_once(':'))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        prop_assert_eq!(read, labels);
    }

    #[test]
    fn filters_and_groups(meant in filters(), seeds in vec(any::<u64>(), 8)) {
        let call = SearchExecutions::new().filters(meant.iter().map(Meant::filter)).into_call();
        // Filters that no server reads as they are meant are refused.
        let Ok(request) = call.into_request() else { return Err(TestCaseError::reject("refused")) };
        let read = Group::read(&query(request.uri()));
        for seed in seeds {
            let holds = |condition: &str| read_back::chance(condition, seed);
            prop_assert_eq!(
                read.holds(&holds),
                meant.iter().all(|filter| filter.holds(&holds)),
                "{}", request.uri()
            );
        }
    }
}
