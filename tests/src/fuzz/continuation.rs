//! Places in a list.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Response;
use kestra_core::internal::decode;
use kestra_core::paging::{Continuation, Items, Pages};
use kestra_core::{Body, Call, CallFuture, Error, Executor};
use kestra_models::Page;
use kestra_operations::SearchLogs;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::{fields, run, text};

/// A place in a list stays what it is when it is stored and read again; from any place a list is read to its end with few
/// calls; and what is read before and after a stop is the whole list, each row once.
///
/// Fields: a stored place; bytes that say how many rows there are, how many on a page, after how many to stop, and whether the
/// server gives cursors; a cursor.
pub fn continuation(data: &[u8]) {
    let mut fields = fields(data);
    let place = text(fields.next().unwrap_or_default()).parse::<Continuation>();
    let [rows, size, stop, kind, ..] = fields.next().unwrap_or_default() else {
        if let Ok(place) = place {
            is_stored(&place);
        }
        return;
    };
    let server = Server {
        rows: usize::from(*rows % 40),
        size: 1 + usize::from(*size % 12),
        kind: match kind % 3 {
            0 => Kind::Counting,
            1 => Kind::Pages,
            _ => Kind::Cursors(text(fields.next().unwrap_or_default())),
        },
        calls: Arc::default(),
    };
    if let Ok(place) = place {
        is_stored(&place);
        let _ = rest(server.items().resume(&place));
        assert!(server.calls.swap(0, Ordering::Relaxed) <= server.rows + 2, "{place}");
    }
    let (mut read, place) = run(async {
        let (mut items, mut read) = (server.items(), Vec::new());
        while read.len() < usize::from(*stop)
            && let Some(Ok(row)) = items.next().await
        {
            read.push(row);
        }
        (read, items.continuation())
    });
    is_stored(&place);
    assert!(!place.is_end() || read.len() == server.rows);
    match rest(server.items().resume(&place)) {
        Ok(rest) => read.extend(rest),
        Err(error) => panic!("{error}"),
    }
    let all: Vec<String> = (0..server.rows).map(|row| row.to_string()).collect();
    assert_eq!(read, all, "{place}");
}

fn is_stored(place: &Continuation) {
    assert_eq!(place.to_string().parse().as_ref(), Ok(place), "{place}");
    let json = serde_json::to_string(place).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Continuation>(&json).ok().as_ref(), Some(place), "{json}");
}

fn rest(items: Items<Page<String>>) -> Result<Vec<String>, Error> {
    run(items.collect())
}

/// A server of one list, which tells only its calls.
#[derive(Clone)]
struct Server {
    rows: usize,
    size: usize,
    kind: Kind,
    calls: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Kind {
    /// It says how many rows there are.
    Counting,
    /// It gives pages until one is empty.
    Pages,
    /// It says where the next page begins, with this before it.
    Cursors(String),
}

impl Server {
    fn items(&self) -> Items<Page<String>> {
        let call = SearchLogs::new().size(self.size as i64).into_call();
        Pages::new(self, call, decode::json).items()
    }
}

impl kestra_core::internal::Sealed for Server {}

impl Executor for Server {
    fn execute(&self, call: Call) -> CallFuture {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let server = self.clone();
        Box::pin(async move { Ok(Response::new(Body::from(server.page(call)?.to_string()))) })
    }
}

impl Server {
    fn page(&self, call: Call) -> Result<serde_json::Value, Error> {
        let request = call.into_request()?;
        let query: BTreeMap<&str, String> = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, percent_decode_str(value).decode_utf8_lossy().into_owned()))
            .collect();
        let number = |name: &str| query.get(name).and_then(|number| number.parse::<usize>().ok());
        let size = number("size").unwrap_or(self.size);
        let start = match (&self.kind, query.get("cursor")) {
            (Kind::Cursors(before), Some(cursor)) => {
                cursor.strip_prefix(before.as_str()).and_then(|start| start.parse().ok()).unwrap_or(self.rows)
            }
            _ => number("page").unwrap_or(1).saturating_sub(1).saturating_mul(size),
        };
        let end = start.saturating_add(size).min(self.rows);
        let results: Vec<String> = (start..end).map(|row| row.to_string()).collect();
        Ok(match &self.kind {
            Kind::Counting => json!({ "results": results, "total": self.rows }),
            Kind::Pages => json!({ "results": results }),
            Kind::Cursors(before) => {
                let next = (end < self.rows).then(|| format!("{before}{end}"));
                json!({ "results": results, "type": "CURSOR", "nextCursor": next })
            }
        })
    }
}
