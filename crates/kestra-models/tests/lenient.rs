//! Reading takes null for a default, and numbers in any form of JSON.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::BTreeMap;

use kestra_models::{BulkOutcome, FlowWithSource, PebbleFunction};
use serde::Deserialize;

#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    list: Vec<String>,
    count: Option<i64>,
    rate: Option<f64>,
    counts: BTreeMap<String, i64>,
}

kestra_core::object! {
    Sample {
        0 name = "name",
        1 list = "list",
        2 count = "count",
        3 rate = "rate",
        4 counts = "counts",
    }
}

fn read(json: &str) -> Sample {
    serde_json::from_str(json).unwrap()
}

#[test]
fn null_and_absent_are_the_default() {
    let expected =
        Sample { name: String::new(), list: Vec::new(), count: None, rate: None, counts: BTreeMap::new() };
    let nulls = r#"{"name": null, "list": null, "count": null, "rate": null, "counts": null}"#;
    assert_eq!(read(nulls), expected);
    assert_eq!(read("{}"), expected);
}

#[test]
fn a_list_may_be_null_within_an_untagged_type() {
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Flow(FlowWithSource),
    }
    let Either::Flow(flow) =
        serde_json::from_str(r#"{"id": "a", "tasks": null, "triggers": [null]}"#).unwrap();
    assert_eq!((flow.id.as_deref(), flow.tasks.len(), flow.triggers.len()), (Some("a"), 0, 0));
}

#[test]
fn what_is_read_by_hand_takes_null_as_well() {
    let outcome: BulkOutcome = serde_json::from_str(r#"{"operationId": 7}"#).unwrap();
    assert_eq!(outcome.operation_id.as_deref(), Some("7"));
    let function: PebbleFunction =
        serde_json::from_str(r#"{"name": "now", "arguments": [null, {"name": "zone"}]}"#).unwrap();
    assert_eq!(function.arguments.map(|arguments| arguments.len()), Some(1));
}

#[test]
fn a_number_of_a_map_may_come_in_any_form() {
    let expected = [("a", 3), ("b", 4)].map(|(key, count)| (key.to_owned(), count));
    assert_eq!(read(r#"{"counts": {"a": 3.0, "b": "4", "c": null}}"#).counts, BTreeMap::from(expected));
}

#[test]
fn a_number_may_come_in_any_form() {
    for (json, count) in [("3", 3), ("3.0", 3), ("\"3\"", 3), ("\"3.0\"", 3), ("-7", -7), ("1e3", 1000)] {
        assert_eq!(read(&format!(r#"{{"count": {json}}}"#)).count, Some(count), "{json}");
    }
    for (json, rate) in [("3", 3.0), ("3.5", 3.5), ("\"3.5\"", 3.5), ("-7", -7.0)] {
        assert_eq!(read(&format!(r#"{{"rate": {json}}}"#)).rate, Some(rate), "{json}");
    }
    assert!(serde_json::from_str::<Sample>(r#"{"count": "many"}"#).is_err());
}
