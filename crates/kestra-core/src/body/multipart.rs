//! `multipart/form-data` (RFC 7578), with an exact length wherever it can be known.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{BufMut as _, Bytes, BytesMut};
use http::HeaderValue;

use super::file::{FilePart, Source};
use super::file_name;
use super::segments::{Segment, SegmentBody};
use super::{Body, Kind, stream};
use crate::error::Error;
use crate::redact::brief;

/// The name of a file that has none.
const UNNAMED: &str = "file";

const CONTENT_TYPE: &[u8] = b"multipart/form-data; boundary=";

/// About how many bytes the boundary and the headers of a part take.
const PART_OVERHEAD: usize = 100;

/// A form: named parts, each text or a file.
///
/// Parts in memory make one body of bytes; paths are read while the request is sent, each attempt anew.
#[derive(Debug, Default)]
pub struct Multipart {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text(Hidden),
    File(FilePart),
}

impl Part {
    /// Returns about how many bytes of a body in memory the part takes.
    fn memory(&self) -> usize {
        let value = match &self.value {
            Value::Text(Hidden(text)) => text.len(),
            Value::File(file) => match &file.source {
                Source::Bytes(bytes) => bytes.len() + PART_OVERHEAD,
                Source::Path(_) | Source::Stream { .. } => PART_OVERHEAD,
            },
        };
        self.name.len() + value + PART_OVERHEAD
    }
}

/// Text that may be a secret input.
struct Hidden(String);

crate::debug_fields! { Hidden, this, f => write!(f, "{} bytes", this.0.len()) }

impl Multipart {
    /// A form without parts.
    pub const fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds a part of text.
    pub fn text(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.parts.push(Part { name: name.into(), value: Value::Text(Hidden(value.into())) });
        self
    }

    /// Adds a part that is a file.
    pub fn file(&mut self, name: impl Into<String>, file: FilePart) -> &mut Self {
        self.parts.push(Part { name: name.into(), value: Value::File(file) });
        self
    }

    /// Whether there are no parts.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a part has this name.
    pub fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name == name)
    }

    /// The names of the parts, with the values of those that are text.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.parts.iter().map(|part| match &part.value {
            Value::Text(Hidden(text)) => (part.name.as_str(), Some(text.as_str())),
            Value::File(_) => (part.name.as_str(), None),
        })
    }

    /// Returns a copy, or `None` if a part is a stream.
    pub fn try_clone(&self) -> Option<Self> {
        let parts = self.parts.iter().map(|part| {
            let value = match &part.value {
                Value::Text(Hidden(text)) => Value::Text(Hidden(text.clone())),
                Value::File(file) => Value::File(file.try_clone()?),
            };
            Some(Part { name: part.name.clone(), value })
        });
        Some(Self { parts: parts.collect::<Option<_>>()? })
    }

    /// Refuses names of files that no server stores as they are.
    pub(crate) fn check_file_names(&self) -> Result<(), Error> {
        self.parts.iter().try_for_each(|part| match &part.value {
            Value::File(file) => file_name::check(&part.name, file.name.as_deref().unwrap_or(UNNAMED)),
            Value::Text(_) => Ok(()),
        })
    }

    /// Returns the names of the files.
    pub(crate) fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files().filter_map(|file| file.name.as_deref())
    }

    /// Returns the parts that are files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &FilePart> {
        self.parts.iter().filter_map(|part| match &part.value {
            Value::File(file) => Some(file),
            Value::Text(_) => None,
        })
    }

    /// The body and the content type that names its boundary.
    pub fn into_body(self) -> Result<(HeaderValue, Body), Error> {
        let boundary = boundary();
        let content_type = HeaderValue::try_from([CONTENT_TYPE, &boundary].concat())
            .map_err(|_| Error::invalid("multipart", "the boundary is not a valid header value"))?;
        let length = self.parts.iter().map(Part::memory).sum::<usize>() + PART_OVERHEAD;
        let mut writer = Writer { text: BytesMut::with_capacity(length), segments: Vec::new() };
        for part in self.parts {
            writer.part(&boundary, part)?;
        }
        writer.text.put_slice(b"--");
        writer.text.put_slice(&boundary);
        writer.text.put_slice(b"--\r\n");
        Ok((content_type, writer.into_body()))
    }
}

struct Writer {
    text: BytesMut,
    segments: Vec<Segment>,
}

