//! Why a source can't be read.

use std::fmt;

/// The error of a source that can't be read, with its line and column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    cause: String,
    text: String,
    line: usize,
    column: usize,
}

impl ParseError {
    /// An error at a place of the source; line and column are counted from 1.
    pub(crate) fn new(source: &str, cause: impl fmt::Display, line: usize, column: usize) -> Self {
        let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
        Self { cause: cause.to_string(), text, line, column }
    }

    /// Returns the line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns the column in characters, counted from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Returns what is wrong, without its place.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// Returns the text of the line.
    #[must_use]
    pub fn line_text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the source can't be read: line {}, column {}: {}", self.line, self.column, self.cause)
    }
}

impl std::error::Error for ParseError {}
