//! Messages in the JSON of error responses: Kestra's own shape, problem details (RFC 9457), OAuth errors, lists of errors,
//! and any other JSON that a gateway sends.

use serde_json::{Map, Value};

/// How deep in the JSON strings are searched for.
const DEPTH: usize = 8;

/// How much text is read, in bytes: an error's message is cut before that.
const ENOUGH: usize = 4096;

/// Names of fields with a message, from the most general to the most specific; `_`, `-` and case don't count.
const SAID: [&str; 14] = [
    "title",
    "error",
    "message",
    "messages",
    "msg",
    "errormessage",
    "statusmessage",
    "faultstring",
    "errordescription",
    "detail",
    "details",
    "description",
    "reason",
    "cause",
];

/// Names of fields with a list of the faults of a request.
const LISTED: [&str; 8] =
    ["embedded", "errors", "invalids", "fault", "invalidparams", "violations", "validationerrors", "issues"];

/// Names of fields that only repeat the status or the request, or contain inputs, as links do.
const SILENT: [&str; 14] = [
    "links",
    "href",
    "status",
    "statuscode",
    "httpstatus",
    "timestamp",
    "path",
    "instance",
    "type",
    "url",
    "uri",
    "success",
    "ok",
    "logref",
];

/// Returns the messages of an error's body joined into one, or `None` if it has none.
pub(super) fn of(body: &Value) -> Option<String> {
    let mut texts = Texts::default();
    texts.collect(body, 0, ": ");
    Some(texts.0).filter(|text| !text.is_empty())
}

#[derive(Default)]
struct Texts(String);

impl Texts {
    fn push(&mut self, text: &str, separator: &str) {
        let text = text.trim();
        // Longer messages repeat titles, and one fault may be listed for each of many ids.
        if text.is_empty() || self.0.contains(text) || self.0.len() > ENOUGH {
            return;
        }
        if text.contains(self.0.as_str()) {
            self.0.clear();
        }
        if !self.0.is_empty() {
            self.0.push_str(separator);
        }
        self.0.push_str(text);
    }

    fn collect(&mut self, value: &Value, depth: usize, separator: &str) {
        match value {
            Value::String(text) => self.push(text, separator),
            Value::Array(elements) if depth < DEPTH => {
                for (place, element) in elements.iter().enumerate() {
                    let separator = if place == 0 { separator } else { "; " };
                    self.push_all(element, depth + 1, separator);
                }
            }
            Value::Object(fields) if depth < DEPTH => self.fields(fields, depth, separator),
            _ => {}
        }
    }

    /// Adds the messages in a value as one string.
    fn push_all(&mut self, value: &Value, depth: usize, separator: &str) {
        let mut texts = Self::default();
        texts.collect(value, depth, ": ");
        self.push(&texts.0, separator);
    }

    fn fields(&mut self, fields: &Map<String, Value>, depth: usize, separator: &str) {
        let mut texts = Self::default();
        for (names, separator) in [(&SAID[..], ": "), (&LISTED[..], "; ")] {
            for name in names {
                for (_, value) in fields.iter().filter(|(known, _)| is_called(known, name)) {
                    texts.push_all(value, depth + 1, separator);
                }
            }
        }
        if texts.0.is_empty() {
            texts.entries(fields, depth);
        }
        self.push(&texts.0, separator);
    }

    /// Adds all entries with their names if none of the names is known, as in a map from fields to their faults.
    fn entries(&mut self, fields: &Map<String, Value>, depth: usize) {
        for (name, value) in fields {
            let known = SAID.iter().chain(&LISTED).chain(&SILENT);
            if known.into_iter().any(|known| is_called(name, known)) {
                continue;
            }
            let mut texts = Self::default();
            match value {
                Value::Number(number) => texts.push(&number.to_string(), ""),
                value => texts.collect(value, depth + 1, ": "),
            }
            if !texts.0.is_empty() {
                self.push(&format!("{name}: {}", texts.0), "; ");
            }
        }
    }
}

fn is_called(name: &str, known: &str) -> bool {
    let mut letters = name.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase);
    known.chars().all(|letter| letters.next() == Some(letter)) && letters.next().is_none()
}
