//! How an error prints: one line, a line with causes and advice, or many lines for a log.

use std::error::Error as StdError;
use std::fmt;

use super::{Error, ErrorKind, ErrorResponse};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = inner.operation {
            f.write_str(operation.name)?;
            if let Some(route) = operation.newest_route() {
                write!(f, " ({route})")?;
            }
            f.write_str(": ")?;
        }
        match (&inner.response, inner.kind) {
            (Some(response), ErrorKind::Status) => write_status(f, response)?,
            (Some(response), kind) => {
                write!(f, "{} (status {})", kind.text(), response.parts.status.as_u16())?
            }
            (None, ErrorKind::Timeout(phase)) => write!(f, "{} ({})", inner.kind.text(), phase.name())?,
            (None, kind) => f.write_str(kind.text())?,
        }
        if let Some(message) = &inner.message {
            write!(f, ": {message}")?;
        } else if let Some(message) = inner.response.as_ref().and_then(ErrorResponse::message) {
            write!(f, ": {message}")?;
        }
        if let Some(id) = &inner.about.id
            && !inner.message.as_ref().is_some_and(|message| message.contains(id.as_str()))
        {
            write!(f, " (execution {id})")?;
        }
        if inner.attempts > 1 {
            write!(f, " (after {} attempts)", inner.attempts)?;
        }
        if let Some(note) = inner.note {
            write!(f, " ({note})")?;
        }
        if f.alternate() {
            let message = inner.message.as_deref().unwrap_or_default();
            let mut source = self.source();
            while let Some(cause) = source {
                let text = cause.to_string();
                // A message that has to make sense in one line may say the cause itself.
                if !message.contains(&text) {
                    write!(f, ": {text}")?;
                }
                source = cause.source();
            }
            if let Some(hint) = self.hint() {
                write!(f, " (hint: {hint})")?;
            }
        }
        Ok(())
    }
}

fn write_status(f: &mut fmt::Formatter<'_>, response: &ErrorResponse) -> fmt::Result {
    let status = response.parts.status;
    match status.canonical_reason() {
        Some(reason) => write!(f, "{} {reason}", status.as_u16()),
        None => write!(f, "{}", status.as_u16()),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &inner.kind);
        if let Some(operation) = inner.operation {
            debug.field("operation", &operation.name);
        }
        if let Some(message) = &inner.message {
            debug.field("message", message);
        }
        if let Some(response) = &inner.response {
            debug.field("response", response);
        }
        debug.field("request_sent", &inner.sent);
        if inner.attempts > 0 {
            debug.field("attempts", &inner.attempts);
        }
        if let Some(elapsed) = inner.elapsed {
            debug.field("elapsed", &elapsed);
        }
        if let Some(note) = inner.note {
            debug.field("note", &note);
        }
        if let Some(id) = &inner.about.id {
            debug.field("execution_id", id);
        }
        if let Some(key) = &inner.about.key {
            debug.field("idempotency_key", key);
        }
        if let Some(source) = &inner.source {
            debug.field("source", source);
        }
        debug.finish()
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
