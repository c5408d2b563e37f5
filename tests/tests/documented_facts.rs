//! Numbers and names of operations in the documents are those of the code.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use kestra::catalogue::Guard;
use kestra::{Retry, Timeouts, operations};

const RETRIES: &str = include_str!("../../docs/retries.md");
const TELEMETRY: &str = include_str!("../../docs/telemetry.md");
const EVENTS: &str = include_str!("../../crates/kestra-core/src/observe.rs");
const SAFETY: &str = include_str!("../../docs/safety.md");

/// The cells of the table's row that begins so.
fn row<'a>(page: &'a str, first: &str) -> Vec<&'a str> {
    let row = page.lines().find(|line| line.starts_with(&format!("| {first} |")));
    row.unwrap_or_else(|| panic!("there is no row {first}"))
        .trim_matches('|')
        .split('|')
        .map(str::trim)
        .collect()
}

fn text(limit: Option<Duration>) -> String {
    match limit.map(|limit| limit.as_secs()) {
        None => "none".to_owned(),
        Some(seconds) if seconds > 60 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        Some(seconds) => format!("{seconds} s"),
    }
}

#[test]
fn the_table_of_timeouts_is_that_of_the_code() {
    for (first, operation, waits) in [
        ("almost all", "get_flow", false),
        ("download", "get_file_content", false),
        ("event stream", "follow_execution", false),
        ("event stream of `follow_execution_dependencies`", "follow_execution_dependencies", false),
        ("upload", "create_namespace_file", false),
        ("`create_execution` with `wait(true)`", "create_execution", true),
    ] {
        let info = operations::operation(operation).unwrap();
        let limits = Timeouts::default().limits(Some(info), waits);
        assert_eq!(limits.request_body, limits.first_byte, "{first} has them in one column");
        let of_code = [limits.attempt, limits.total, limits.first_byte, limits.idle].map(text);
        let row = row(RETRIES, first);
        let shown = |cell: &str| -> String {
            cell.trim_end_matches(", until the response's headers").trim_end_matches(" each").to_owned()
        };
        let of_page = row[1..].iter().map(|cell| shown(cell));
        assert_eq!(of_page.collect::<Vec<_>>(), of_code, "{first}");
    }
    let connection = text(Some(Timeouts::default().connect_limit()));
    assert_eq!(row(RETRIES, "the connection: all of the above")[3], connection);
}

#[test]
fn the_defaults_of_retries_are_those_of_the_code() {
    let retry = Retry::standard();
    assert_eq!(retry.backoff_limit(1), Duration::from_millis(100));
    assert!(RETRIES.contains("100 ms, doubled with each attempt up to 20 s"));
    assert_eq!(retry.backoff_limit(30), Duration::from_secs(20));
    assert!(RETRIES.contains("if `Retry-After` is over 60 s"));
    assert_eq!(retry.retry_after_limit(), Duration::from_secs(60));
    assert!(RETRIES.contains("It holds 400 tokens"));
    assert_eq!(retry.budget_tokens(), Some(400));
    for status in [408, 425, 429, 502, 503, 504] {
        assert!(RETRIES.contains(&status.to_string()), "{status}");
    }
}

#[test]
fn every_operation_that_asks_first_is_listed() {
    let (_, section) = SAFETY.split_once("## Updates that hang the server").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut count = 0;
    for operation in operations::operations().filter(|operation| operation.precheck.is_some()) {
        assert!(section.contains(&format!("`{}`", operation.name)), "{} asks first", operation.name);
        count += 1;
    }
    assert_eq!(count, names(section).count(), "the page names operations that don't ask");
}

/// The operations in the first column of a table.
fn names(section: &str) -> impl Iterator<Item = &str> {
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2))
}

#[test]
fn every_operation_that_refuses_a_source_which_deletes_is_listed() {
    let (_, section) = SAFETY.split_once("## Sources that delete their flow").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let guards = [Guard::DeletingSource, Guard::SplitSource, Guard::ListedFailures];
    let mut count = 0;
    for operation in operations::operations()
        .filter(|operation| operation.guard.is_some_and(|guard| guards.contains(&guard)))
    {
        let name = operation.name.trim_end_matches("_multipart");
        assert!(section.contains(&format!("`{name}`")), "{name} refuses such a source");
        count += 1;
    }
    assert!(count > 3, "{count}");
}

#[test]
fn every_event_of_an_observer_is_listed_with_its_fields() {
    let (_, variants) = EVENTS.split_once("pub enum ClientEvent<'a> {\n").unwrap();
    let (variants, _) = variants.split_once("\n}\n").unwrap();
    let mut count = 0;
    let mut fields: Vec<&str> = Vec::new();
    for line in variants.lines().rev() {
        // From the last to the first, so that the fields of a variant are known before its name.
        if let Some(field) = line.strip_prefix("        ").filter(|line| !line.starts_with("//")) {
            fields.insert(0, field.split(':').next().unwrap());
        } else if let Some(name) =
            line.trim_start().split([' ', '(']).next().filter(|name| name.starts_with(char::is_uppercase))
        {
            let cells = row(TELEMETRY, &format!("`{name}`"));
            let listed: Vec<_> =
                cells[2].split('`').skip(1).step_by(2).filter(|name| *name != "RetryEvent").collect();
            assert_eq!(listed, fields, "{name}");
            fields.clear();
            count += 1;
        }
    }
    let (_, section) = TELEMETRY.split_once("| event | when | fields |").unwrap();
    let (section, _) = section.split_once("\n\n").unwrap();
    assert_eq!(
        count,
        names(section).filter(|name| name.starts_with(char::is_uppercase) && *name != "RetryEvent").count()
    );
}
