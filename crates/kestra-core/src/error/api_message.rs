//! What an error's body says, be it Kestra's JSON, plain text, a proxy's HTML or nothing.

use std::borrow::Cow;

use super::{Error, ErrorResponse};
use crate::{json, object};

/// Kestra's error body, as far as it is the same on every version.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ApiError {
    /// The cause; begins with the server's reason phrase.
    pub message: Option<String>,
    /// Details, under the HAL key that servers use.
    pub embedded: Option<Embedded>,
    /// What a refused bulk action found wrong, one entry an id.
    pub invalids: Option<Vec<Invalid>>,
}

/// The details of an error.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Embedded {
    /// One entry a fault.
    pub errors: Option<Vec<Fault>>,
}

/// One fault of a request.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Fault {
    /// What is wrong.
    pub message: Option<String>,
    /// Where, such as `createFlow.flow.tasks[0].type`; on 1.0 the name of an input.
    pub path: Option<String>,
}

/// One thing that a bulk action refused.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Invalid {
    /// Why.
    pub message: Option<String>,
    /// The id, or whatever was sent in its place.
    pub invalid_value: serde_json::Value,
}

object! {
    ApiError {
        0 message = "message",
        1 embedded = "_embedded",
        2 invalids = "invalids",
    }
}

object! {
    Embedded {
        0 errors = "errors",
    }
}

object! {
    Fault {
        0 message = "message",
        1 path = "path",
    }
}

object! {
    Invalid {
        0 message = "message",
        1 invalid_value = "invalidValue",
    }
}

impl ErrorResponse {
    /// The body as Kestra's error shape, if it is one.
    #[must_use]
    pub fn api_error(&self) -> Option<ApiError> {
        let start = self.body.iter().find(|byte| !byte.is_ascii_whitespace())?;
        if *start != b'{' {
            return None;
        }
        json::from_slice(&self.body).ok()
    }

    /// What the body says to a person: the message of the JSON, else the text, else the title of an HTML page.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        if let Some(api) = self.api_error() {
            let mut message = api.message?;
            let faults = api.embedded.and_then(|embedded| embedded.errors).unwrap_or_default();
            for fault in faults.iter().filter_map(|fault| fault.message.as_deref()) {
                if !message.contains(fault) {
                    message.push_str("; ");
                    message.push_str(fault);
                }
            }
            for invalid in api.invalids.unwrap_or_default() {
                if let Some(reason) = invalid.message {
                    message.push_str("; ");
                    message.push_str(&reason);
                }
            }
            return Some(clean(&message));
        }
        let text = String::from_utf8_lossy(&self.body);
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if self.is_html() {
            return Some(clean(&html_title(text)));
        }
        // A JSON string where an object is usual.
        if text.starts_with('"')
            && let Ok(text) = json::from_slice::<String>(text.as_bytes())
        {
            return Some(clean(&text));
        }
        Some(clean(text))
    }

    /// Whether the body is a page of HTML, which Kestra never sends as an error: a proxy answered.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let declared = self
            .parts
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/html"));
        declared || {
            let start = &self.body[..self.body.len().min(256)];
            let start = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
            start.starts_with("<!doctype html") || start.starts_with("<html")
        }
    }
}

impl Error {
    /// What the server said, in one line: from Kestra's JSON, plain text or HTML; `None` where it said nothing.
    #[must_use]
    pub fn api_message(&self) -> Option<String> {
        self.response()?.message()
    }
}

fn html_title(page: &str) -> Cow<'_, str> {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|tag| {
        let start = tag + lower[tag..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        Some(page[start..end].trim())
    });
    match title {
        Some(title) if !title.is_empty() => Cow::Owned(format!("an HTML page titled {title:?}")),
        _ => Cow::Borrowed("an HTML page"),
    }
}

/// One line, control characters and the values of inputs gone, at most 500 characters.
fn clean(text: &str) -> String {
    const LIMIT: usize = 500;
    let text = &*without_received_values(text);
    let mut line = String::with_capacity(text.len().min(LIMIT + 8));
    let mut count = 0;
    let mut blank = false;
    for character in text.chars() {
        if character.is_control() || character == ' ' {
            blank = !line.is_empty();
            continue;
        }
        if count >= LIMIT {
            line.push('…');
            break;
        }
        if blank {
            line.push(' ');
            count += 1;
            blank = false;
        }
        line.push(character);
        count += 1;
    }
    line
}

/// Servers repeat the value of a refused input, of secret ones too.
fn without_received_values(text: &str) -> Cow<'_, str> {
    const BEFORE: &str = "but received `";
    if !text.contains(BEFORE) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BEFORE) {
        let (before, value) = rest.split_at(at + BEFORE.len());
        kept.push_str(before);
        kept.push_str("…`");
        // A value may hold backticks and line breaks; the next fault, if any, begins after the last one of the value.
        let next = value.find("`; ").or_else(|| value.find("`, ")).or_else(|| value.rfind('`'));
        rest = next.map_or("", |end| &value[end + 1..]);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}
