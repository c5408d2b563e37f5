//! A warning when an execution didn't take all inputs that it was started with.

use kestra_core::{Call, CallFuture, json, object};
use kestra_models::dropped_inputs;
use kestra_operations::CreateExecution;
use serde_json::{Map, Value};

use super::Client;

/// What is read of the answer to a creation.
#[derive(Default)]
struct Started {
    id: Option<String>,
    inputs: Map<String, Value>,
}

object! {
    Started {
        0 id = "id",
        1 inputs = "inputs",
    }
}

/// The inputs that the call starts an execution with, if it does.
pub(super) fn of(call: &Call) -> Option<Vec<String>> {
    if !std::ptr::eq(call.info(), CreateExecution::INFO) {
        return None;
    }
    let names: Vec<String> = call.part_names().map(ToOwned::to_owned).collect();
    (!names.is_empty()).then_some(names)
}

/// Sends the call and holds the answer against the inputs. Their names are no secrets, their values may be.
pub(super) fn send_then_compare(client: &Client, call: Call, names: Vec<String>) -> CallFuture {
    let sending = client.send(call);
    Box::pin(async move {
        let response = sending.await?;
        let started = response.body().as_bytes().and_then(|bytes| json::from_slice::<Started>(bytes).ok());
        if let Some(Started { id: Some(id), inputs }) = started {
            for name in dropped_inputs(&inputs, names.iter().map(String::as_str)) {
                tracing::warn!(
                    target: "kestra::inputs",
                    execution = %id,
                    input = %name,
                    "the flow has no such input, the execution goes on without it"
                );
            }
        }
        Ok(response)
    })
}
