use std::fmt;

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The server takes the flow, but it may not do what it says.
    Warning,
    /// The server refuses the flow, or would do harm with it.
    Error,
}

/// Something in a source that a server refuses or reads otherwise than it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How sure it is.
    pub severity: Severity,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The path of the value, such as `tasks[0].message`; empty for the whole source.
    pub path: String,
    /// What is wrong, and what to do where that is known.
    pub message: String,
}

impl Finding {
    /// Creates a finding; line and column are counted from 1.
    #[must_use]
    pub fn new(
        severity: Severity,
        line: usize,
        column: usize,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { severity, line, column, path: path.into(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    /// Writes `line:column: error: path: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{}:{}: {severity}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Finds the line and the column of a byte of a source.
pub(super) fn place(source: &str, byte: usize) -> (usize, usize) {
    let mut byte = byte.min(source.len());
    while !source.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = &source[..byte];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
