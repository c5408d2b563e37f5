use std::fmt;

use serde::Serialize;

use crate::Error;
use crate::line::{FRAME, LIMIT, Start, json, length, write};

/// The level of a log line.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Details for debugging the program.
    Trace,
    /// Details for its operators.
    Debug,
    /// What the program does.
    Info,
    /// Something that deserves attention; the task goes on.
    Warn,
    /// A failure.
    Error,
}

/// Writes a line to the log of the task.
///
/// A message that does not fit in a line of 4,095 bytes is split into several log lines, in order. The character U+0000, which
/// servers drop or fail on, becomes U+FFFD.
///
/// # Errors
///
/// [`Error::Write`] if standard output is closed.
///
/// ```
/// use kestra_task::{Level, log};
///
/// log(Level::Warn, format_args!("{} rows were skipped", 3))?;
/// # Ok::<(), kestra_task::Error>(())
/// ```
pub fn log(level: Level, message: impl fmt::Display) -> Result<(), Error> {
    write_pieces(Start::Here, level, &text(message))
}

/// Writes a message that says why the program ends, which must not be lost behind an unfinished line.
pub(crate) fn log_last(message: impl fmt::Display) -> Result<(), Error> {
    write_pieces(Start::NewLine, Level::Error, &text(message))
}

fn text(message: impl fmt::Display) -> String {
    message.to_string().replace('\0', "\u{fffd}")
}

fn write_pieces(start: Start, level: Level, message: &str) -> Result<(), Error> {
    pieces(message).into_iter().try_for_each(|piece| write(start, &line(level, piece)?))
}

fn line(level: Level, message: &str) -> Result<String, Error> {
    #[derive(Serialize)]
    struct Entry<'a> {
        level: Level,
        message: &'a str,
    }
    #[derive(Serialize)]
    struct Line<'a> {
        logs: [Entry<'a>; 1],
    }
    json(&Line { logs: [Entry { level, message }] })
        .map_err(|source| Error::Serialize { name: "log".to_owned(), source })
}

/// The bytes of a line around a message: `{"logs":[{"level":"ERROR","message":""}]}`.
const AROUND: usize = 41;

/// Splits a message at the end of a line of it where one is near, else between two characters.
fn pieces(message: &str) -> Vec<&str> {
    const FREE: usize = LIMIT - FRAME - AROUND;
    let mut pieces = Vec::new();
    let mut rest = message;
    loop {
        let mut taken = 0;
        let end = rest.char_indices().find_map(|(at, char)| {
            taken += length(char);
            (taken > FREE).then_some(at)
        });
        let Some(end) = end else { break };
        let (piece, tail) = match rest[..end].rfind('\n') {
            Some(line) if line > end / 2 => (&rest[..line], &rest[line + 1..]),
            _ => rest.split_at(end),
        };
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::strict_reader::{Seen, read};

    #[test]
    fn a_level_has_the_name_that_servers_read() {
        for (level, name) in [
            (Level::Trace, "TRACE"),
            (Level::Debug, "DEBUG"),
            (Level::Info, "INFO"),
            (Level::Warn, "WARN"),
            (Level::Error, "ERROR"),
        ] {
            let line = format!("::{}::", line(level, "over").unwrap());
            assert_eq!(
                read(line.as_bytes()),
                [Seen::Log { level: name.to_owned(), message: "over".to_owned() }]
            );
        }
    }

    #[test]
    fn a_long_message_is_split_at_the_end_of_a_line_of_it() {
        let message = format!("{}\n{}", "a".repeat(3_000), "b".repeat(3_000));
        assert_eq!(pieces(&message), ["a".repeat(3_000), "b".repeat(3_000)]);
    }

    proptest! {
        #[test]
        fn every_message_arrives_whole_in_lines_that_fit(message in "(?s).{0,3000}", times in 1_usize..4) {
            let message = text(message.repeat(times));
            let mut together = String::new();
            for piece in pieces(&message) {
                let json = line(Level::Error, piece).unwrap();
                prop_assert!(json.len() + FRAME <= LIMIT);
                prop_assert!(json.is_ascii());
                match read(format!("::{json}::").as_bytes()).as_slice() {
                    [Seen::Log { message, .. }] => {
                        prop_assert_eq!(message, piece);
                        together.push_str(message);
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            // A line break at which a message is split is not sent.
            prop_assert_eq!(together.replace('\n', ""), message.replace('\n', ""));
        }
    }
}
