//! The stubs that begin and end recorded event streams, and objects without any field, are read by the types of the streams, and no
//! stream returns them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};

use kestra_core::internal::json;
use kestra_models::{Execution, ExecutionStatusEvent, LogEntry};
use serde_json::Value;

fn recordings(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => recordings(&path, found),
            false => found.push(path),
        }
    }
}

/// Returns the id and the data of each event of a recorded stream.
fn events(recording: &Value) -> Vec<(String, String)> {
    let body = &recording["response"]["body"];
    if body["kind"] != "sse" {
        return Vec::new();
    }
    let field = |event: &str, name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name));
        line.map(|value| value.trim_start().to_owned())
    };
    let text = body["value"].as_str().unwrap_or_default();
    text.split("\n\n").filter_map(|event| Some((field(event, "id:")?, field(event, "data:")?))).collect()
}

#[test]
fn recorded_stubs_are_read_and_have_no_state() {
    let mut files = Vec::new();
    recordings(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges"), &mut files);
    let (mut stubs, mut statuses) = (0, 0);
    for file in files {
        let recording: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let route = recording["request"]["route"].as_str().unwrap_or_default();
        for (id, data) in events(&recording) {
            let is_stub = matches!(id.as_str(), "start" | "end-all");
            stubs += usize::from(is_stub);
            let data = data.as_bytes();
            if route.ends_with("/follow-dependencies") {
                let status: ExecutionStatusEvent = json::from_slice(data).unwrap();
                assert!(!status.execution_id.is_empty(), "{}", file.display());
                assert_eq!(
                    status.flow_id.is_empty() && status.state.is_none(),
                    is_stub,
                    "{}",
                    file.display()
                );
                assert_eq!(status.namespace.is_empty(), is_stub);
                statuses += usize::from(!is_stub);
            } else if route.contains("/logs/") {
                let line: LogEntry = json::from_slice(data).unwrap();
                assert_eq!(
                    line.namespace.is_empty() && line.message.is_empty(),
                    is_stub,
                    "{}",
                    file.display()
                );
            } else if route.ends_with("/follow") {
                let execution: Execution = json::from_slice(data).unwrap();
                assert_eq!(execution.state.is_none(), is_stub, "{}", file.display());
            }
        }
    }
    assert!(stubs > 40 && statuses >= 18, "{stubs} {statuses}");
}

#[test]
fn an_object_without_fields_is_read() {
    let status: ExecutionStatusEvent = json::from_slice(b"{}").unwrap();
    assert!(status.execution_id.is_empty() && status.state.is_none());
    let execution: Execution = json::from_slice(b"{}").unwrap();
    assert!(execution.id.is_empty() && !execution.is_terminal());
    let line: LogEntry = json::from_slice(b"{}").unwrap();
    assert!(line.message.is_empty() && line.execution_id.is_empty());
}
