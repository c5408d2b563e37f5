//! Replacing in the sources of flows, which 2.0 brought: a preview, all matches of some flows, or one match.

use serde_json::{Value, json};

use super::source_pattern::{Pattern, Replacement};
use super::{source_search, view};
use crate::engine::flow::FlowDefinition;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::StoredFlow;

/// Shows what a replacement would change.
pub(super) fn preview(cx: &Context) -> Answer {
    let body = body(cx, "previewReplaceBySourceCode")?;
    let (pattern, replacement) = read(&body)?;
    let namespace = body.get("namespace").and_then(Value::as_str);
    let mut flows = Vec::new();
    let (mut total, mut editable_flows) = (0, 0);
    for flow in source_search::within(cx, namespace) {
        let found = pattern.matches(&flow.source);
        if found.is_empty() {
            continue;
        }
        total += found.len();
        let editable = source_search::is_editable(&flow);
        editable_flows += usize::from(editable);
        // The whole line is replaced in, also where only one of its matches is in the scope.
        let line = |one: &super::source_pattern::Match| {
            let after = pattern.replace_text(&one.text, &replacement);
            json!({"line": one.line, "before": one.text, "after": after})
        };
        flows.push(json!({
            "namespace": flow.namespace(),
            "id": flow.id(),
            "editable": editable,
            "matches": found.iter().map(line).collect::<Value>(),
        }));
    }
    Reply::json(&json!({
        "totalMatches": total,
        "totalFlows": flows.len(),
        "editableFlowCount": editable_flows,
        "flows": flows,
    }))
}

/// Replaces all matches in the flows that are named.
pub(super) fn apply(cx: &Context) -> Answer {
    let body = body(cx, "applyReplaceBySourceCode")?;
    let Some(flows) = body.get("flows").and_then(Value::as_array) else {
        return Err(ApiError::invalid_entity([(
            "applyReplaceBySourceCode.request.flows",
            "must not be null",
        )]));
    };
    let (pattern, replacement) = read(&body)?;
    let change = |flow: &StoredFlow| Ok(pattern.replace(&flow.source, &replacement));
    outcome(flows.iter().map(|flow| replace(cx, flow, change)).collect())
}

/// Replaces one match.
pub(super) fn line(cx: &Context) -> Answer {
    let body = body(cx, "replaceLineBySourceCode")?;
    let (pattern, replacement) = read(&body)?;
    let number = |key: &str| body.get(key).and_then(Value::as_i64).unwrap_or_default();
    let (line, column) = (usize::try_from(number("line")), usize::try_from(number("column")));
    let change = |flow: &StoredFlow| {
        let mut lines: Vec<String> = flow.source.split('\n').map(ToOwned::to_owned).collect();
        let own = line.ok().and_then(|line| line.checked_sub(1)).and_then(|index| lines.get_mut(index));
        let (Some(own), Ok(column)) = (own, column) else { return Err("NO_MATCH") };
        *own = pattern.replace_at(own, column, &replacement).ok_or("NO_MATCH")?;
        Ok(lines.join("\n"))
    };
    outcome(vec![replace(cx, &body, change)])
}

/// The body of a request, with what each of them needs.
fn body(cx: &Context, operation: &str) -> Result<Value, ApiError> {
    let body: Value = cx.json("request")?;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let mut faults = Vec::new();
    if text("query").is_none_or(|query| query.trim().is_empty()) {
        faults.push((format!("{operation}.request.query"), "must not be blank"));
    }
    if text("replacement").is_none() {
        faults.push((format!("{operation}.request.replacement"), "must not be null"));
    }
    if faults.is_empty() { Ok(body) } else { Err(ApiError::invalid_entity(faults)) }
}

fn read(body: &Value) -> Result<(Pattern, Replacement), ApiError> {
    let pattern = Pattern::of_body(body)?;
    let replacement =
        pattern.replacement(body.get("replacement").and_then(Value::as_str).unwrap_or_default())?;
    Ok((pattern, replacement))
}

/// Stores the changed source of a flow as an update does; the flow, or why it was left as it is.
fn replace(
    cx: &Context,
    named: &Value,
    change: impl Fn(&StoredFlow) -> Result<String, &'static str>,
) -> Result<Value, Value> {
    let text = |key: &str| named.get(key).and_then(Value::as_str).unwrap_or_default();
    let (namespace, id) = (text("namespace"), text("id"));
    let skipped = |reason: &str| json!({"namespace": namespace, "id": id, "reason": reason});
    let invalid = |message: String| {
        let mut skipped = skipped("INVALID_FLOW");
        skipped["message"] = json!(message);
        skipped
    };
    let current = cx.app.flows().find(namespace, id).ok_or_else(|| skipped("NOT_FOUND"))?;
    if !source_search::is_editable(&current) {
        return Err(skipped("READ_ONLY"));
    }
    let source = change(&current).map_err(skipped)?;
    if source == current.source {
        return Err(skipped("NO_CHANGE"));
    }
    let flow = cx.app.parse_flow(&source).map_err(|error| invalid(message(error)))?;
    if let Some(message) = moved(&flow, &current) {
        return Err(invalid(message.to_owned()));
    }
    let (stored, _) = cx.app.flows().save(flow, source);
    Ok(view::fresh(&stored, cx.dialect(), true))
}

fn message(error: ApiError) -> String {
    match error {
        ApiError::Usual(error) => error.message,
        ApiError::Reply(_) => "Invalid entity".to_owned(),
    }
}

/// What is said to a source that is another flow's.
fn moved(flow: &FlowDefinition, current: &StoredFlow) -> Option<&'static str> {
    if flow.id != current.id() {
        return Some("flow.id: Illegal flow id update");
    }
    (flow.namespace != current.namespace()).then_some("flow.namespace: Illegal namespace update")
}

fn outcome(flows: Vec<Result<Value, Value>>) -> Answer {
    let (mut updated, mut skipped) = (Vec::new(), Vec::new());
    for flow in flows {
        match flow {
            Ok(flow) => updated.push(flow),
            Err(reason) => skipped.push(reason),
        }
    }
    Reply::json(&json!({"updated": updated, "skipped": skipped}))
}