impl Writer {
    fn part(&mut self, boundary: &[u8], part: Part) -> Result<(), Error> {
        // Servers read a backslash before the closing quote as if the quote were a part of the name.
        if part.name.contains(|character: char| character == '\\' || is_unsayable(character)) {
            return Err(Error::invalid(
                "multipart",
                format_args!(
                    "the name {:?} of a part has a backslash or a control character: leave it out",
                    brief(&part.name, 60)
                ),
            ));
        }
        let text = &mut self.text;
        text.put_slice(b"--");
        text.put_slice(boundary);
        text.put_slice(b"\r\nContent-Disposition: form-data; name=\"");
        put_quoted(text, &part.name);
        text.put_u8(b'"');
        match part.value {
            Value::Text(Hidden(value)) => {
                // Some servers take a part with a content type for a file, so text has none.
                text.put_slice(b"\r\n\r\n");
                text.put_slice(value.as_bytes());
            }
            Value::File(file) => self.file(&part.name, file)?,
        }
        self.text.put_slice(b"\r\n");
        Ok(())
    }

    fn file(&mut self, part: &str, file: FilePart) -> Result<(), Error> {
        let content_type = file.content_type.as_deref().unwrap_or("application/octet-stream");
        if HeaderValue::from_str(content_type).is_err() {
            return Err(Error::invalid(
                part,
                "the file's content type has a line break or another control character",
            ));
        }
        let text = &mut self.text;
        text.put_slice(b"; filename=\"");
        file_name::put(text, file.name.as_deref().unwrap_or(UNNAMED));
        text.put_slice(b"\"\r\nContent-Type: ");
        text.put_slice(content_type.as_bytes());
        text.put_slice(b"\r\n\r\n");
        match file.source {
            Source::Bytes(bytes) => text.put_slice(&bytes),
            Source::Path(path) => {
                let length = match std::fs::metadata(&path) {
                    Ok(metadata) if metadata.is_file() => metadata.len(),
                    Ok(_) => {
                        return Err(Error::invalid(part, format_args!("{} is not a file", path.display())));
                    }
                    Err(problem) => {
                        return Err(Error::invalid(
                            part,
                            format_args!("{} can't be read: {problem}", path.display()),
                        ));
                    }
                };
                let on_progress = file.on_progress;
                self.segment(Segment::Path { path, length, on_progress });
            }
            Source::Stream { stream, length } => {
                self.segment(Segment::Stream { stream, length, on_progress: file.on_progress });
            }
        }
        Ok(())
    }

    fn segment(&mut self, segment: Segment) {
        let text = self.text.split().freeze();
        self.segments.push(Segment::Bytes(text));
        self.segments.push(segment);
    }

    fn into_body(mut self) -> Body {
        let rest: Bytes = self.text.freeze();
        if self.segments.is_empty() {
            return Body(Kind::Bytes(rest));
        }
        self.segments.push(Segment::Bytes(rest));
        let again: Option<Vec<_>> = self.segments.iter().map(Segment::try_clone).collect();
        let once = SegmentBody::new(self.segments);
        match again {
            Some(again) => {
                let length = http_body::Body::size_hint(&once).exact();
                Body::reopen(length, move || SegmentBody::new(again.iter().filter_map(Segment::try_clone)))
            }
            None => Body(Kind::Once(stream(once))),
        }
    }
}

/// Returns whether a header can't contain a character, escaped or not.
fn is_unsayable(character: char) -> bool {
    character.is_control() && !matches!(character, '\r' | '\n')
}

/// A name within quotes, escaped as browsers do it.
fn put_quoted(text: &mut BytesMut, name: &str) {
    for byte in name.bytes() {
        match byte {
            b'"' => text.put_slice(b"%22"),
            b'\r' => text.put_slice(b"%0D"),
            b'\n' => text.put_slice(b"%0A"),
            byte => text.put_u8(byte),
        }
    }
}

const BLANK_BOUNDARY: &[u8; 39] = b"kestra-00000000000000000000000000000000";

/// Returns a boundary of 128 bits that a client can't guess: forms may hold text of other people.
fn boundary() -> [u8; BLANK_BOUNDARY.len()] {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // RandomState is seeded by the operating system; no other crate is needed for it.
    let half = |salt: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(count ^ salt);
        hasher.finish()
    };
    let mut boundary = *BLANK_BOUNDARY;
    let halves = boundary["kestra-".len()..].chunks_exact_mut(16).zip([half(0), half(u64::MAX)]);
    for (digits, mut number) in halves {
        for digit in digits {
            *digit = b"0123456789abcdef"[number as usize % 16];
            number /= 16;
        }
    }
    boundary
}
