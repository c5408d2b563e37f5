//! Searching in the sources of flows.

use serde_json::{Value, json};

use super::source_pattern::Pattern;
use super::{read, view};
use crate::http::{Answer, ApiError, Context, Reply};
use crate::store::StoredFlow;

/// Where a text is in a line.
struct Hit<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

/// Flows whose source has a text, with the places.
pub(super) fn search(cx: &Context) -> Answer {
    let page = cx.query().page("searchFlowsBySourceCode")?;
    cx.query().sort()?;
    Reply::json(&page.of(if cx.dialect().is_v2() { places(cx)? } else { fragments(cx) }))
}

/// 1.x: the flows with marked lines.
fn fragments(cx: &Context) -> Vec<Value> {
    let query = cx.query();
    let asked = query.first("q").unwrap_or_default().to_lowercase();
    let namespace = query.first("namespace").unwrap_or_default();
    let marked = |hit: &Hit<'_>| {
        let part = |range| hit.text.get(range).unwrap_or_default();
        format!(
            "{}[mark]{}[/mark]{}",
            part(0..hit.start),
            part(hit.start..hit.end),
            part(hit.end..hit.text.len())
        )
    };
    read::all(cx)
        .iter()
        .filter(|flow| namespace.is_empty() || flow.namespace().starts_with(namespace))
        .filter(|flow| flow.source.to_lowercase().contains(&asked))
        .map(|flow| {
            json!({
                "model": view::stored(flow, cx.dialect(), false),
                "fragments": hits(&flow.source, &asked).iter().map(marked).collect::<Vec<String>>(),
            })
        })
        .collect()
}

/// 2.0: the names of the flows with the places of the matches. Without a text all flows are found, with an empty one none.
fn places(cx: &Context) -> Result<Vec<Value>, ApiError> {
    let query = cx.query();
    let asked = query.first("q");
    let pattern = Pattern::of_query(cx, asked.unwrap_or_default())?;
    let mut rows = Vec::new();
    for flow in within(cx, query.first("namespace")) {
        let found = if asked.is_some_and(|asked| !asked.is_empty()) {
            pattern.matches(&flow.source)
        } else {
            Vec::new()
        };
        if asked.is_none() || !found.is_empty() {
            let place = |one: &super::source_pattern::Match| json!({"line": one.line, "column": one.column, "snippet": one.marked});
            rows.push(json!({
                "namespace": flow.namespace(),
                "id": flow.id(),
                "editable": is_editable(&flow),
                "matches": found.iter().map(place).collect::<Value>(),
            }));
        }
    }
    Ok(rows)
}

/// The flows of a namespace and those below it, by namespace and id.
pub(super) fn within(cx: &Context, namespace: Option<&str>) -> Vec<StoredFlow> {
    let mut flows = read::all(cx);
    let is_below = |flow: &StoredFlow, namespace: &str| {
        flow.namespace() == namespace || flow.namespace().starts_with(&format!("{namespace}."))
    };
    flows.retain(|flow| namespace.is_none_or(|namespace| is_below(flow, namespace)));
    flows.sort_by(|a, b| (a.namespace(), a.id()).cmp(&(b.namespace(), b.id())));
    flows
}

/// Whether a replacement may change a flow: not if a label of the system says that it is read-only.
pub(super) fn is_editable(flow: &StoredFlow) -> bool {
    let labels = &flow.definition.labels;
    !labels.iter().any(|(key, value)| key == "system.readOnly" && value.eq_ignore_ascii_case("true"))
}

/// The lines that have a text, and where it begins in each.
fn hits<'a>(source: &'a str, asked: &str) -> Vec<Hit<'a>> {
    source
        .lines()
        .filter(|_| !asked.is_empty())
        .filter_map(|text| {
            let start = text.to_lowercase().find(asked)?;
            // In lower case a line may be of another length: then the whole line is the place.
            let same = text.get(start..start + asked.len()).is_some_and(|hit| hit.to_lowercase() == asked);
            let (start, end) = if same { (start, start + asked.len()) } else { (0, text.len()) };
            Some(Hit { start, end, text })
        })
        .collect()
}
