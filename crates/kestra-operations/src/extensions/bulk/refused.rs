//! Which executions a server refuses to act on.

use std::collections::BTreeMap;

use kestra_core::{Error, ErrorKind, RequestSent};
use serde::Deserialize;
use serde_json::Value;

/// The ids that a server refused, with what it said of each.
pub(super) fn by(error: &Error) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(default)]
        invalids: Vec<Invalid>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Invalid {
        #[serde(default)]
        message: String,
        invalid_value: Value,
    }

    let is_refusal = error.kind() == ErrorKind::Status && error.request_sent() == RequestSent::Yes;
    let status = error.status().map(|status| status.as_u16());
    let Some(response) = error.response().filter(|_| is_refusal && matches!(status, Some(400 | 422))) else {
        return BTreeMap::new();
    };
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&response.body) else { return BTreeMap::new() };
    let named = refusal.invalids.into_iter().filter_map(|invalid| match invalid.invalid_value {
        Value::String(id) => Some((id, invalid.message)),
        _ => None,
    });
    named.collect()
}
