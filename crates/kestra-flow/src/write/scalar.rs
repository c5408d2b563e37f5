//! Strings and numbers, so that every reader of YAML takes them for what they are.

use std::fmt::Write as _;

/// Words that some reader takes for null, a boolean or a number, in lower case.
const WORDS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"];

/// Characters that begin something else than plain text.
const INDICATORS: &str = "-?:,[]{}#&*!|>'\"%@`=~<";

/// A string in one line: as it is, or quoted.
pub(super) fn inline(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// A string in quotes, in those that need no escapes if there are any.
fn quoted(text: &str) -> String {
    if !text.chars().all(is_printable) || (text.contains(['"', '\\']) && text.contains('\'')) {
        double_quoted(text)
    } else if text.contains(['"', '\\']) {
        format!("'{text}'")
    } else {
        format!("\"{text}\"")
    }
}

/// A string in one line within `{}` or `[]`.
#[cfg(feature = "edit")]
pub(super) fn in_flow(text: &str) -> String {
    if is_plain(text) && text.contains(['{', '}', '[', ']', ',']) { quoted(text) } else { inline(text) }
}

/// Whether a string has several lines that a block scalar shows: a last line of blanks it would hide.
pub(super) fn fits_block(text: &str) -> bool {
    let lines = text.trim_end_matches('\n');
    text.contains('\n')
        && lines.rsplit('\n').next().is_some_and(|last| !last.trim().is_empty())
        && text.chars().all(|c| is_printable(c) || matches!(c, '\n' | '\t'))
}

/// A number that every reader takes for one: with a point, and a sign in the exponent.
pub(super) fn float(number: f64) -> String {
    if !number.is_finite() {
        return "null".to_owned();
    }
    let text = format!("{number:?}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Whether a string needs no quotes: one that any reader takes for a string, and for this one.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let has_end_of_plain = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    text.trim() == text
        && !INDICATORS.contains(first)
        && !text.starts_with("...")
        && !has_end_of_plain
        && text.chars().all(is_printable)
        && !WORDS.contains(&text.to_lowercase().as_str())
        && !may_be_number(text)
}

/// Whether some reader may take the text for a number, a date, a time, or the end of a document.
fn may_be_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+'))
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | ':' | ' ' | ','))
}

/// Whether a character may be in a source as it is, within a line.
const fn is_printable(c: char) -> bool {
    !matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}
