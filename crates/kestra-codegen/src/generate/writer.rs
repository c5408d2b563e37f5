//! A text that grows by lines.

use super::HEADER;

/// A generated file.
#[derive(Debug)]
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn new() -> Self {
        Self(HEADER.to_owned())
    }

    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    /// A line within `depth` braces of a macro, where rustfmt leaves everything as it is.
    pub(super) fn nested(&mut self, depth: usize, line: impl AsRef<str>) {
        self.0.extend(std::iter::repeat_n("    ", depth));
        self.line(line);
    }

    pub(super) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Documentation, a comment line for each line of the text.
    pub(super) fn doc(&mut self, text: &str) {
        self.nested_doc(0, text);
    }

    /// Documentation within a macro.
    pub(super) fn nested_doc(&mut self, depth: usize, text: &str) {
        for line in text.lines() {
            self.nested(depth, format!("/// {line}").trim_end());
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}
