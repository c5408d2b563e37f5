//! The graph of an execution.

use super::answer::cell_or;
use crate::engine::graph;
use crate::http::{Answer, ApiError, Context, Reply};

/// The graph of the execution's flow, with its task runs.
pub(super) fn of_execution(cx: &Context) -> Answer {
    let execution = cell_or(cx, |_| ApiError::not_found())?.now();
    let flow = cx.app.flow_of(&execution).ok_or_else(ApiError::not_found)?;
    let unfolded = cx.query().list("subflows");
    Reply::json(&graph::Drawing::of_execution(&cx.app, &flow, &execution, unfolded)?)
}
