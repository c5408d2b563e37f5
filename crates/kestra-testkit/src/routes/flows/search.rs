//! Searching flows.

use jiff::Timestamp;
use serde_json::Value;

use super::{read, view};
use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::{Resource, Subject, check_sort, sort_by};
use crate::store::StoredFlow;

/// The fields that flows can be sorted by.
const SORTABLE: &[&str] = &["id", "namespace", "updated"];

/// Servers of 1.0 keep no time of an update.
const SORTABLE_1_0: &[&str] = &["id", "namespace"];

/// Flows by filters, sorted, a page at a time.
pub(super) fn search(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchFlows")?;
    let sorts = query.sort()?;
    let mut found = matching(cx)?;
    let sortable = if cx.dialect() < Dialect::V1_3 { SORTABLE_1_0 } else { SORTABLE };
    check_sort(&sorts, sortable, cx.dialect())?;
    sort_by(&mut found, &sorts, |flow, field| match field {
        "id" => Some(flow.id().to_owned()),
        "namespace" => Some(flow.namespace().to_owned()),
        _ => Some(flow.updated.to_string()),
    });
    let rows: Vec<Value> = found.iter().map(|flow| view::stored(flow, cx.dialect(), false)).collect();
    Reply::json(&page.of(rows))
}

/// The flows that the filters of a request find.
pub(super) fn matching(cx: &Context) -> Result<Vec<StoredFlow>, ApiError> {
    let filters = cx.query().filters(Resource::Flow, cx.dialect())?;
    Ok(read::all(cx).into_iter().filter(|flow| filters.matches(flow)).collect())
}

impl Subject for StoredFlow {
    fn text(&self, field: &str) -> Option<String> {
        match field {
            "namespace" => Some(self.namespace().to_owned()),
            "flowId" => Some(self.id().to_owned()),
            _ => None,
        }
    }

    fn labels(&self) -> Vec<(String, String)> {
        self.definition.labels.clone()
    }

    fn full_text(&self) -> String {
        format!("{} {}", self.namespace(), self.id())
    }

    fn instant(&self, _: &str) -> Option<Timestamp> {
        Some(self.updated)
    }
}
