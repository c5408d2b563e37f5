//! Why a source can't be read.

use std::fmt;

use kestra_flow::ParseError;

/// Why a source can't be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct YamlError {
    /// The cause with the line, arranged as servers do it.
    pub message: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
}

impl From<ParseError> for YamlError {
    fn from(error: ParseError) -> Self {
        let (line, column, text, cause) = (error.line(), error.column(), error.line_text(), error.cause());
        let indent = " ".repeat(column.saturating_sub(1));
        let message = format!(
            "while parsing a YAML document\n in 'reader', line {line}, column {column}:\n    {text}\n    {indent}^\n\
             {cause}\n\n at [Source: (StringReader); line: {line}, column: {column}]"
        );
        Self { message, line, column }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for YamlError {}
