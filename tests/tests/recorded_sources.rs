//! Every flow source that was sent to a real server or came from one is read, written and read again to the same values.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeSet;

use kestra::flow::{Edit, Flow, Map, Node, read_all};
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

fn recorded() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for exchange in load().unwrap() {
        let bodies = [exchange.request.body, exchange.response.body];
        bodies.iter().flatten().for_each(|body| sources(body, &mut found));
    }
    found
}

/// The paths of all scalars in a map or list.
fn scalars(node: &Node, path: &[String], all: &mut Vec<Vec<String>>) {
    let below = |name: String| path.iter().cloned().chain([name]).collect::<Vec<_>>();
    match node {
        Node::Map(map) => map.iter().for_each(|(key, node)| scalars(node, &below(key.to_owned()), all)),
        Node::List(items) => {
            items.iter().enumerate().for_each(|(index, node)| scalars(node, &below(index.to_string()), all));
        }
        _ if path.is_empty() => {}
        _ => all.push(path.to_vec()),
    }
}

#[test]
fn each_scalar_of_a_recorded_source_can_be_edited_and_its_comments_stay() {
    let mut edits = 0;
    for source in recorded() {
        let Ok(documents) = read_all(&source) else { continue };
        let [document] = documents.as_slice() else { continue };
        let mut paths = Vec::new();
        scalars(document, &[], &mut paths);
        for path in paths {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let mut edit = Edit::new(&source);
            edit.set(&path, "a\nb").unwrap_or_else(|error| panic!("{error}\n{source}"));
            let comments = source.lines().filter(|line| line.trim_start().starts_with('#'));
            for comment in comments.filter(|_| !source.contains('|')) {
                assert!(edit.as_str().contains(comment), "{comment}\n{edit}");
            }
            edit.remove(&path).unwrap_or_else(|error| panic!("{error}\n{source}"));
            edits += 1;
        }
    }
    assert!(edits > 500, "{edits} edits");
}

#[test]
fn recorded_sources_are_read_and_written_without_loss() {
    let found = recorded();
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
