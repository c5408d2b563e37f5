//! Inputs and outputs of an execution as the server wrote them.
//!
//! A `Value` has no integer over 64 bits: there it is a string of its digits, like text of the same digits. Which of the two it
//! is only the response says, so that is kept, or read once more, where it matters.

use std::time::Duration;

use bytes::Bytes;
use kestra_core::transient::TransientRetry;
use kestra_core::{Error, ErrorKind, Executor as _, decode, json};
use kestra_models::Execution;
use kestra_operations::{GetExecution, GetExecutionOutputs};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Client;

/// The JSON of inputs and outputs; `None` where the values say all of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Exact {
    pub(super) inputs: Option<Bytes>,
    pub(super) outputs: Option<Bytes>,
}

impl Exact {
    /// Reads what is exact, and the outputs of an execution whose server keeps them apart.
    pub(super) async fn read(
        client: &Client,
        execution: &mut Execution,
        outage: Duration,
    ) -> Result<Self, Error> {
        let id = execution.id.clone().unwrap_or_default();
        let mut exact = Self::default();
        if execution.outputs.is_none() && execution.is_success() {
            let (outputs, bytes) = outputs(client, &id, outage).await?;
            exact.outputs = bytes.filter(|_| may_be_inexact(&outputs));
            execution.outputs = Some(outputs);
        }
        let asks_outputs = exact.outputs.is_none() && execution.outputs.as_ref().is_some_and(may_be_inexact);
        if asks_outputs || may_be_inexact(&execution.inputs) {
            // Without it the values are used, which have all but the kind of some numbers.
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

/// Reads JSON as it was written, or what was made of it.
pub(super) fn read_as<T: DeserializeOwned>(
    exact: Option<&[u8]>,
    values: &Map<String, Value>,
) -> Result<T, serde_json::Error> {
    // What the strict reader refuses is in the values all the same.
    if let Some(read) = exact.and_then(|json| serde_json::from_slice(json).ok()) {
        return Ok(read);
    }
    // By its text, as `RawValue` is read from nothing else.
    serde_json::from_str(&serde_json::to_string(values)?)
}

/// Whether a value may be an integer over 64 bits: a string of so many digits.
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

/// The outputs on a server that keeps them apart from the execution; none on one that has nowhere else to keep them.
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
        Err(error) if error.is_not_found() || error.kind() == ErrorKind::Unsupported => {
            Ok((Map::new(), None))
        }
        Err(error) => Err(error),
        Ok(response) => {
            let bytes = response.body().as_bytes().cloned();
            let outputs = decode::json(response, info)?.into_body();
            Ok((outputs, bytes))
        }
    }
}
