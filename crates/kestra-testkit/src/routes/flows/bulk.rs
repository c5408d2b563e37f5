//! Replacing the flows of a namespace, or all flows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::view;
use super::write::required_source;
use crate::engine::flow::FlowDefinition;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::StoredFlow;

/// A flow that came in.
pub(super) struct Incoming {
    pub(super) flow: FlowDefinition,
    pub(super) source: String,
}

/// Updates or creates the flows of the body, and deletes others unless told not to.
pub(super) fn update_all(cx: &Context) -> Answer {
    let query = cx.query();
    let incoming = sources(cx)?;
    unique(&incoming)?;
    let namespace = query.first("namespace").filter(|namespace| !namespace.is_empty());
    if let Some(namespace) = namespace {
        belong(&incoming, namespace, query.flag("allowNamespaceChild"))?;
    }
    let mut answer = Vec::new();
    if query.flag_or("delete", true) {
        let kept: BTreeSet<&str> = incoming.iter().map(|one| one.flow.id.as_str()).collect();
        answer.extend(delete_others(cx, namespace, |flow| !kept.contains(flow.id())));
    }
    answer.extend(save(cx, incoming, true));
    Reply::json(&answer)
}

/// The same for one namespace, from YAML.
pub(super) fn update_namespace(cx: &Context) -> Answer {
    let incoming = if cx.request.body.is_empty() { Vec::new() } else { sources(cx)? };
    replace_namespace(cx, incoming, true)
}

/// The same for one namespace, from files; `override` puts them there whatever they say.
pub(super) async fn update_namespace_from_files(cx: Context) -> Answer {
    let namespace = cx.param("namespace").to_owned();
    let override_namespace = cx.query().flag("override");
    let mut incoming = Vec::new();
    for part in cx.request.parts().await.into_iter().filter(|part| part.name == "flows") {
        for document in part.text().split("---").map(str::trim).filter(|text| !text.is_empty()) {
            let source =
                if override_namespace { with_namespace(document, &namespace) } else { document.to_owned() };
            incoming.push(Incoming { flow: cx.app.parse_flow(&source)?, source });
        }
    }
    replace_namespace(&cx, incoming, true)
}

/// Checks, deletes and saves the flows of the namespace of the path.
pub(super) fn replace_namespace(cx: &Context, incoming: Vec<Incoming>, show_source: bool) -> Answer {
    let namespace = cx.param("namespace");
    belong(&incoming, namespace, false)?;
    unique(&incoming)?;
    let mut answer = Vec::new();
    if cx.query().flag_or("delete", true) {
        let kept: BTreeSet<&str> = incoming.iter().map(|one| one.flow.id.as_str()).collect();
        answer.extend(delete_others(cx, Some(namespace), |flow| !kept.contains(flow.id())));
    }
    answer.extend(save(cx, incoming, show_source));
    Reply::json(&answer)
}

/// The body, split at every `---`.
fn sources(cx: &Context) -> Result<Vec<Incoming>, ApiError> {
    let body = required_source(cx, "flows")?;
    body.split("---")
        .filter(|document| !document.trim().is_empty())
        .map(|source| Ok(Incoming { flow: cx.app.parse_flow(source)?, source: source.to_owned() }))
        .collect()
}

fn unique(incoming: &[Incoming]) -> Result<(), ApiError> {
    let ids: BTreeSet<_> = incoming.iter().map(|one| (&one.flow.namespace, &one.flow.id)).collect();
    if ids.len() == incoming.len() {
        return Ok(());
    }
    Err(ApiError::invalid_entity([("flow.id", "Duplicate flow id")]))
}

fn belong(incoming: &[Incoming], namespace: &str, children: bool) -> Result<(), ApiError> {
    let prefix = format!("{namespace}.");
    let strangers: Vec<(&str, String)> = incoming
        .iter()
        .map(|one| &one.flow)
        .filter(|flow| flow.namespace != namespace && !(children && flow.namespace.starts_with(&prefix)))
        .map(|flow| {
            let name = format!("main_{}_{}_-1 - flow namespace is invalid", flow.namespace, flow.id);
            ("flow.namespace", name)
        })
        .collect();
    if strangers.is_empty() { Ok(()) } else { Err(ApiError::invalid_entity(strangers)) }
}

fn delete_others(cx: &Context, namespace: Option<&str>, gone: impl Fn(&StoredFlow) -> bool) -> Vec<Value> {
    let mut flows = cx.app.flows();
    let others: Vec<StoredFlow> = flows
        .all()
        .into_iter()
        .filter(|flow| namespace.is_none_or(|namespace| flow.namespace() == namespace) && gone(flow))
        .collect();
    others
        .iter()
        .filter_map(|flow| flows.delete(flow.namespace(), flow.id()))
        .map(|flow| view::stored(&flow, cx.dialect(), true))
        .collect()
}

fn save(cx: &Context, incoming: Vec<Incoming>, show_source: bool) -> Vec<Value> {
    let mut flows = cx.app.flows();
    incoming
        .into_iter()
        .map(|one| match flows.save(one.flow, one.source) {
            (flow, true) => view::fresh(&flow, cx.dialect(), show_source),
            (flow, false) => view::stored(&flow, cx.dialect(), show_source),
        })
        .collect()
}

/// The source with its `namespace:` line rewritten.
fn with_namespace(source: &str, namespace: &str) -> String {
    let lines: Vec<String> =
        source
            .lines()
            .map(|line| {
                if line.starts_with("namespace:") {
                    format!("namespace: {namespace}")
                } else {
                    line.to_owned()
                }
            })
            .collect();
    lines.join("\n")
}
