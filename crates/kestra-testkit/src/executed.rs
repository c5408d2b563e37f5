//! What a server has executed, for tests to look at.

use serde_json::{Map, Value};

use crate::dialect::Dialect;
use crate::engine::execution::Execution;
use crate::engine::execution_json::View;

/// An execution as it is now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Executed {
    /// The id.
    pub id: String,
    /// The state: `RUNNING`, `SUCCESS`, ...
    pub state: String,
    /// The revision of the flow.
    pub revision: u64,
    /// The inputs, converted, defaults included.
    pub inputs: Map<String, Value>,
    /// The outputs of the flow.
    pub outputs: Map<String, Value>,
    /// The labels in order.
    pub labels: Vec<(String, String)>,
    /// The execution as the server answers it.
    pub json: Value,
}

impl Executed {
    pub(crate) fn of(execution: &Execution, dialect: Dialect) -> Self {
        Self {
            id: execution.id.clone(),
            state: execution.state.current().name().to_owned(),
            revision: execution.revision,
            inputs: execution.inputs.clone().unwrap_or_default(),
            outputs: execution.outputs.clone().unwrap_or_default(),
            labels: execution.labels.clone(),
            json: execution.to_json(View::Read, dialect),
        }
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }
}
