//! What an error's body says, be it Kestra's JSON, plain text, a proxy's HTML or nothing.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{ErrorResponse, json_text};
use crate::json;
use crate::redact::brief;

impl ErrorResponse {
    /// Returns the body if it is a JSON object.
    #[doc(hidden)]
    pub fn json_object(&self) -> Option<Map<String, Value>> {
        json::from_slice(&self.body).ok()
    }

    /// Returns whether the body is Kestra's error JSON, which has `_links` on every version; that of a proxy or an
    /// API gateway has not.
    #[doc(hidden)]
    pub fn is_kestra_error(&self) -> bool {
        json::member(&self.body, "_links").is_some()
    }

    /// Returns the message in the body, in one line of at most 500 characters: the strings of the JSON, else the text, else
    /// the title of an HTML page. `None` if there is no message, as in a page without a title.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let body = self.body.trim_ascii();
        if body.is_empty() {
            return None;
        }
        if self.is_html() {
            return html_title(&String::from_utf8_lossy(body)).map(|title| clean(&title));
        }
        // A JSON number or boolean is no message, but text may begin like one.
        match json::from_slice::<Value>(body) {
            Ok(Value::Null | Value::Bool(_)) => None,
            Ok(body @ (Value::String(_) | Value::Array(_) | Value::Object(_))) => json_text::of(&body),
            Ok(Value::Number(_)) | Err(_) => Some(String::from_utf8_lossy(body).into_owned()),
        }
        .map(|text| clean(&text))
        .filter(|text| !text.is_empty())
    }

    /// Returns whether the body is an HTML page, which Kestra never sends as an error: a proxy responded.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let declared = self
            .parts
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(|value| value.trim_start().to_ascii_lowercase())
            .is_some_and(|value| value.starts_with("text/html") || value.starts_with("application/xhtml"));
        declared || {
            let start = &self.body[..self.body.len().min(256)];
            let start = String::from_utf8_lossy(start).to_ascii_lowercase();
            let start = start.trim_start_matches('\u{feff}').trim_start();
            ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag))
        }
    }
}

fn html_title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower[tag..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = page[start..end].trim();
    (!title.is_empty()).then(|| format!("an HTML page titled {title:?}"))
}

/// One line, control characters and the values of inputs gone, at most 500 characters.
fn clean(text: &str) -> String {
    const LIMIT: usize = 500;
    let text = without_received_values(text);
    let words = text.split(|character: char| character.is_control() || character == ' ');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    // The `…` at the end counts as a character.
    brief(words.join(" "), LIMIT - 1)
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
        // A value may hold backticks and line breaks; the cause or the next fault, if any, begins after the last one of the value.
        let next = ["` with errors:", "`; ", "`, "].into_iter().find_map(|after| value.find(after));
        let next = next.or_else(|| value.rfind('`'));
        rest = next.map_or("", |end| &value[end + 1..]);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}
