//! The graph of a flow.

use super::write::required_source;
use crate::engine::flow::FlowDefinition;
use crate::engine::graph::Drawing;
use crate::http::{Answer, ApiError, Context, Reply};

/// The graph of a stored flow.
pub(super) fn of_flow(cx: &Context) -> Answer {
    let (namespace, id) = (cx.param("namespace"), cx.param("id"));
    let missing = || ApiError::not_found_because(format!("Unable to find flow main_{namespace}_{id}"));
    let revision = cx.query().number("revision")?.and_then(|number| u64::try_from(number).ok());
    let found = match revision {
        Some(revision) => cx.app.flows().revision(namespace, id, revision),
        None => cx.app.flows().find(namespace, id),
    };
    draw(cx, &found.ok_or_else(missing)?.definition)
}

/// The graph of a source.
pub(super) fn of_source(cx: &Context) -> Answer {
    let source = required_source(cx, "flow")?;
    let flow = FlowDefinition::parse(&source, cx.dialect()).map_err(|problem| problem.into_source_error())?;
    draw(cx, &flow)
}

fn draw(cx: &Context, flow: &FlowDefinition) -> Answer {
    Reply::json(&Drawing::of_flow(&cx.app, flow, cx.query().list("subflows"))?)
}
