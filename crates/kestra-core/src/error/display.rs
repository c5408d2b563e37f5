//! How an error prints: what went wrong in one line, the causes, and what to do about it.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::{Error, ErrorKind, ErrorResponse, causes};

/// The most bytes of an error's text before its hint. A hint and the end of `Debug` fit into 4 KiB with it.
pub(super) const LIMIT: usize = 3 * 1024;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line::new(f);
        self.write_summary(&mut line)?;
        if line.out.alternate() {
            self.write_causes(&mut line)?;
        }
        let f = line.end()?;
        match self.hint() {
            Some(hint) => write!(f, ": {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#} (")?;
        if self.0.attempts > 0 {
            write!(f, "attempts: {}, ", self.0.attempts)?;
        }
        write!(f, "request_sent: {:?})", self.0.sent)
    }
}

/// A part of an error in one line, without its hint.
struct Part<'a>(&'a Error, fn(&Error, &mut Line<'_, '_>) -> fmt::Result);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line::new(f);
        (self.1)(self.0, &mut line)?;
        line.end().map(drop)
    }
}

impl Error {
    /// Returns the error as `{}` prints it, without the hint at the end, for use within another message.
    #[must_use]
    pub fn summary(&self) -> impl fmt::Display + '_ {
        Part(self, Self::write_summary)
    }

    /// Returns the summary without the operation or method, for a message that begins with the same.
    #[doc(hidden)]
    pub fn reason(&self) -> impl fmt::Display + '_ {
        Part(self, Self::write_reason)
    }

    fn write_summary(&self, line: &mut Line<'_, '_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = inner.operation {
            line.write_str(operation.name)?;
            if let Some(route) = operation.newest_route() {
                write!(line, " ({route})")?;
            }
            line.write_str(": ")?;
        } else if let Some(method) = inner.method {
            write!(line, "{method}: ")?;
        }
        self.write_reason(line)
    }

    fn write_reason(&self, line: &mut Line<'_, '_>) -> fmt::Result {
        let inner = &*self.0;
        match (&inner.response, inner.kind) {
            // The message describes the failed version detection in full.
            _ if inner.is_version_detection => {}
            (Some(response), ErrorKind::Status) => write_status(line, response)?,
            (Some(response), kind) => {
                write!(line, "{} (status {})", kind.text(), response.parts.status.as_u16())?
            }
            (None, ErrorKind::Timeout(phase)) => write!(line, "{} ({})", inner.kind.text(), phase.name())?,
            (None, kind) => line.write_str(kind.text())?,
        }
        if let Some(message) = &inner.message {
            line.write_str(if inner.is_version_detection { "" } else { ": " })?;
            line.write_str(message)?;
        } else if let Some(message) = inner.response.as_ref().and_then(ErrorResponse::message) {
            // The hint follows.
            let message = message.trim_end_matches('.');
            match without_reason(message, inner.response.as_ref().filter(|_| inner.kind == ErrorKind::Status))
            {
                "" => {}
                message => write!(line, ": {message}")?,
            }
        }
        if let Some(id) = &inner.execution_id
            && !inner.message.as_ref().is_some_and(|message| message.contains(id.as_str()))
        {
            write!(line, " (execution {id})")?;
        }
        if inner.attempts > 1 {
            write!(line, " (after {} attempts)", inner.attempts)?;
        }
        if inner.failed_servers > 1 {
            write!(line, " ({} servers failed)", inner.failed_servers)?;
        }
        if let Some(note) = inner.note {
            write!(line, " ({note})")?;
        }
        Ok(())
    }

    fn write_causes(&self, line: &mut Line<'_, '_>) -> fmt::Result {
        let message = self.0.message.as_deref().unwrap_or_default();
        let hint = self.hint();
        for cause in causes(self).skip(1) {
            // An error that several calls have as their cause is shared.
            let shared = cause.downcast_ref::<Arc<Self>>().map(|error| &**error);
            let text = match cause.downcast_ref::<Self>().or(shared) {
                Some(error) => error.summary().to_string(),
                None => cause.to_string(),
            };
            // An `Error` among the causes would print its hint here, but the hint belongs at the end only.
            let ended = hint.and_then(|hint| text.strip_suffix(hint)?.strip_suffix(": "));
            let text = ended.unwrap_or(&text);
            // The message may already contain the cause.
            if !message.contains(text) {
                write!(line, ": {text}")?;
            }
        }
        Ok(())
    }
}

/// Returns a message without the words of the status, which it may begin with.
fn without_reason<'a>(message: &'a str, response: Option<&ErrorResponse>) -> &'a str {
    let reason = response.and_then(|response| response.parts.status.canonical_reason());
    let rest = reason.and_then(|reason| message.strip_prefix(reason));
    let rest = rest.and_then(|rest| if rest.is_empty() { Some(rest) } else { rest.strip_prefix(": ") });
    rest.unwrap_or(message)
}

fn write_status(line: &mut Line<'_, '_>, response: &ErrorResponse) -> fmt::Result {
    let status = response.parts.status;
    match status.canonical_reason() {
        Some(reason) => write!(line, "{} {reason}", status.as_u16()),
        None => write!(line, "{}", status.as_u16()),
    }
}

/// Writes one line of at most [`LIMIT`] bytes, whatever the parts of an error hold.
struct Line<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    left: usize,
    is_cut: bool,
}

impl<'a, 'f> Line<'a, 'f> {
    fn new(out: &'a mut fmt::Formatter<'f>) -> Self {
        Self { out, left: LIMIT, is_cut: false }
    }

    /// Writes `…` if the line was cut.
    fn end(self) -> Result<&'a mut fmt::Formatter<'f>, fmt::Error> {
        if self.is_cut {
            self.out.write_char('…')?;
        }
        Ok(self.out)
    }
}

impl fmt::Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Ok(());
        }
        let kept = &text[..text.floor_char_boundary(self.left)];
        self.is_cut = kept.len() < text.len();
        self.left -= kept.len();
        for (place, part) in kept.split(char::is_control).enumerate() {
            if place > 0 {
                self.out.write_char(' ')?;
            }
            self.out.write_str(part)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may set cookies and links repeat inputs, so only what is known to be harmless is shown.
        f.debug_struct("ErrorResponse")
            .field("status", &self.parts.status)
            .field("content_type", &self.parts.headers.get(http::header::CONTENT_TYPE))
            .field("body_bytes", &self.body.len())
            .field("message", &self.message())
            .finish()
    }
}
