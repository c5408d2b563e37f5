//! Searching in the sources of flows.

use serde_json::{Value, json};

use super::{read, view};
use crate::dialect::Dialect;
use crate::http::{Answer, Context, Reply};
use crate::store::StoredFlow;

/// Where a text stands in a source.
struct Hit<'a> {
    line: usize,
    start: usize,
    end: usize,
    text: &'a str,
}

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
        .map(|flow| row(flow, &hits(&flow.source, &asked), cx.dialect()))
        .collect();
    Reply::json(&page.of(rows))
}

/// 1.x answers the flow with marked lines, 2.0 its name with places.
fn row(flow: &StoredFlow, hits: &[Hit<'_>], dialect: Dialect) -> Value {
    if dialect.is_v2() {
        let place =
            |hit: &Hit<'_>| json!({"line": hit.line, "column": hit.start + 1, "snippet": hit.text.trim()});
        return json!({
            "namespace": flow.namespace(),
            "id": flow.id(),
            "editable": true,
            "matches": hits.iter().map(place).collect::<Value>(),
        });
    }
    let marked = |hit: &Hit<'_>| {
        let part = |range| hit.text.get(range).unwrap_or_default();
        format!(
            "{}[mark]{}[/mark]{}",
            part(0..hit.start),
            part(hit.start..hit.end),
            part(hit.end..hit.text.len())
        )
    };
    json!({
        "model": view::stored(flow, dialect, false),
        "fragments": hits.iter().map(marked).collect::<Vec<String>>(),
    })
}

/// The lines that hold a text, and where it begins in each.
fn hits<'a>(source: &'a str, asked: &str) -> Vec<Hit<'a>> {
    source
        .lines()
        .enumerate()
        .filter(|_| !asked.is_empty())
        .filter_map(|(index, text)| {
            let start = text.to_lowercase().find(asked)?;
            // In lower case a line may be of another length: then the whole line is the place.
            let same = text.get(start..start + asked.len()).is_some_and(|hit| hit.to_lowercase() == asked);
            let (start, end) = if same { (start, start + asked.len()) } else { (0, text.len()) };
            Some(Hit { line: index + 1, start, end, text })
        })
        .collect()
}
