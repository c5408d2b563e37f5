//! Which inputs a server refused: 1.0 names them beside the message, later versions within it.

use serde_json::Value;

use super::{Error, ErrorResponse};

impl Error {
    /// Names of the inputs that the server refused, in its order, or that `run` and `start` refused to send; empty if the
    /// error is about something else, or if the server told only what was wrong and not where, as 1.3 does for values that
    /// it can't parse.
    #[must_use]
    pub fn invalid_inputs(&self) -> Vec<String> {
        let Some(body) = self.response().and_then(ErrorResponse::json_object) else {
            return self.0.invalid_inputs.clone();
        };
        let mut names = Vec::new();
        let faults = body.get("_embedded").and_then(|embedded| embedded.get("errors")?.as_array());
        for fault in faults.into_iter().flatten() {
            let text = |name| fault.get(name).and_then(Value::as_str).unwrap_or_default();
            let found = names.len();
            collect(text("message"), &mut names);
            // The path of a fault names an input only if its text is about inputs: a flow's faults have paths as well.
            if names.len() == found && text("message").starts_with("Invalid input") {
                push(text("path"), &mut names);
            }
        }
        collect(body.get("message").and_then(Value::as_str).unwrap_or_default(), &mut names);
        names
    }
}

/// The wordings before a quoted name, then the one before a bare name.
const BEFORE_QUOTED: [&str; 2] = ["Invalid input for `", "Invalid value for input `"];
const BEFORE_BARE: &str = "Missing required input:";

fn collect(text: &str, names: &mut Vec<String>) {
    for before in BEFORE_QUOTED {
        let mut rest = text;
        while let Some(at) = rest.find(before) {
            rest = &rest[at + before.len()..];
            push(rest.split('`').next().unwrap_or_default(), names);
        }
    }
    let mut rest = text;
    while let Some(at) = rest.find(BEFORE_BARE) {
        rest = &rest[at + BEFORE_BARE.len()..];
        push(rest.split([',', ';', '\n']).next().unwrap_or_default().trim(), names);
    }
}

fn push(name: &str, names: &mut Vec<String>) {
    if !name.is_empty() && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
