//! Bytes to events, by the rules of the HTML standard, with a bound on what is held in memory.

use std::fmt;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The `id` that was set last; Kestra says with it what kind of event it is.
    pub id: String,
    /// The `event` field; Kestra sends none.
    pub event: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
}

/// Events can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SseError {
    /// An event is larger than the bound, in bytes.
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// The data is not UTF-8.
    NotUtf8,
}

impl fmt::Display for SseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "an event has more than {limit} bytes"),
            Self::NotUtf8 => f.write_str("an event is not UTF-8"),
        }
    }
}

impl std::error::Error for SseError {}

/// How large an event may be, in bytes, unless told otherwise: 64 MiB.
const DEFAULT_LIMIT: usize = 64 * 1024 * 1024;

/// Takes bytes in any pieces and gives events.
///
/// ```
/// use kestra_core::internal::sse::Decoder;
///
/// let mut decoder = Decoder::default();
/// decoder.push(b"id: end\ndata: {}\n\n");
/// let event = decoder.next_event()?.expect("one event");
/// assert_eq!((event.id.as_str(), event.data.as_str()), ("end", "{}"));
/// # Ok::<(), kestra_core::sse::SseError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// How much of the buffer was read as lines.
    read: usize,
    /// How much of it was searched for the end of a line.
    searched: usize,
    started: bool,
    event: Event,
    has_data: bool,
    after_return: bool,
    limit: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }
}

impl Decoder {
    /// A decoder that refuses events of more bytes than this.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            read: 0,
            searched: 0,
            started: false,
            event: Event::default(),
            has_data: false,
            after_return: false,
            limit,
        }
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > 0 {
            self.buffer.drain(..self.read);
            self.searched -= self.read;
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next event, if it is complete.
    pub fn next_event(&mut self) -> Result<Option<Event>, SseError> {
        if !self.started {
            const MARK: &[u8] = b"\xEF\xBB\xBF";
            if self.buffer.len() < MARK.len() && MARK.starts_with(&self.buffer) {
                return Ok(None);
            }
            if self.buffer.starts_with(MARK) {
                self.read = MARK.len();
                self.searched = MARK.len();
            }
            self.started = true;
        }
        while let Some((start, end)) = self.next_line() {
            self.check_size(end - start)?;
            if start == end {
                if let Some(event) = self.dispatch() {
                    return Ok(Some(event));
                }
            } else {
                self.field(start, end)?;
            }
        }
        self.check_size(self.buffer.len() - self.read)?;
        if self.read == self.buffer.len() {
            // A stream may be silent for long; until then it needs nothing of what its last event needed.
            self.buffer = Vec::new();
            (self.read, self.searched) = (0, 0);
        }
        Ok(None)
    }

    /// Refuses a line that is too large together with the data before it, complete or not, so that the result doesn't depend
    /// on how the bytes are split.
    fn check_size(&self, line: usize) -> Result<(), SseError> {
        if line + self.event.data.len() > self.limit {
            return Err(SseError::TooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// The bounds of the next complete line, its end not included.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        if self.after_return && self.read < self.buffer.len() {
            self.after_return = false;
            if self.buffer[self.read] == b'\n' {
                self.read += 1;
                self.searched = self.read;
            }
        }
        let found = self.buffer[self.searched..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let Some(found) = found else {
            self.searched = self.buffer.len();
            return None;
        };
        let (start, end) = (self.read, self.searched + found);
        // Whether a line feed belongs to a carriage return shows with the next byte; the line is complete before.
        self.after_return = self.buffer[end] == b'\r';
        self.read = end + 1;
        self.searched = self.read;
        Some((start, end))
    }

    fn field(&mut self, start: usize, end: usize) -> Result<(), SseError> {
        let line = std::str::from_utf8(&self.buffer[start..end]).map_err(|_| SseError::NotUtf8)?;
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.has_data = true;
                self.event.data.push_str(value);
            }
            "id" if !value.contains('\0') => {
                self.event.id.clear();
                self.event.id.push_str(value);
            }
            "event" => {
                self.event.event.clear();
                self.event.event.push_str(value);
            }
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self) -> Option<Event> {
        if !self.has_data {
            self.event.event.clear();
            return None;
        }
        self.has_data = false;
        let event = Event {
            id: self.event.id.clone(),
            event: std::mem::take(&mut self.event.event),
            data: std::mem::take(&mut self.event.data),
        };
        Some(event)
    }
}
