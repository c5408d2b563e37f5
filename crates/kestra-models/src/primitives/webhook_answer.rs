//! What webhooks respond with.

use serde_json::{Map, Value};

use crate::WebhookResponse;

/// The response of a webhook: the execution that was started, unless the trigger defines another response.
///
/// A trigger with `wait` and `returnOutputs` responds with the outputs of the flow (1.1), and may set a content type and a status of
/// its own.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum WebhookAnswer {
    /// The execution that was started; it has ended if the trigger waits.
    Execution(WebhookResponse),
    /// The outputs of the flow.
    Outputs(Map<String, Value>),
    /// Other JSON.
    Json(Value),
    /// Text.
    Text(String),
    /// No body: the flow has no outputs to return, or the conditions of the trigger don't hold and nothing was started (204).
    Empty,
}

impl WebhookAnswer {
    /// Returns the id of the execution, or `None` if the response doesn't have it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Execution(execution) => execution.id(),
            _ => None,
        }
    }

    /// Returns the outputs of the flow, also those within the execution.
    #[must_use]
    pub fn outputs(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Execution(execution) => execution.outputs()?.as_object(),
            Self::Outputs(outputs) => Some(outputs),
            _ => None,
        }
    }
}

/// Tells an execution by its id, namespace and flow.
impl From<Option<Value>> for WebhookAnswer {
    fn from(body: Option<Value>) -> Self {
        match body {
            Some(Value::Object(fields)) => {
                let is_execution = ["id", "namespace", "flowId"]
                    .iter()
                    .all(|name| fields.get(*name).is_some_and(Value::is_string));
                match is_execution {
                    true => Self::Execution(WebhookResponse::from(fields)),
                    false => Self::Outputs(fields),
                }
            }
            Some(Value::String(text)) => Self::Text(text),
            Some(Value::Null) | None => Self::Empty,
            Some(other) => Self::Json(other),
        }
    }
}
