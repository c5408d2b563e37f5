//! Reading executions, and the flows that can be executed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::answer::cell_or;
use crate::engine::execution_json::View;
use crate::http::{Answer, ApiError, Context, Reply};

/// One execution.
pub(super) fn get(cx: &Context) -> Answer {
    let cell = cell_or(cx, |_| ApiError::not_found())?;
    Reply::json(&cell.now().to_json(View::Read, cx.dialect()))
}

/// The namespaces that have flows.
pub(super) fn namespaces(cx: &Context) -> Answer {
    let names: BTreeSet<String> =
        cx.app.flows().all().iter().map(|flow| flow.namespace().to_owned()).collect();
    Reply::json(&names)
}

/// The flows of a namespace, as one who may only execute them sees them.
pub(super) fn flows_of_namespace(cx: &Context) -> Answer {
    let namespace = cx.param("namespace");
    let flows = cx.app.flows().all();
    let rows: Vec<Value> = flows
        .iter()
        .filter(|flow| flow.namespace() == namespace)
        .map(|flow| flow.definition.for_execution(flow.revision, cx.dialect()))
        .collect();
    Reply::json(&rows)
}

/// A flow as one who may only execute it sees it.
pub(super) fn flow(cx: &Context) -> Answer {
    let revision = cx.query().number("revision")?.and_then(|number| u64::try_from(number).ok());
    let flow = cx
        .app
        .stored_flow(cx.param("namespace"), cx.param("flowId"), revision)
        .ok_or_else(|| ApiError::not_found_because("No value present"))?;
    Reply::json(&flow.definition.for_execution(flow.revision, cx.dialect()))
}

/// The flow of an execution.
pub(super) fn flow_of_execution(cx: &Context) -> Answer {
    let missing =
        |id: &str| ApiError::not_found_because(format!("Execution {id} not found when fetching flow"));
    let execution = cell_or(cx, missing)?.now();
    let flow = cx.app.flow_of(&execution).ok_or_else(|| missing(&execution.id))?;
    Reply::json(&flow.for_execution(execution.revision, cx.dialect()))
}
