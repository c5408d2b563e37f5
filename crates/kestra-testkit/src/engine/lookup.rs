//! Flows of executions.

use std::sync::Arc;

use super::execution::Execution;
use super::flow::FlowDefinition;
use crate::app::App;
use crate::store::StoredFlow;

impl App {
    /// A flow in a revision, or in its newest.
    pub(crate) fn stored_flow(&self, namespace: &str, id: &str, revision: Option<u64>) -> Option<StoredFlow> {
        let flows = self.flows();
        match revision {
            None => flows.find(namespace, id),
            Some(revision) => flows.revision(namespace, id, revision),
        }
    }

    /// The flow that an execution runs, in its revision; the newest if that is gone.
    pub(crate) fn flow_of(&self, execution: &Execution) -> Option<Arc<FlowDefinition>> {
        let (namespace, id) = (&execution.namespace, &execution.flow_id);
        self.stored_flow(namespace, id, Some(execution.revision))
            .or_else(|| self.flows().newest(namespace, id))
            .map(|flow| flow.definition)
    }
}
