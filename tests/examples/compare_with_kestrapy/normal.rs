//! Requests as text that is the same if they mean the same.

use std::collections::BTreeMap;

use kestra_testkit::RecordedRequest;
use kestra_tests::recorded::parts;
use serde_json::Value;

/// The header that names the operation.
const OPERATION: &str = "x-operation";

/// The operation that both clients repeat until an execution has a state; how often that takes is chance.
const POLLED: &str = "executions.execution";

/// An operation and its requests.
#[derive(Debug, Default)]
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) requests: Vec<String>,
}

impl Operation {
    /// Its requests beside those of another; what one lacks is empty.
    pub(crate) fn beside<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let request = |of: &'a Self, place: usize| of.requests.get(place).map_or("", String::as_str);
        let count = self.requests.len().max(other.requests.len());
        (0..count).map(move |place| (request(self, place), request(other, place)))
    }
}

/// The operations whose names the requests carry.
pub(crate) fn named(requests: &[RecordedRequest]) -> Vec<Operation> {
    let mut ids = Ids::default();
    let operation = |request: &RecordedRequest| Operation {
        name: request.header(OPERATION).unwrap_or_default().to_owned(),
        requests: vec![ids.line(request)],
    };
    merged(requests.iter().map(operation).collect())
}

/// Calls of one operation right after another are one, and the same request of the polled one is compared once. What any
/// other sends twice is seen.
pub(crate) fn merged(operations: Vec<Operation>) -> Vec<Operation> {
    let mut merged: Vec<Operation> = Vec::new();
    for operation in operations {
        match merged.last_mut() {
            Some(last) if last.name == operation.name => last.requests.extend(operation.requests),
            _ => merged.push(operation),
        }
    }
    for operation in merged.iter_mut().filter(|operation| operation.name == POLLED) {
        operation.requests.dedup();
    }
    merged
}

/// The ids of executions, which are told apart by their order.
#[derive(Debug, Default)]
pub(crate) struct Ids(Vec<String>);

impl Ids {
    pub(crate) fn line(&mut self, request: &RecordedRequest) -> String {
        let path: Vec<String> = request.path.split('/').map(|segment| self.text(segment)).collect();
        let mut query = request.query.clone();
        query.sort();
        let content_type = request.header("content-type").unwrap_or_default();
        let (kind, _) = content_type.split_once(';').unwrap_or((content_type, ""));
        let body = match (parts(content_type, &request.body), json(request)) {
            (Some(parts), _) => parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            (None, Some(value)) => self.value(value).to_string(),
            (None, None) => format!("{:?}", request.text()),
        };
        format!("{} {} {query:?} {kind:?} {body}", request.method, path.join("/"))
    }

    /// The text, or the place of the execution that it is the id of.
    fn text(&mut self, text: &str) -> String {
        let is_id = (20..=22).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id {
            return text.to_owned();
        }
        let place = self.0.iter().position(|known| known == text).unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        format!("execution-{place}")
    }

    /// The value with its keys in order.
    fn value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let fields: BTreeMap<String, Value> = fields.into_iter().collect();
                fields.into_iter().map(|(key, value)| (key, self.value(value))).collect()
            }
            other => other,
        }
    }
}

/// The body as JSON: what says that it is, and a list or an object that is sent as text.
fn json(request: &RecordedRequest) -> Option<Value> {
    let is_json = request.header("content-type").is_some_and(|kind| kind.contains("json"));
    let value: Value = serde_json::from_slice(&request.body).ok()?;
    (is_json || value.is_object() || value.is_array()).then_some(value)
}
