//! Creating, updating and deleting one flow.

use super::view;
use crate::engine::flow::FlowDefinition;
use crate::http::{Answer, ApiError, Context, Reply};

/// Creates a flow from its source.
pub(super) fn create(cx: &Context) -> Answer {
    let source = required_source(cx, "flow")?;
    let flow = cx.app.parse_flow(&source)?;
    store_new(cx, flow, source, true)
}

/// Stores a flow that must not be there yet.
pub(super) fn store_new(cx: &Context, flow: FlowDefinition, source: String, show_source: bool) -> Answer {
    let mut flows = cx.app.flows();
    flows.unplace(&flow.namespace, &flow.id);
    if flows.find(&flow.namespace, &flow.id).is_some() {
        drop(flows);
        return Err(if cx.dialect().is_v2() {
            ApiError::conflict(format!("Flow '{}' already exists in namespace '{}'", flow.id, flow.namespace))
        } else {
            ApiError::invalid_entity([("flow.id", "Flow id already exists")])
        });
    }
    let (stored, _) = flows.save(flow, source);
    drop(flows);
    Reply::json(&view::fresh(&stored, cx.dialect(), show_source))
}

/// Replaces a flow by another source.
pub(super) fn update(cx: &Context) -> Answer {
    let source = required_source(cx, "flow")?;
    exists(cx)?;
    let flow = cx.app.parse_flow(&source)?;
    store_update(cx, flow, source, true)
}

/// 404 if the flow of the path isn't there.
pub(super) fn exists(cx: &Context) -> Result<(), ApiError> {
    let found = cx.app.flows().find(cx.param("namespace"), cx.param("id"));
    found.map(|_| ()).ok_or_else(ApiError::not_found)
}

/// Stores a flow in place of the one of the path.
pub(super) fn store_update(cx: &Context, flow: FlowDefinition, source: String, show_source: bool) -> Answer {
    let mut faults = Vec::new();
    if flow.id != cx.param("id") {
        faults.push(("flow.id", "Illegal flow id update"));
    }
    if flow.namespace != cx.param("namespace") {
        faults.push(("flow.namespace", "Illegal namespace update"));
    }
    if !faults.is_empty() {
        return Err(ApiError::invalid_entity(faults));
    }
    let (stored, changed) = cx.app.flows().save(flow, source);
    Reply::json(&if changed {
        view::fresh(&stored, cx.dialect(), show_source)
    } else {
        view::stored(&stored, cx.dialect(), show_source)
    })
}

/// Deletes a flow; its revisions stay.
pub(super) fn delete(cx: &Context) -> Answer {
    let gone = cx.app.flows().delete(cx.param("namespace"), cx.param("id"));
    gone.map(|_| Reply::empty(204)).ok_or_else(ApiError::not_found)
}

/// Deletes single revisions.
pub(super) fn delete_revisions(cx: &Context) -> Answer {
    let query = cx.query();
    let given = query.all("revisions");
    if given.is_empty() {
        return Err(ApiError::bad_request("Required QueryValue [revisions] not specified"));
    }
    let mut numbers = Vec::new();
    for (index, value) in given.iter().flat_map(|list| list.split(',')).enumerate() {
        match value.trim().parse::<i64>().map(u64::try_from) {
            Ok(Ok(number)) if number > 0 => numbers.push(number),
            Ok(_) => {
                let path = format!("deleteRevisions.revisions[{index}].<list element>");
                return Err(ApiError::invalid_entity([(path, "must be greater than or equal to 1")]));
            }
            Err(_) => {
                return Err(crate::query::not_convertible(
                    "revisions",
                    value,
                    &format!("For input string: \"{value}\""),
                ));
            }
        }
    }
    exists(cx)?;
    cx.app.flows().forget(cx.param("namespace"), cx.param("id"), &numbers);
    Ok(Reply::empty(204))
}

/// The body as a source; 422 if there is none.
pub(super) fn required_source(cx: &Context, parameter: &str) -> Result<String, ApiError> {
    if cx.request.body.is_empty() {
        return Err(ApiError::bad_argument(format!("Required Body [{parameter}] not specified")));
    }
    Ok(cx.request.text())
}

/// The source of a flow that came as JSON: the JSON itself, which is YAML too.
pub(super) fn source_of_json(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
