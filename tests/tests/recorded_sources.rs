//! Every flow source that was sent to a real server or came from one is read, written and read again to the same values.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeSet;

use kestra::flow::{Flow, Map, read_all};
use kestra_tests::recorded::{Body, load};
use serde_json::Value;

/// The sources in a body: all of it if it is YAML, or the fields `source` of its JSON.
fn sources(body: &Body, found: &mut BTreeSet<String>) {
    let Some(text) = &body.value else { return };
    let is_yaml = body.content_type.as_deref().is_some_and(|kind| kind.contains("yaml"));
    if is_yaml {
        found.insert(text.clone());
    } else if let Ok(json) = serde_json::from_str(text) {
        fields(&json, found);
    }
}

fn fields(json: &Value, found: &mut BTreeSet<String>) {
    match json {
        Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        Value::Object(object) => {
            found.extend(object.get("source").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| fields(value, found));
        }
        _ => {}
    }
}

/// What is written of a flow: all but nulls and what servers manage.
fn written(flow: &Flow) -> Map {
    let managed = ["revision", "tenantId", "source", "updated", "deleted"];
    let fields = flow.as_map().iter().filter(|(key, node)| !managed.contains(key) && !node.is_null());
    fields.map(|(key, node)| (key, node.clone())).collect()
}

#[test]
fn recorded_sources_are_read_and_written_without_loss() {
    let mut found = BTreeSet::new();
    for exchange in load().unwrap() {
        let bodies = [exchange.request.body, exchange.response.body];
        bodies.iter().flatten().for_each(|body| sources(body, &mut found));
    }
    let mut flows = 0;
    let mut unreadable = Vec::new();
    for source in &found {
        let documents = match read_all(source) {
            Ok(documents) => documents,
            Err(error) => {
                unreadable.push(error.to_string());
                continue;
            }
        };
        for document in documents {
            let Some(map) = document.as_map() else { continue };
            let flow = Flow::from(map.clone());
            let yaml = flow.to_yaml();
            let again: Flow = yaml.parse().unwrap_or_else(|error| panic!("{error}\n{yaml}"));
            assert_eq!(again.as_map(), &written(&flow), "{source}\n{yaml}");
            assert_eq!(again.to_yaml(), yaml);
            flows += 1;
        }
    }
    assert!(flows > 60, "{flows} flows of {} sources", found.len());
    // Recorded for what a server says about them.
    assert!(unreadable.len() < 5, "{unreadable:#?}");
}
