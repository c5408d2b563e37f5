//! Inputs and outputs of an execution as the server wrote them.
//!
//! A `Value` can't hold an integer over 64 bits: it has a string of the digits, just as for a string of these digits. Only
//! the JSON of the response distinguishes the two, so it is kept, or requested again, if it matters.

use std::time::Duration;

use bytes::Bytes;
use kestra_core::internal::transient::TransientRetry;
use kestra_core::internal::{decode, json};
use kestra_core::{Error, ErrorKind, Executor as _};
use kestra_models::Execution;
use kestra_operations::{GetExecution, GetExecutionOutputs};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Client;

/// The JSON of inputs and outputs; `None` if the values lose nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Exact {
    pub(super) inputs: Option<Bytes>,
    pub(super) outputs: Option<Bytes>,
}

impl Exact {
    /// Reads the exact JSON, and the outputs from a server that stores them apart from the execution.
    pub(super) async fn read(
        client: &Client,
        execution: &mut Execution,
        outage: Duration,
    ) -> Result<Self, Error> {
        let id = execution.id.clone();
        let mut exact = Self::default();
        if execution.outputs.is_none() && execution.is_success() {
            let (outputs, bytes) = outputs(client, &id, outage).await?;
            exact.outputs = bytes.filter(|_| may_be_inexact(&outputs));
            execution.outputs = Some(outputs);
        }
        let asks_outputs = exact.outputs.is_none() && execution.outputs.as_ref().is_some_and(may_be_inexact);
        if asks_outputs || may_be_inexact(&execution.inputs) {
            // If that fails the values are used, in which only large integers are strings.
            if let Ok(response) = client.execute(GetExecution::new(&id).into_call()).await
                && let Ok(bytes) = response.into_body().into_bytes()
            {
                let member = |name| json::member(&bytes, name).map(|text| bytes.slice_ref(text));
                exact.inputs = member("inputs");
                exact.outputs = exact.outputs.or_else(|| member("outputs"));
            }
        }
        Ok(exact)
    }
}

/// Reads a type from the JSON, or from the values if there is none.
pub(super) fn read_as<T: DeserializeOwned>(
    exact: Option<&[u8]>,
    values: &Map<String, Value>,
) -> Result<T, serde_json::Error> {
    // The values also have JSON that the strict reader refuses.
    if let Some(read) = exact.and_then(|json| serde_json::from_slice(json).ok()) {
        return Ok(read);
    }
    // From text, as `RawValue` can't be read from a `Value`.
    serde_json::from_str(&serde_json::to_string(values)?)
}

/// Returns whether a value may be an integer over 64 bits: a string of that many digits.
fn may_be_inexact(values: &Map<String, Value>) -> bool {
    fn any(value: &Value) -> bool {
        match value {
            Value::String(text) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                digits.len() >= 19 && digits.bytes().all(|byte| byte.is_ascii_digit())
            }
            Value::Array(values) => values.iter().any(any),
            Value::Object(values) => may_be_inexact(values),
            _ => false,
        }
    }
    values.values().any(any)
}

/// Returns the outputs from a server that stores them apart from the execution, or `None` from servers that don't.
async fn outputs(
    client: &Client,
    id: &str,
    outage: Duration,
) -> Result<(Map<String, Value>, Option<Bytes>), Error> {
    let client = &client.for_loop();
    let mut retry = TransientRetry::new(client, client.options()).limit(outage).known();
    let mut call = GetExecutionOutputs::new(id).into_call();
    let info = call.info();
    match retry.run(|| client.execute(call.again())).await {
        Err(error) if error.is_missing() || error.kind() == ErrorKind::Unsupported => Ok((Map::new(), None)),
        Err(error) => Err(error),
        Ok(response) => {
            let bytes = response.body().as_bytes().cloned();
            let outputs = decode::json(response, info)?.into_body();
            Ok((outputs, bytes))
        }
    }
}
