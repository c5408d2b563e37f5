//! How values go into a path and a query.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 calls unreserved, which no reader can misunderstand.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a query these have no meaning to Kestra either and are easier to read as they are.
const QUERY: &AsciiSet = &SEGMENT.remove(b':').remove(b',').remove(b'/').remove(b'@').remove(b'*');

/// In a path that is parsed as a URI the slashes stay.
const URI_PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Bytes that stand for themselves everywhere.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < plain.len() {
        let character = byte as u8;
        plain[byte] = character.is_ascii_alphanumeric() || matches!(character, b'-' | b'.' | b'_');
        byte += 1;
    }
    plain
};

/// Appends a value as one segment of a path.
pub(crate) fn push_segment(path: &mut String, value: &str) {
    push(path, value, SEGMENT);
}

/// Appends a name or value of a query.
pub(crate) fn push_query(query: &mut String, text: &str) {
    push(query, text, QUERY);
}

/// Percent-encodes a path that the server parses as a URI, except its slashes.
pub(crate) fn uri_path(path: &str) -> String {
    utf8_percent_encode(path, URI_PATH).to_string()
}

fn push(out: &mut String, text: &str, set: &'static AsciiSet) {
    // Almost every name and id is plain.
    if text.bytes().all(|byte| PLAIN[usize::from(byte)]) {
        out.push_str(text);
    } else {
        out.extend(utf8_percent_encode(text, set));
    }
}

/// A value that a path or a query can hold.
pub trait ParameterValue {
    /// Gives the value as the server reads it, not yet percent-encoded.
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R;
}

impl ParameterValue for str {
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        with(self)
    }
}

impl ParameterValue for String {
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        with(self)
    }
}

impl<V: ParameterValue + ?Sized> ParameterValue for &V {
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        (**self).with_text(with)
    }
}

impl ParameterValue for bool {
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        with(if *self { "true" } else { "false" })
    }
}

macro_rules! displayed {
    ($($type:ty),*) => {$(
        impl ParameterValue for $type {
            fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
                let mut text = String::with_capacity(24);
                let _ = write!(text, "{self}");
                with(&text)
            }
        }
    )*};
}

// A timestamp prints with `Z`, which unlike an offset has no `+` to be read as a blank.
displayed!(i32, i64, u32, u64, usize, f64, Timestamp, SignedDuration, jiff::civil::Date);

impl ParameterValue for Duration {
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        match SignedDuration::try_from(*self) {
            Ok(duration) => duration.with_text(with),
            Err(_) => SignedDuration::MAX.with_text(with),
        }
    }
}
