//! One message: a line `::{json}::` of printable ASCII on standard output.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use crate::Error;

/// The bytes of a line with its line breaks. Linux writes as many to a pipe in one piece, also beside other processes.
pub(crate) const LIMIT: usize = 4095;

/// The bytes around the JSON of a line: a line break, `::`, `::` and a line break.
pub(crate) const FRAME: usize = 6;

/// Writes whatever is not ASCII as an escape: Kestra's pattern for lines ends at U+0085, U+2028 and U+2029, and a server that
/// reads bytes in another encoding sees the same text.
struct Ascii(CompactFormatter);

impl Formatter for Ascii {
    /// JSON that a value brings along: line breaks between its tokens become blanks, and what is not ASCII is in strings.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.write_string_fragment(writer, &fragment.replace(['\n', '\r', '\t'], " "))
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|char: char| !is_plain(char)) {
            let (plain, tail) = rest.split_at(at);
            self.0.write_string_fragment(writer, plain)?;
            let Some(char) = tail.chars().next() else { break };
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &tail[char.len_utf8()..];
        }
        self.0.write_string_fragment(writer, rest)
    }
}

fn is_plain(char: char) -> bool {
    char.is_ascii() && char != '\x7f'
}

/// Returns the bytes that a character takes in a string of a line.
pub(crate) fn length(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\x08' | '\x0c' => 2,
        _ if is_plain(char) && !char.is_ascii_control() => 1,
        _ => 6 * char.len_utf16(),
    }
}

/// Returns the value as JSON in ASCII.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(128);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Ascii(CompactFormatter)))?;
    String::from_utf8(bytes).map_err(serde::de::Error::custom)
}

/// Returns whether a string of the JSON has the character U+0000: Kestra 1.3 and later drop it, and Kestra 1.0 on PostgreSQL fails
/// the task.
pub(crate) fn has_null(json: &str) -> bool {
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with("u0000") {
            return true;
        }
        // The second of two backslashes begins no escape.
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// Where a line has to begin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Start {
    /// After a line break of its own, as anything may stand on the line: a child process or a progress bar may have left it
    /// unfinished, and a message that does not begin its line is lost.
    NewLine,
    /// Where the last line ended. A line that something else began keeps its text, as plain output.
    Here,
}

/// Writes one message in one piece. Other threads that print wait.
pub(crate) fn write(start: Start, json: &str) -> Result<(), Error> {
    let mut line = Vec::with_capacity(json.len() + FRAME);
    if start == Start::NewLine {
        line.push(b'\n');
    }
    line.extend_from_slice(b"::");
    line.extend_from_slice(json.as_bytes());
    line.extend_from_slice(b"::\n");
    debug_assert!(line.len() <= LIMIT);
    write_all(&line).map_err(Error::Write)
}

/// Writes past the buffer of standard output, which may hold the beginning of a line that a thread has not finished.
#[cfg(unix)]
fn write_all(line: &[u8]) -> io::Result<()> {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::sync::OnceLock;

    static OUTPUT: OnceLock<File> = OnceLock::new();

    let lock = io::stdout().lock();
    let mut output = match OUTPUT.get() {
        Some(output) => output,
        None => {
            let output = File::from(lock.as_fd().try_clone_to_owned()?);
            OUTPUT.get_or_init(|| output)
        }
    };
    output.write_all(line)
}

#[cfg(not(unix))]
fn write_all(line: &[u8]) -> io::Result<()> {
    let mut lock = io::stdout().lock();
    lock.flush()?;
    lock.write_all(line)?;
    lock.flush()
}
