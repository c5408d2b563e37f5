//! JSON of a server.

mod reading;

use bytes::Bytes;
use http::Response;
use kestra_core::ErrorResponse;
use kestra_core::internal::json::{Problem, Read, from_slice, member, read};
use kestra_models::{
    Dashboard, Execution, Flow, FlowWithSource, InputsValidation, IsoDuration, KvDetail, KvEntry, Label,
    Labels, LogEntry, MetricEntry, Page, PebbleFunction, Plugin,
};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// How deep lists and objects may be nested.
const DEPTH: usize = 512;

/// A document is read as through serde, what is JSON is read, what is none is refused, and any JSON is read as its text says; a model that was read is the same after
/// it was written and read again; what a server says with an error is one short line.
pub fn json(data: &[u8]) {
    // What `serde_json` passes over may be as deep as it is, and have halves of surrogate pairs and any number.
    let is_json = serde_json::from_slice::<IgnoredAny>(data).is_ok();
    match from_slice::<Value>(data) {
        Ok(read) => {
            assert!(is_json && reading::depth(data) <= DEPTH, "no JSON, or too deep, and read as {read}");
            if let Ok(text) = std::str::from_utf8(data) {
                let meant = reading::of(text);
                assert_eq!(read, meant);
                assert_eq!(read.to_string(), meant.to_string());
            }
            members_are_found(data, &read);
        }
        Err(problem) => {
            assert!(!is_json || reading::depth(data) > DEPTH, "{problem}");
            is_brief(&problem);
        }
    }

    readers_agree::<Value>(data);
    stays_the_same::<Execution>(data, is_json);
    stays_the_same::<Page<Execution>>(data, is_json);
    stays_the_same::<Flow>(data, is_json);
    stays_the_same::<FlowWithSource>(data, is_json);
    stays_the_same::<LogEntry>(data, is_json);
    stays_the_same::<MetricEntry>(data, is_json);
    stays_the_same::<Dashboard>(data, is_json);
    stays_the_same::<Plugin>(data, is_json);
    stays_the_same::<KvEntry>(data, is_json);
    stays_the_same::<Labels>(data, is_json);
    stays_the_same::<Vec<Label>>(data, is_json);
    stays_the_same::<Vec<PebbleFunction>>(data, is_json);
    stays_the_same::<InputsValidation>(data, is_json);
    stays_the_same::<Vec<IsoDuration>>(data, is_json);
    if let Some(detail) = stays_the_same::<KvDetail>(data, is_json) {
        let _ = detail.typed().map(|value| (value.to_text(), value.to_json()));
    }
    says_one_short_line(data);
}

/// Every field of an object is found by its name, as it is written.
fn members_are_found(data: &[u8], read: &Value) {
    let Value::Object(fields) = read else {
        assert_eq!(member(data, ""), None);
        return;
    };
    for (name, value) in fields {
        match member(data, name).map(from_slice::<Value>) {
            None if std::str::from_utf8(data).is_err() => {}
            Some(Ok(found)) => assert_eq!(found, *value, "{name}"),
            other => panic!("{name} is {other:?}"),
        }
    }
}

/// What is read through serde is read the same. `serde_json` rounds integers over 64 bits.
fn readers_agree<T: Read + std::fmt::Debug>(data: &[u8]) {
    if data.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 18) {
        return;
    }
    let Ok(by_serde) = through_serde::<T>(data) else { return };
    match from_slice::<T>(data) {
        Ok(read) => assert_eq!(format!("{read:?}"), format!("{by_serde:?}")),
        Err(problem) => panic!("{problem}, but read through serde as {by_serde:?}"),
    }
}

/// Reads a document as it is read from any of serde's formats.
pub(crate) fn through_serde<T: Read>(data: &[u8]) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(data);
    let value = read(&mut json)?;
    json.end().map(|()| value)
}

fn stays_the_same<T>(data: &[u8], is_json: bool) -> Option<T>
where
    T: Read + Serialize + DeserializeOwned + std::fmt::Debug,
{
    readers_agree::<T>(data);
    let first = match from_slice::<T>(data) {
        Ok(first) => first,
        Err(problem) => {
            is_brief(&problem);
            return None;
        }
    };
    assert!(is_json, "no JSON is read as {first:?}");
    let Ok(written) = serde_json::to_vec(&first) else { panic!("{first:?} can't be written") };
    let again = match from_slice::<T>(&written) {
        Ok(again) => again,
        Err(problem) => panic!("{problem}: {}", String::from_utf8_lossy(&written)),
    };
    let shown = format!("{first:?}");
    // JSON has no such number, so that it is written as null.
    if shown.split(&['(', ')', '[', ']', ' ', ',', '-']).any(|word| matches!(word, "NaN" | "inf")) {
        return Some(first);
    }
    assert_eq!(shown, format!("{again:?}"));
    // `Debug` hides what may be a secret.
    let Ok(once_more) = serde_json::to_vec(&again) else { panic!("{again:?} can't be written") };
    assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&once_more));
    Some(first)
}

/// A problem says in short what is wrong and where, whatever the document is.
fn is_brief(problem: &Problem) {
    let (text, path) = (problem.to_string(), problem.path().unwrap_or_default());
    assert!(text.chars().count() < 400 && path.chars().count() < 2000, "{text} at {path}");
    assert!(!text.contains(|character| character < ' '), "{text:?}");
}

fn says_one_short_line(body: &[u8]) {
    for content_type in ["application/json", "text/html"] {
        let response = Response::builder().status(422).header("content-type", content_type).body(());
        let Ok(response) = response else { panic!("no response") };
        let response = ErrorResponse::new(response.into_parts().0, Bytes::copy_from_slice(body));
        if let Some(message) = response.message() {
            assert!(!message.is_empty() && message.chars().count() <= 500, "{message}");
            assert!(!message.contains(char::is_control), "{message:?}");
        }
        let _ = response.json_object();
    }
}
