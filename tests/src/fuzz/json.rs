//! JSON of a server.

use kestra_core::json::{Read, from_slice};
use kestra_models::{Execution, Flow, FlowWithSource, KvDetail, LogEntry, Page};
use serde::Serialize;
use serde_json::{Number, Value};

/// No JSON makes the reader panic; free-form JSON keeps all that `serde_json` reads; a model that was read is the same after
/// it was written and read again.
pub fn json(data: &[u8]) {
    let ours = from_slice::<Value>(data);
    if let Ok(theirs) = serde_json::from_slice::<Value>(data) {
        match &ours {
            Ok(ours) => assert!(is_same(ours, &theirs), "{ours} was {theirs}"),
            Err(problem) => panic!("{problem}: {theirs}"),
        }
    }
    round_trip::<Execution>(data);
    round_trip::<Flow>(data);
    round_trip::<FlowWithSource>(data);
    round_trip::<LogEntry>(data);
    round_trip::<KvDetail>(data);
    round_trip::<Page<Execution>>(data);
}

fn round_trip<T: Read + Serialize + std::fmt::Debug>(data: &[u8]) {
    let Ok(first) = from_slice::<T>(data) else { return };
    let Ok(written) = serde_json::to_vec(&first) else { panic!("{first:?} can't be written") };
    match from_slice::<T>(&written) {
        Ok(second) => assert_eq!(format!("{first:?}"), format!("{second:?}")),
        Err(problem) => panic!("{problem}: {}", String::from_utf8_lossy(&written)),
    }
}

/// Whether free-form JSON is what `serde_json` makes of it, but for numbers whose digits that would lose.
fn is_same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, ours)| theirs.get(key).is_some_and(|theirs| is_same(ours, theirs)))
        }
        (Value::String(digits), Value::Number(number)) => number.is_f64() && is_integer(digits, number),
        _ => ours == theirs,
    }
}

/// Whether the text is an integer of about this value.
fn is_integer(digits: &str, number: &Number) -> bool {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    !unsigned.is_empty()
        && unsigned.bytes().all(|digit| digit.is_ascii_digit())
        && digits.parse::<f64>().ok() == number.as_f64()
}
