//! Findings in the forms that people and programs read.

use std::fmt::Write;
use std::path::Path;

use clap::ValueEnum;
use kestra_flow::{Finding, Severity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::folder::Checked;

/// How findings are written.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// A line each: FILE:LINE:COLUMN: error: PATH: MESSAGE
    #[default]
    Text,
    /// A list of objects.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

impl Format {
    pub(crate) fn write(self, checked: &[Checked]) -> String {
        let all = checked.iter().flat_map(|file| file.findings.iter().map(move |finding| (file, finding)));
        match self {
            Self::Text => {
                let mut text = String::new();
                let (mut errors, mut warnings) = (0, 0);
                for (file, finding) in all {
                    *(if finding.severity == Severity::Error { &mut errors } else { &mut warnings }) += 1;
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "{}:{finding}", file.path.display());
                }
                let counts =
                    [count(checked.len(), "flow"), count(errors, "error"), count(warnings, "warning")];
                text.push_str(&counts.join(", "));
                text
            }
            Self::Json => Value::from_iter(all.map(|(file, finding)| {
                json!({
                    "file": file.path.display().to_string(),
                    "line": finding.line,
                    "column": finding.column,
                    "severity": level(finding),
                    "path": finding.path,
                    "message": finding.message,
                })
            }))
            .to_string(),
            Self::Sarif => sarif(all),
            Self::Github => {
                let lines = all.map(|(file, finding)| {
                    format!(
                        "::{} file={},line={},col={}::{}",
                        level(finding),
                        property(&file.path.display().to_string()),
                        finding.line,
                        finding.column,
                        data(&text(finding)),
                    )
                });
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

/// Returns a number of things.
pub(crate) fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn level(finding: &Finding) -> &'static str {
    if finding.severity == Severity::Error { "error" } else { "warning" }
}

fn text(finding: &Finding) -> String {
    if finding.path.is_empty() {
        finding.message.clone()
    } else {
        format!("{}: {}", finding.path, finding.message)
    }
}

/// Escapes the text of a command of GitHub Actions.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns a path as a URI reference.
fn uri(path: &Path) -> String {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let path = path.display().to_string().replace('\\', "/");
    utf8_percent_encode(&path, KEPT).to_string()
}

fn sarif<'a>(all: impl Iterator<Item = (&'a Checked, &'a Finding)>) -> String {
    let results = all.map(|(file, finding)| {
        json!({
            "ruleId": "flow",
            "level": level(finding),
            "message": {"text": text(finding)},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": uri(&file.path)},
                "region": {"startLine": finding.line, "startColumn": finding.column},
            }}],
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": [{"id": "flow", "shortDescription": {"text": "What a Kestra server refuses in a flow"}}],
            }},
            "results": Value::from_iter(results),
        }],
    })
    .to_string()
}
