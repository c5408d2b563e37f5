//! Acting on several flows: by ids and by query.

use serde_json::{Value, json};

use super::search::matching;
use crate::archive::{self, Entry};
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::StoredFlow;

/// Namespace and id of a flow.
type Name = (String, String);

pub(super) fn enable_by_ids(cx: &Context) -> Answer {
    by_ids(cx, |cx, name| switch(cx, name, false))
}

pub(super) fn disable_by_ids(cx: &Context) -> Answer {
    by_ids(cx, |cx, name| switch(cx, name, true))
}

pub(super) fn delete_by_ids(cx: &Context) -> Answer {
    by_ids(cx, remove)
}

pub(super) fn enable_by_query(cx: &Context) -> Answer {
    by_query(cx, |cx, name| switch(cx, name, false))
}

pub(super) fn disable_by_query(cx: &Context) -> Answer {
    by_query(cx, |cx, name| switch(cx, name, true))
}

pub(super) fn delete_by_query(cx: &Context) -> Answer {
    by_query(cx, remove)
}

/// A zip of the named flows.
pub(super) fn export_by_ids(cx: &Context) -> Answer {
    let mut entries = Vec::new();
    for (namespace, id) in names(cx)? {
        let flow = cx.app.flows().find(&namespace, &id).ok_or_else(no_value)?;
        entries.push(Entry { name: format!("{namespace}.{id}.yaml"), data: flow.source.into_bytes() });
    }
    Ok(zip(&entries))
}

/// A zip of the flows that a search finds.
pub(super) fn export_by_query(cx: &Context) -> Answer {
    let entries: Vec<Entry> = matching(cx)?
        .into_iter()
        .map(|flow| Entry {
            name: format!("{}-{}.yml", flow.namespace(), flow.id()),
            data: flow.source.into_bytes(),
        })
        .collect();
    Ok(zip(&entries))
}

/// A CSV of the flows that a search finds; nothing at all, not even a header, if it finds none.
pub(super) fn export_csv(cx: &Context) -> Answer {
    let found = matching(cx)?;
    let mut text = String::new();
    if !found.is_empty() {
        text.push_str("id,namespace,revision,disabled,deleted,updated\n");
    }
    for flow in &found {
        text.push_str(&format!(
            "{},{},{},{},{},{}\n",
            flow.id(),
            flow.namespace(),
            flow.revision,
            flow.definition.disabled,
            flow.deleted,
            flow.updated
        ));
    }
    let disposition = "attachment; filename=flows.csv";
    Ok(Reply::bytes("text/csv", text).with_header(http::header::CONTENT_DISPOSITION, disposition))
}

fn zip(entries: &[Entry]) -> Reply {
    Reply::bytes("application/octet-stream", archive::write(entries))
        .with_header(http::header::CONTENT_DISPOSITION, "attachment; filename=\"flows.zip\"")
}

/// Each in turn: what stands before an unknown one is done. Counts those that `act` changed.
fn by_ids(cx: &Context, act: impl Fn(&Context, &Name) -> Result<bool, ApiError>) -> Answer {
    act_on(cx, &names(cx)?, act)
}

fn by_query(cx: &Context, act: impl Fn(&Context, &Name) -> Result<bool, ApiError>) -> Answer {
    let found: Vec<StoredFlow> = matching(cx)?;
    let names: Vec<Name> =
        found.iter().map(|flow| (flow.namespace().to_owned(), flow.id().to_owned())).collect();
    act_on(cx, &names, act)
}

fn act_on(cx: &Context, names: &[Name], act: impl Fn(&Context, &Name) -> Result<bool, ApiError>) -> Answer {
    let mut count = 0;
    for name in names {
        count += usize::from(act(cx, name)?);
    }
    Reply::json(&json!({"count": count}))
}

/// The flows that the body names; one object stands for a list of one.
fn names(cx: &Context) -> Result<Vec<Name>, ApiError> {
    let missing = || ApiError::bad_argument("Required Body [ids] not specified");
    if cx.request.body.is_empty() {
        return Err(missing());
    }
    let list = match cx.json::<Value>("ids")? {
        Value::Null => return Err(missing()),
        Value::Array(list) => list,
        one => vec![one],
    };
    list.iter()
        .map(|entry| {
            let map = entry.as_object().ok_or_else(|| {
                ApiError::new(422, "Invalid json mapping").with_detail(
                    format!(
                        "Failed to convert argument [ids] for value [null] due to: {entry} is no flow name"
                    ),
                    Some("ids[0]".to_owned()),
                )
            })?;
            let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            Ok((text("namespace"), text("id")))
        })
        .collect()
}

fn remove(cx: &Context, (namespace, id): &Name) -> Result<bool, ApiError> {
    cx.app.flows().delete(namespace, id).map(|_| true).ok_or_else(no_value)
}

/// Writes `disabled:` into the source of a flow, which makes a new revision; a flow that is so already isn't changed.
fn switch(cx: &Context, (namespace, id): &Name, disabled: bool) -> Result<bool, ApiError> {
    let flow = cx.app.flows().find(namespace, id).ok_or_else(no_value)?;
    if flow.definition.disabled == disabled {
        return Ok(false);
    }
    let mut lines: Vec<String> =
        flow.source.lines().filter(|line| !line.starts_with("disabled:")).map(ToOwned::to_owned).collect();
    lines.push(format!("disabled: {disabled}"));
    let mut definition = (*flow.definition).clone();
    definition.disabled = disabled;
    definition.raw.insert("disabled".to_owned(), json!(disabled));
    cx.app.flows().save(definition, lines.join("\n"));
    Ok(true)
}

fn no_value() -> ApiError {
    ApiError::not_found_because("No value present")
}
