//! What goes into a path, a query or a filter comes out of it as a server reads it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

use std::collections::BTreeMap;

use kestra_core::{Filter, Target};
use kestra_operations::{GetKeyValue, SearchExecutions, SearchFlows};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn query(uri: &http::Uri) -> BTreeMap<String, String> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

fn target() -> Target {
    Target::new("http://localhost:8080").version("2.0.0").tenant("main")
}

/// Regressions are kept beside the test.
fn config() -> ProptestConfig {
    let regressions = Some(Box::new(FileFailurePersistence::WithSource("regressions")) as _);
    ProptestConfig { failure_persistence: regressions, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_variable_of_a_path_is_one_segment(key in "\\PC{1,24}") {
        // A segment of dots would name another path, and is refused.
        prop_assume!(key != "." && key != "..");
        let request = GetKeyValue::new("company.team", &key).into_request_for(&target()).unwrap();
        let segments: Vec<&str> = request.uri().path().split('/').collect();
        prop_assert_eq!(segments.len(), 8);
        prop_assert_eq!(decode(segments[7]), key);
    }

    #[test]
    fn a_value_of_a_query_is_read_back(value in "\\PC{1,40}") {
        let request = SearchFlows::new().sort([value.as_str()]).into_request_for(&target()).unwrap();
        let read = query(request.uri());
        prop_assert_eq!(read.get("sort"), Some(&value));
    }

    #[test]
    fn the_value_of_a_filter_is_read_back(value in "\\PC{1,40}") {
        let filter = Filter::field("namespace").equals(value.as_str());
        let request = SearchExecutions::new().filter(filter).into_request_for(&target()).unwrap();
        let read = query(request.uri());
        prop_assert_eq!(read.get("filters[namespace][EQUALS]"), Some(&value));
    }

    /// Servers decode the values of a list once more, after they have split it at its commas.
    #[test]
    fn the_values_of_a_list_are_read_back(values in prop::collection::vec("\\PC{1,12}", 1..4)) {
        // These are the list's own, and refused.
        let values: Vec<String> = values.iter().map(|value| value.replace([',', '[', ']'], "-")).collect();
        let filter = Filter::field("namespace").is_in(values.clone());
        let request = SearchExecutions::new().filter(filter).into_request_for(&target()).unwrap();
        let query = query(request.uri());
        let list = query.get("filters[namespace][IN]").cloned().unwrap_or_default();
        let read: Vec<String> = list.split(',').map(decode).collect();
        prop_assert_eq!(read, values);
    }
}
