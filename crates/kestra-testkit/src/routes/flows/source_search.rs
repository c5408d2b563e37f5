//! Searching in the sources of flows.

use serde_json::{Value, json};

use super::{read, view};
use crate::http::{Answer, Context, Reply};

/// Flows whose source holds a text, with the places.
pub(super) fn search(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchFlowsBySourceCode")?;
    query.sort()?;
    let asked = query.first("q").unwrap_or_default().to_lowercase();
    let namespace = query.first("namespace").unwrap_or_default();
    let rows: Vec<Value> = read::all(cx)
        .iter()
        .filter(|flow| namespace.is_empty() || flow.namespace().starts_with(namespace))
        .filter(|flow| flow.source.to_lowercase().contains(&asked))
        .map(|flow| {
            let mut row = json!({
                "model": view::stored(flow, cx.dialect(), false),
                "fragments": fragments(&flow.source, &asked),
            });
            if let (true, Some(map)) = (cx.dialect().is_v2(), row.as_object_mut()) {
                map.insert("editable".to_owned(), json!(true));
                map.insert("matches".to_owned(), json!([]));
            }
            row
        })
        .collect();
    Reply::json(&page.of(rows))
}

/// The lines that hold the text, each hit between `[mark]` and `[/mark]`.
fn fragments(source: &str, asked: &str) -> Vec<String> {
    if asked.is_empty() {
        return Vec::new();
    }
    source
        .lines()
        .filter_map(|line| {
            // Lower case may have another length; a line where it has is shown without a mark.
            let at = line.to_lowercase().find(asked)?;
            let end = at + asked.len();
            match (line.get(..at), line.get(at..end), line.get(end..)) {
                (Some(before), Some(hit), Some(after)) => Some(format!("{before}[mark]{hit}[/mark]{after}")),
                _ => Some(line.to_owned()),
            }
        })
        .collect()
}
