//! Lines of a YAML source.

/// A line without its leading whitespace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    /// Spaces and tabs before the text.
    pub(super) indent: usize,
    /// The column of the text as the most lenient parser counts it.
    pub(super) column: usize,
    pub(super) text: &'a str,
    /// Whether the line had the marker before a document.
    pub(super) begins_document: bool,
}

impl Line<'_> {
    /// Returns whether the line has nothing but whitespace and a comment.
    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty() || self.text.starts_with('#')
    }
}

/// The characters that break a line beside the usual ones: YAML 1.1 has three, YAML 1.2 none, and parsers are between.
pub(super) type Breaks = &'static [char];

const ALL: [Breaks; 4] = [&[], &['\u{85}', '\u{2028}', '\u{2029}'], &['\u{85}'], &['\u{2028}', '\u{2029}']];

/// Returns the rules by which the source may be read.
pub(super) fn breaks(source: &str) -> &'static [Breaks] {
    if source.contains(ALL[1]) { &ALL } else { &ALL[..1] }
}

/// Returns the lines of a source, without the markers between documents.
pub(super) fn lines(source: &str, breaks: Breaks) -> Vec<Line<'_>> {
    let mut all = Vec::with_capacity(source.bytes().filter(|byte| matches!(byte, b'\r' | b'\n')).count() + 1);
    let mut number = 1;
    let mut rest = source;
    while !rest.is_empty() {
        let end = rest.find(|c| ends_line(c, breaks)).unwrap_or(rest.len());
        let (text, after) = rest.split_at(end);
        let line = line(text, number, 0);
        all.push(match after_marker(line.text) {
            Some(text) if line.indent == 0 => {
                Line { begins_document: true, ..self::line(text, number, "---".len()) }
            }
            _ => line,
        });
        let after_break = after.strip_prefix("\r\n").unwrap_or_else(|| {
            let mut characters = after.chars();
            characters.next();
            characters.as_str()
        });
        number += usize::from(after.starts_with(['\r', '\n']));
        rest = after_break;
    }
    all
}

fn ends_line(c: char, breaks: Breaks) -> bool {
    matches!(c, '\r' | '\n') || breaks.contains(&c)
}

fn line(text: &str, number: usize, start: usize) -> Line<'_> {
    let trimmed = text.trim_start_matches([' ', '\t', '\u{feff}']);
    let before = &text[..text.len() - trimmed.len()];
    let indent = before.chars().filter(|c| *c != '\u{feff}').count();
    Line {
        number,
        indent,
        column: start + before.chars().count(),
        text: trimmed.trim_end_matches([' ', '\t']),
        begins_document: false,
    }
}

/// Returns the text after the marker of a document.
fn after_marker(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("---").or_else(|| text.strip_prefix("..."))?;
    rest.chars().next().is_none_or(|c| matches!(c, ' ' | '\t')).then_some(rest)
}
