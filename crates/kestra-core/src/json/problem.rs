//! Why a document can't be read.

use std::fmt;

use crate::json_path;
use crate::redact::brief;

/// The most characters of the problem, which may quote a value of the document.
const LIMIT: usize = 300;

/// A problem with a document, in at most 300 characters, and its place.
#[derive(Debug)]
#[non_exhaustive]
pub struct Problem {
    text: String,
    path: Option<String>,
}

impl Problem {
    /// Creates the problem that `serde_json` found.
    pub(super) fn strict(json: &[u8], problem: &serde_json::Error) -> Self {
        let path = json_path::at(json, problem.line(), problem.column());
        Self { text: brief(problem, LIMIT), path }
    }

    /// Creates a problem after `end` bytes.
    pub(super) fn at(json: &[u8], end: usize, problem: impl fmt::Display) -> Self {
        let before = &json[..end.min(json.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let text = format!("{} at line {line} column {column}", brief(problem, LIMIT));
        Self { text, path: json_path::at(json, line, column) }
    }

    /// Returns the path to the value that can't be read, such as `taskRunList[0].state`; `None` if it is the document.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for serde_json::Error {
    fn from(problem: Problem) -> Self {
        serde::de::Error::custom(problem)
    }
}
